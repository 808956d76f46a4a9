"""What the flat records share: reading Tryton's trees, and writing only what differs. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

#: A golden code as the hub makes them; only records that our own user made are taken to carry one.
GOLDEN: Final = re.compile(r"[A-Z]{2}-\d{6,}")
NUMBERED: Final = re.compile(r"(?P<number>[^\s:][^:\n]{0,39}): ?(?P<text>.*)", re.DOTALL)

#: How a record says that it is no longer in use, where Tryton has no field for that: cancelled
#: and done are states of records that are in use.
ENDED: Final = "No longer in use."

Tree = Mapping[str, Any]


def inner(tree: Tree, name: str) -> Tree:
    """The record that a many2one field leads to; empty where it leads nowhere."""
    return tree.get(f"{name}.") or {}


def along(tree: Tree, path: str) -> list[Tree]:
    """The records at the end of a dotted path of fields, each of which leads to one or to many."""
    found = [tree]
    for name in path.split("."):
        found = [row for each in found for row in _listed(each.get(f"{name}."))]
    return found


def _listed(value: Any) -> list[Tree]:
    return value if isinstance(value, list) else [value] if value else []


def golden(tree: Tree, field: str, user: int) -> str | None:
    """Our key, where the record is one that we made."""
    text = tree.get(field) or ""
    return text if tree.get("create_uid") == user and GOLDEN.fullmatch(text) else None


def modified(trees: Iterable[Tree]) -> str | None:
    """When the youngest of these records was last changed (UTC)."""
    moments = [tree["last_modified_at"] for tree in trees if tree.get("last_modified_at")]
    return f"{max(moments).isoformat()}Z" if moments else None


def text(value: Any) -> Any:
    """Days and moments as text, everything else as it is."""
    return value.isoformat() if isinstance(value, date | datetime) else value


def day(value: Any) -> date | None:
    """A day that came as text."""
    return date.fromisoformat(str(value)[:10]) if value else None


def decimal(value: Any) -> Decimal | None:
    """A number, however it came."""
    return None if value in (None, "") else Decimal(str(value))


def same(mine: Any, theirs: Any) -> bool:
    """Equal once nothing is nothing and numbers are numbers."""
    if mine in (None, "") and theirs in (None, ""):
        return True
    if isinstance(mine, bool) or isinstance(theirs, bool):
        return bool(mine) == bool(theirs)
    if isinstance(mine, int | float | Decimal) and isinstance(theirs, int | float | Decimal):
        return Decimal(str(mine)) == Decimal(str(theirs))
    return bool(mine == theirs)


def differing(wanted: Mapping[str, Any], held: Tree) -> dict[str, Any]:
    """The fields in which a record of Tryton is not as wanted."""
    return {name: value for name, value in wanted.items() if not same(value, held.get(name))}


def timestamps(model: str, trees: Iterable[Tree]) -> dict[str, str]:
    """What the context says of the records we read, so that nobody's change is overwritten."""
    return {f"{model},{tree['id']}": tree["_timestamp"] for tree in trees if "_timestamp" in tree}


def numbered(number: str, said: str) -> str:
    """A line's text with its number in front: the only place for it on a line of Tryton's."""
    return f"{number}: {said}" if said else f"{number}:"


def unnumbered(tree: Tree) -> tuple[str, str]:
    """The number and the text of a line; a line without one goes by Tryton's own id."""
    said = tree.get("description") or ""
    match = NUMBERED.fullmatch(said)
    return (match["number"], match["text"]) if match else (str(tree["id"]), said)


def lines(
    wanted: Mapping[str, Mapping[str, Any]], held: Mapping[str, Tree], maker: int | None = None
) -> list[Sequence[Any]]:
    """One2many commands that make the held lines the wanted ones, number by number.

    With a `maker`, only lines of this user are deleted: what others added stays.
    """
    commands: list[Sequence[Any]] = []
    fresh = [dict(values) for number, values in wanted.items() if number not in held]
    for number, values in wanted.items():
        if number in held and (changed := differing(values, held[number])):
            commands.append(["write", [held[number]["id"]], changed])
    gone = [
        tree["id"]
        for number, tree in held.items()
        if number not in wanted and maker in {None, tree.get("create_uid")}
    ]
    if gone:
        commands.append(["delete", gone])
    if fresh:
        commands.append(["create", fresh])
    return commands


def ended(said: str | None) -> str:
    """Text that says that its record is no longer in use."""
    return f"{ENDED} {unended(said) or ''}".strip()


def unended(said: str | None) -> str | None:
    """The same text without saying so."""
    return (said or "").removeprefix(ENDED).strip() or None


def is_ended(said: str | None) -> bool:
    """Whether it says so."""
    return (said or "").startswith(ENDED)


def one_line(said: Any) -> str:
    """Text on one line; nothing is empty."""
    return " ".join(str(said or "").split())


def plain_number(value: Decimal) -> str:
    """A number in one spelling, whatever its zeros."""
    return format(value.normalize(), "f")
