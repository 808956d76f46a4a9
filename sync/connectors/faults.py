"""How a system turns a request down, in the words of retry."""

from __future__ import annotations

from dataclasses import replace

from sync.outbound.answers.retry import Answer, Verdict


class Turned(Exception):
    """The system did not do what was asked; `answer` says what that means for the delivery."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.reason or answer.error)
        self.answer = answer


def poison(reason: str, answer: Answer | None = None) -> Turned:
    """This content will never be taken."""
    return Turned(said(answer or Answer(), Verdict.POISON, reason))


def said(
    answer: Answer, verdict: Verdict, reason: str, target_id: str = "", wait: float | None = None
) -> Answer:
    """The answer with what it means."""
    return replace(answer, verdict=verdict, reason=reason[:255], target_id=target_id, wait=wait)
