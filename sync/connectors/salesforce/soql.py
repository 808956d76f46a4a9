"""SOQL as text: the little of it that reading by id, by key and by time needs. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from sync.connectors.profile import Child, Object


def quoted(text: str) -> str:
    """A string literal."""
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def among(field: str, values: Iterable[str]) -> str:
    """A condition: the field is one of these."""
    return f"{field} IN ({', '.join(quoted(value) for value in values)})"


def being(values: Mapping[str, object]) -> list[str]:
    """Conditions: each field holds its value."""
    return [f"{n} = {str(v).lower() if isinstance(v, bool) else quoted(str(v))}"
            for n, v in values.items()]  # fmt: skip


def every(*conditions: str) -> str:
    """All of the conditions, or none where there is none."""
    return " AND ".join(conditions)


def select(fields: Collection[str], name: str, where: str = "", order: str = "") -> str:
    """A query."""
    text = f"SELECT {', '.join(fields)} FROM {name}"  # noqa: S608 (SOQL, and no user's text)
    text += f" WHERE {where}" if where else ""
    return text + (f" ORDER BY {order}" if order else "")


def columns(thing: Object, key: str, but: Collection[str] = ()) -> list[str]:
    """What is read of an object: its ids, its key, its times, and every field of the map."""
    names = [thing.id, key, thing.modified, *(field.name for field in thing.fields)]
    if thing.deleted:
        names.append(thing.deleted)
    return [name for name in dict.fromkeys(names) if name and name not in but]


def child_columns(child: Child, key: str, but: Collection[str] = ()) -> list[str]:
    """What is read of the elements of a record; what names them in the list is of our making."""
    names = ["Id", key, child.parent, *(field.name for field in child.fields)]
    return [n for n in dict.fromkeys(names) if n and n not in but and n != child.key]
