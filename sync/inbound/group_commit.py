"""What threads bring at the same time is done together by one of them, in one transaction.

As databases write the commits of many sessions with one flush: whoever comes while the work goes on
waits, and the next one takes all that waited along. Nobody ever waits for others to come.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Sequence
from threading import Event, Lock
from typing import Generic, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


class _Waiting(Generic[Item, Result]):
    """One thread's item, until it is done or its thread is to do it together with others."""

    def __init__(self, item: Item) -> None:
        self.item = item
        self.woken = Event()
        self.result: Result
        self.error: BaseException | None = None
        self.done = False


class GroupCommit(Generic[Item, Result]):
    """Does items of one kind in groups of `most` at most; those of several kinds side by side."""

    def __init__(self, most: int) -> None:
        self.most = most
        self._guard = Lock()
        self._lines: defaultdict[Hashable, list[_Waiting[Item, Result]]] = defaultdict(list)

    def do(
        self, kind: Hashable, item: Item, work: Callable[[Sequence[Item]], Sequence[Result]]
    ) -> Result:
        """The result for the item. `work` gets a group in the order in which it came, and answers
        each in its place; a group that fails is done one by one, and each gets its own error."""
        mine = _Waiting[Item, Result](item)
        with self._guard:
            line = self._lines[kind]
            line.append(mine)
            first = len(line) == 1
        if not first:
            mine.woken.wait()
        if not mine.done:
            self._lead(kind, work)
        if mine.error is not None:
            raise mine.error
        return mine.result

    def _lead(self, kind: Hashable, work: Callable[[Sequence[Item]], Sequence[Result]]) -> None:
        """Do the first of the line, and wake them and whoever comes after them."""
        with self._guard:
            group = self._lines[kind][: self.most]
        try:
            _try(group, work)
            if len(group) > 1 and isinstance(group[0].error, Exception):
                for waiting in group:
                    _try([waiting], work)
        finally:
            self._end(kind, group)

    def _end(self, kind: Hashable, group: Sequence[_Waiting[Item, Result]]) -> None:
        """The line keeps a group until it is done, so that whoever comes meanwhile waits."""
        with self._guard:
            line = self._lines[kind]
            del line[: len(group)]
            following = line[:1]
            if not line:
                del self._lines[kind]
        for waiting in group:
            waiting.done = True
            waiting.woken.set()
        for waiting in following:
            waiting.woken.set()


def _try(
    group: Sequence[_Waiting[Item, Result]], work: Callable[[Sequence[Item]], Sequence[Result]]
) -> None:
    try:
        results = work([waiting.item for waiting in group])
        for waiting, result in zip(group, results, strict=True):
            waiting.result, waiting.error = result, None
    except BaseException as error:  # whoever waits must hear of the end of this thread, too
        for waiting in group:
            waiting.error = error
