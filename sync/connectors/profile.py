"""A system as data: its objects, and which field carries which canonical path, both ways. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from sync.connectors import paths
from sync.connectors.forms import REFERENCE, TEXT, Form, Surroundings
from sync.connectors.paths import ABSENT
from sync.outbound.content.envelope import Message

IDENTIFIER: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
RECORD: Final = "record."  # how a path in an element leads to the record it is in


@dataclass(frozen=True, slots=True)
class Field:
    """One field of the system and the canonical path it carries.

    `name` is dotted where the record nests. Where the path leads to nothing, `otherwise` names
    paths to try next, and a `default` stands at last: both are sent and never read back. A
    `required` field without a value makes the record unsendable, with a reason. `way` is both,
    out or in.
    """

    name: str
    path: str
    form: Form = TEXT
    required: bool = False
    otherwise: tuple[str, ...] = ()
    default: Any = None
    way: str = "both"


def out(name: str, path: str, form: Form = TEXT, **given: Any) -> Field:
    """A field that is written and never read back."""
    return Field(name, path, form, way="out", **given)


def back(name: str, path: str, form: Form = TEXT, **given: Any) -> Field:
    """A field that is read and never written: the system's own word."""
    return Field(name, path, form, way="in", **given)


@dataclass(frozen=True, slots=True)
class Child:
    """A list of the record that the system keeps as records of their own.

    `key` is the part that names an element within its list (an element without it goes by its
    place); paths of `fields` begin in the element, or with `record.` in the record. `parent` is
    the field that refers to the record; `embedded` where a record that was read brings its
    elements along (JMESPath).
    `constants` and `inactive` are as an object's; without `inactive`, what vanished stays.
    """

    attribute: str
    name: str
    key: str
    fields: tuple[Field, ...]
    parent: str = ""
    embedded: str = ""
    constants: Mapping[str, Any] = field(default_factory=dict)
    inactive: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Object:
    """What an entity is in the system.

    `key` is the field that keeps our golden code, `id` the one of the system's own id, `modified`
    that of its last change; `deleted` is a JMESPath that tells whether it was deleted there.
    `constants` are sent with every record, `first` replaces what is sent with a new one,
    `inactive` says that it is no longer used, and `rules` are inbound rules that no field can
    express. With `creates` false only what is there already is written to.
    """

    entity: str
    name: str
    fields: tuple[Field, ...]
    id: str = "id"
    key: str = ""
    modified: str = ""
    deleted: str = ""
    constants: Mapping[str, Any] = field(default_factory=dict)
    first: Mapping[str, Any] = field(default_factory=dict)
    inactive: Mapping[str, Any] = field(default_factory=dict)
    creates: bool = True
    children: tuple[Child, ...] = ()
    rules: tuple[Mapping[str, Any], ...] = ()

    @property
    def attributes(self) -> frozenset[str]:
        """The canonical attributes that reach the system."""
        inner = [p.removeprefix(RECORD) for c in self.children for p in _written(c.fields)
                 if p.startswith(RECORD)]  # fmt: skip
        read = {paths.steps(path)[0].name for path in (*_written(self.fields), *inner)}
        return frozenset(read | {child.attribute for child in self.children})

    @property
    def parents(self) -> frozenset[str]:
        """The references without which the system takes no record: they have to be there first."""
        fields = (*self.fields, *(f for child in self.children for f in child.fields))
        needed = (f.path for f in fields if f.required and f.form.name == REFERENCE.name)
        return frozenset(path.removeprefix(RECORD) for path in needed)


def _written(fields: tuple[Field, ...]) -> Iterator[str]:
    for each in fields:
        if each.way != "in":
            yield from filter(None, (each.path, *each.otherwise))


@dataclass(frozen=True, slots=True)
class Profile:
    """A system: its objects by entity, the settings that differ between installations (with the
    usual values), and the words it is shipped with per vocabulary and term."""

    name: str
    title: str
    objects: Mapping[str, Object]
    settings: Mapping[str, Any] = field(default_factory=dict)
    words: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Element:
    """One element of a child list: what names it, its fields, and the required ones it lacks."""

    child: Child
    key: str
    values: Mapping[str, Any]
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Rendered:
    """A record in the system's fields.

    In `values` None stands for a field to be emptied. `attributes` says the same per canonical
    path, comparable with `held`. `missing` are required fields without a value.
    """

    values: dict[str, Any]
    attributes: dict[str, Any]
    missing: list[str]
    elements: tuple[Element, ...] = ()

    @property
    def filled(self) -> dict[str, Any]:
        """The fields with a value: what a new record is made of."""
        return {name: value for name, value in self.values.items() if value not in (None, "")}


def render(thing: Object, message: Message) -> Rendered:
    """What the system should hold after the message."""
    codes = message.content.get("target", {}).get("codes", {})
    around = Surroundings(message.target.references, codes)
    rendered = _fields(thing.fields, message.content, around, "")
    elements = tuple(_elements(thing, message.content, around))
    for child in thing.children:
        if child.attribute in message.content:
            rendered.attributes[child.attribute] = {
                e.key: _comparable(child.fields, e.values) for e in elements if e.child is child
            }
    missing = [*rendered.missing, *(what for element in elements for what in element.missing)]
    values = {**thing.constants, **rendered.values}
    return Rendered(values, rendered.attributes, missing, elements)


