"""What a new OpenAPI document breaks for who was written against an old one, in words. Pure.

A caller may send what the old document allowed, and relies on what it promised to answer. So a
request may only become wider and an answer only narrower. What the old document marked as
deprecated may go. A new value of an enumeration in an answer, and a new member, break no one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

Schema = Mapping[str, Any]

METHODS: Final = ("get", "put", "post", "patch", "delete")
_UPPER: Final = ("maximum", "exclusiveMaximum", "maxLength", "maxItems")
_LOWER: Final = ("minimum", "exclusiveMinimum", "minLength", "minItems")


def breaking(old: Schema, new: Schema) -> list[str]:
    """Every breaking difference as a sentence that begins with its place; none if compatible."""
    return list(dict.fromkeys(_Comparison(old, new).all()))


class _Comparison:
    """Two documents; a component is compared once in each direction, under its own name."""

    def __init__(self, old: Schema, new: Schema) -> None:
        self.old, self.new = old, new
        self.seen: set[tuple[str, bool]] = set()

    def all(self) -> Iterator[str]:
        for path, was in self.old["paths"].items():
            for method in METHODS:
                if method not in was:
                    continue
                place = f"{method.upper()} {path}"
                now = self.new["paths"].get(path, {}).get(method)
                if now is not None:
                    yield from self._operation(place, was[method], now)
                elif not was[method].get("deprecated"):
                    yield f"{place}: the operation was removed."

    def _operation(self, place: str, was: Schema, now: Schema) -> Iterator[str]:
        before, after = _scopes(was), _scopes(now)
        if before != after:
            yield f"{place}: needs {after or 'no scope'} instead of {before or 'no scope'}."
        yield from self._parameters(place, was, now)
        yield from self._request(place, was.get("requestBody"), now.get("requestBody"))
        yield from self._answers(place, was["responses"], now["responses"])

    def _parameters(self, place: str, was: Schema, now: Schema) -> Iterator[str]:
        before = self._named(self.old, was.get("parameters", ()))
        after = self._named(self.new, now.get("parameters", ()))
        for key, parameter in before.items():
            at = f"{place}, {key[0]} parameter {key[1]}"
            if key not in after:
                yield f"{at}: it was removed."
                continue
            if after[key].get("required") and not parameter.get("required"):
                yield f"{at}: it is required now."
            yield from self._schema(at, parameter["schema"], after[key]["schema"], sent=True)
        for key in after.keys() - before.keys():
            if after[key].get("required"):
                yield f"{place}: the new {key[0]} parameter {key[1]} is required."

    @staticmethod
    def _named(document: Schema, parameters: Any) -> dict[tuple[str, str], Schema]:
        found = [_resolve(document, parameter) for parameter in parameters]
        return {(each["in"], each["name"]): each for each in found}

    def _request(self, place: str, was: Schema | None, now: Schema | None) -> Iterator[str]:
        if now is None:
            if was is not None:
                yield f"{place}: a body is no longer taken."
            return
        if now.get("required") and not (was or {}).get("required"):
            yield f"{place}: a body is required now."
        if was is not None:
            yield from self._content(f"{place}, body", was["content"], now["content"], sent=True)

    def _answers(self, place: str, was: Schema, now: Schema) -> Iterator[str]:
        for status, answer in was.items():
            if status[0] not in "23":
                continue
            at = f"{place}, answer {status}"
            if status not in now:
                yield f"{at}: it is no longer given."
                continue
            before, after = _resolve(self.old, answer), _resolve(self.new, now[status])
            for header in before.get("headers", {}).keys() - after.get("headers", {}).keys():
                yield f"{at}: the header {header} was removed."
            contents = before.get("content", {}), after.get("content", {})
            yield from self._content(at, *contents, sent=False)

    def _content(self, place: str, was: Schema, now: Schema, *, sent: bool) -> Iterator[str]:
        for media, body in was.items():
            if media not in now:
                yield f"{place}: {media} was removed."
                continue
            yield from self._schema(place, body["schema"], now[media]["schema"], sent=sent)

    def _schema(self, place: str, was: Schema, now: Schema, *, sent: bool) -> Iterator[str]:
        """`sent`: the caller sends it, so it may become wider; else it may become narrower."""
        if "$ref" in was and was["$ref"] == now.get("$ref"):
            if (was["$ref"], sent) in self.seen:
                return
            self.seen.add((was["$ref"], sent))
            place = was["$ref"].rpartition("/")[2]
        if not _has_forms(was, now):
            was, now = _merged(self.old, was), _merged(self.new, now)
        if _has_forms(was, now):
            yield from self._forms(place, was, now, sent=sent)
            return
        yield from _values(place, was, now, sent=sent)
        yield from self._members(place, was, now, sent=sent)
        if "items" in was and "items" in now:
            yield from self._schema(f"{place}[]", was["items"], now["items"], sent=sent)

    def _members(self, place: str, was: Schema, now: Schema, *, sent: bool) -> Iterator[str]:
        before, after = was.get("properties", {}), now.get("properties", {})
        for name, schema in before.items():
            if name in after:
                yield from self._schema(f"{place}.{name}", schema, after[name], sent=sent)
            else:
                yield f"{place}.{name}: the property was removed."
        required, demanded = set(was.get("required", ())), set(now.get("required", ()))
        if sent:
            news = sorted(demanded - required)
            yield from (f"{place}.{name}: the member is required now." for name in news)
        else:
            lost = sorted((required - demanded) & after.keys())
            yield from (f"{place}.{name}: the property may be missing now." for name in lost)

    def _forms(self, place: str, was: Schema, now: Schema, *, sent: bool) -> Iterator[str]:
        """Each form that was taken must still fit one; each that is given must have fitted one."""
        before, after = was.get("anyOf", [was]), now.get("anyOf", [now])
        if len(before) == len(after):
            for one, other in zip(before, after, strict=True):
                yield from self._schema(place, one, other, sent=sent)
        elif sent and not all(any(self._fits(b, a, sent) for a in after) for b in before):
            yield f"{place}: a form of it is no longer taken."
        elif not sent and not all(any(self._fits(b, a, sent) for b in before) for a in after):
            yield f"{place}: it may have another form now."

    def _fits(self, was: Schema, now: Schema, sent: bool) -> bool:
        if "$ref" in was or "$ref" in now:
            return was.get("$ref") == now.get("$ref")
        return not any(_Comparison(self.old, self.new)._schema("", was, now, sent=sent))


def _has_forms(was: Schema, now: Schema) -> bool:
    return "anyOf" in was or "anyOf" in now


def _values(place: str, was: Schema, now: Schema, *, sent: bool) -> Iterator[str]:
    """What a single value may be: its types, its enumeration, its format and its limits."""
    before, after = _types(was), _types(now)
    wide, narrow = (after, before) if sent else (before, after)
    if wide and not (narrow and narrow <= wide):
        yield f"{place}: the type is {_words(after)} instead of {_words(before)}."
    if "enum" in was and "enum" in now:
        lost = [value for value in was["enum"] if value not in now["enum"]]
        yield from (f"{place}: the value {value!r} was removed." for value in lost)
    elif sent and "enum" in now:
        yield f"{place}: only certain values are taken now."
    for name in ("format", "pattern"):
        if was.get(name) != now.get(name) and name in (now if sent else was):
            yield f"{place}: the {name} is {now.get(name)} instead of {was.get(name)}."
    if sent:
        yield from _limits(place, was, now)


def _limits(place: str, was: Schema, now: Schema) -> Iterator[str]:
    for name in _UPPER:
        if name in now and now[name] < was.get(name, float("inf")):
            yield f"{place}: {name} is {now[name]} now."
    for name in _LOWER:
        if name in now and now[name] > was.get(name, float("-inf")):
            yield f"{place}: {name} is {now[name]} now."


def _types(schema: Schema) -> frozenset[str]:
    """The JSON types a schema allows; empty stands for all of them."""
    types = schema.get("type", ())
    found = frozenset([types] if isinstance(types, str) else types)
    return found | {"integer"} if "number" in found else found


def _words(types: frozenset[str]) -> str:
    return " or ".join(sorted(types)) or "anything"


def _scopes(operation: Schema) -> str:
    return ", ".join(
        sorted(
            {scope for each in operation.get("security", ()) for s in each.values() for scope in s}
        )
    )


def _merged(document: Schema, schema: Schema) -> Schema:
    """The schema behind a reference, the parts of an allOf put together."""
    schema = _resolve(document, schema)
    if "allOf" not in schema:
        return schema
    parts = [_merged(document, part) for part in schema["allOf"]]
    merged: dict[str, Any] = {}
    for part in parts:
        merged |= part
    merged["properties"] = {n: s for part in parts for n, s in part.get("properties", {}).items()}
    merged["required"] = [name for part in parts for name in part.get("required", ())]
    return merged


def _resolve(document: Schema, part: Schema) -> Schema:
    while "$ref" in part:
        found: Any = document
        for step in part["$ref"].removeprefix("#/").split("/"):
            found = found[step]
        part = found
    return part