def _fields(
    fields: tuple[Field, ...], document: Mapping[str, Any], around: Surroundings, prefix: str
) -> Rendered:
    rendered = Rendered({}, {}, [])
    for each in fields:
        if each.way == "in":
            continue
        spot = _spot(document, each)
        if spot.value is ABSENT:
            continue
        value = each.form.out(spot.value, f"{prefix}{spot.place}", around)
        if value in (None, "") and each.default is not None:
            value = each.default
        if value in (None, "") and each.required:
            rendered.missing.append(f"{each.name} ({each.path})")
        elif value is None and spot.value is not None:
            continue  # a reference the target has no id for yet: it is sent again when it has
        else:
            rendered.values[each.name] = value
            rendered.attributes[each.path] = each.form.same(value)
    return rendered


def _spot(document: Mapping[str, Any], each: Field) -> paths.Spot:
    """The first of the field's paths that leads to something."""
    spot = paths.read(document, each.path)
    for path in each.otherwise:
        if spot.value in (None, ABSENT):
            other = paths.read(document, path)
            spot = other if other.value is not ABSENT else spot
    return spot


def _elements(
    thing: Object, document: Mapping[str, Any], around: Surroundings
) -> Iterator[Element]:
    for child in thing.children:
        for index, element in enumerate(document.get(child.attribute) or ()):
            key = element.get(child.key)
            name = str(index + 1 if key is None else key)
            found = _element(child, element, index, document, around)
            missing = tuple(f"{child.name}.{what}" for what in found.missing)
            yield Element(child, name, {**child.constants, **found.values}, missing)


def _element(
    child: Child,
    element: Mapping[str, Any],
    index: int,
    document: Mapping[str, Any],
    around: Surroundings,
) -> Rendered:
    """The fields of one element; what is masked in the record is absent in it."""
    prefix = f"{child.attribute}."
    masked = [m.removeprefix(prefix) for m in document.get("masked") or () if m.startswith(prefix)]
    nothing = {paths.steps(path)[0].name: None for path in _written(child.fields)}
    seen = {**nothing, **element, "record": document, "masked": masked}
    return _fields(child.fields, seen, around, f"{child.attribute}[{index}].")


def owner_of(key: str) -> str:
    """The code of the record that an element's key begins with: RC-000010-L03 is RC-000010's."""
    return "-".join(key.upper().split("-")[:2])


def held(thing: Object, record: Mapping[str, Any]) -> dict[str, Any]:
    """What a record of the system holds per canonical path, comparable with `render`."""
    return _comparable(thing.fields, record)


def held_elements(child: Child, record: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """What a record of the system holds of a child list, comparable with `render`."""
    elements = record.get(child.name) or ()
    return {str(e.get(child.key)): _comparable(child.fields, e) for e in elements}


def _comparable(fields: tuple[Field, ...], record: Mapping[str, Any]) -> dict[str, Any]:
    return {
        each.path: each.form.same(_value(record, each.name)) for each in fields if each.way != "in"
    }


def _value(record: Mapping[str, Any], name: str) -> Any:
    return record[name] if name in record else paths.field(record, name)


def mapping_spec(thing: Object, system: str) -> dict[str, Any]:
    """The inbound mapping that reads this object: the same fields, the other way round."""
    envelope: dict[str, Any] = {}
    if thing.modified:
        envelope["modified_at"] = {"from": expression(thing.modified)}
    if thing.deleted:
        envelope["retired"] = {"from": thing.deleted}
    if thing.key:
        envelope["same_as"] = {"from": expression(thing.key)}
    inward = [f for f in thing.fields if f.way != "out" and f.path]
    plain = [f for f in inward if not paths.steps(f.path)[0].part]
    return {
        "system": system,
        "entity": thing.entity,
        "version": 1,
        "envelope": envelope,
        "rules": [*(_rule(f, f.path) for f in plain), *thing.rules],
        "lists": _lists(thing, [f for f in inward if f not in plain]),
    }


def expression(name: str) -> str:
    """A field's dotted name as JMESPath."""
    parts = name.split(".")
    return ".".join(part if IDENTIFIER.fullmatch(part) else f'"{part}"' for part in parts)


def _rule(each: Field, target: str) -> dict[str, Any]:
    source = expression(each.name)
    if each.form.with_currency:
        source = f"[{source}, {expression(each.form.with_currency)}]"
    if target.endswith("[0]"):  # a list of plain values, of which the system holds one
        target, source = target.removesuffix("[0]"), f"[{source}]"
    rule: dict[str, Any] = {"to": target, "from": source}
    if each.form.back:
        rule["transforms"] = [dict(step) for step in each.form.back]
    if each.form.name in {"phone", "email", "uri"}:
        rule["optional"] = True  # one that cannot be read makes no record unreadable
    return rule


def _lists(thing: Object, selected: list[Field]) -> dict[str, Any]:
    lists: dict[str, list[dict[str, Any]]] = {}
    groups: dict[tuple[str, str, str], list[dict[str, Any]]] = {}
    for each in selected:
        first, *rest = paths.steps(each.path)
        place = (first.name, first.part, first.value)
        if place not in groups:
            groups[place] = [{"to": first.part, "constant": first.value}]
            lists.setdefault(first.name, []).append({"each": "@", "rules": groups[place]})
        groups[place].append(_rule(each, ".".join(step.name for step in rest)))
    for child in thing.children:
        inward = [f for f in child.fields if f.way != "out" and not f.path.startswith(RECORD)]
        rules = [_rule(f, f.path) for f in inward]
        if child.embedded:
            lists[child.attribute] = [{"each": child.embedded, "rules": rules}]
    return lists
