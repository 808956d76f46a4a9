"""What a caller wants of a subscription, read member by member with the place of what is wrong."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from canonical.access import Principal
from canonical.api.contract.problems import Problem
from canonical.api.contract.view import reach
from canonical.api.parameters import PATHS
from canonical.entities import ENTITIES, entity_named, schema_of
from canonical.models import System
from canonical.validation import Fault
from sync import connectors, egress
from sync.models import Criticality, Heal, Mode
from sync.outbound.answers import outcomes
from sync.outbound.content import selection
from sync.outbound.delivery import windows

REQUIRED: Final = frozenset({"name", "url"})
ONLY_AT_FIRST: Final = frozenset({"system", "connector"})


class Wrong(Exception):
    """One member is not as it should be; `where` continues its pointer."""

    def __init__(self, code: str, detail: str, where: str = "") -> None:
        super().__init__(detail)
        self.fault = Fault(where, code, detail)


def read(body: Mapping[str, Any], caller: Principal, entities: Collection[str]) -> dict[str, Any]:
    """The members of a body as columns of a subscription; refuses all that is wrong at once.

    `entities` are those it carries unless the body names others.
    """
    faults = [Fault(f"/{name}", "unknown_member", "There is no such member.")
              for name in body.keys() - READERS.keys() - ONLY_AT_FIRST - {"entities"}]  # fmt: skip
    found: dict[str, Any] = {}
    carried = list(entities)
    if "entities" in body:
        carried = found["entities"] = _try(faults, "entities", _entities, body["entities"]) or []
    for name in READERS.keys() & body.keys():
        found[name] = _try(faults, name, READERS[name], body[name], carried)
    if found.get("restricted") and not caller.sees_restricted:
        faults.append(Fault("/restricted", "not_granted", "You do not see restricted attributes."))
    if faults:
        raise Problem("invalid-request", faults[0].detail, errors=sorted(faults, key=_pointer))
    return found


def read_new(body: Mapping[str, Any], caller: Principal) -> dict[str, Any]:
    """The same for a new subscription, which needs a name, and an address or a connected system."""
    connector = body.get("connector", connectors.WEBHOOK)
    required = REQUIRED if connector == connectors.WEBHOOK else {"name", "system"}
    missing = [Fault(f"/{name}", "required", "This is required.")
               for name in sorted(required - body.keys())]  # fmt: skip
    if missing:
        raise Problem("invalid-request", missing[0].detail, errors=missing)
    carried = list(ENTITIES) if connector == connectors.WEBHOOK else _carried(connector)
    found = {"entities": carried, **read(body, caller, carried)}
    found["system"] = _system(body.get("system"), caller)
    return found | {"connector": _connector(connector, found)}


def _carried(connector: Any) -> list[str]:
    """The entities that a system of this kind has a place for, in publish order."""
    kind = connectors.SYSTEMS.get(connector) if isinstance(connector, str) else None
    return [entity for entity in ENTITIES if kind is None or entity in kind.profile.objects]


def _connector(name: Any, found: Mapping[str, Any]) -> str:
    try:
        connectors.check(str(name), str(found["system"]), found["entities"])
    except connectors.Unusable as error:
        fault = Fault("/connector", "unusable", str(error))
        raise Problem("invalid-request", fault.detail, errors=[fault]) from None
    return str(name)


def refuse_fixed(body: Mapping[str, Any]) -> None:
    """Refuse to change what a subscription keeps for ever."""
    for name in sorted(ONLY_AT_FIRST & body.keys()):
        detail = f"The {name} of a subscription stays; make a new one."
        raise Problem("invalid-request", detail, errors=[Fault(f"/{name}", "fixed", detail)])


def _pointer(fault: Fault) -> str:
    return fault.pointer


def _try(faults: list[Fault], name: str, reader: Callable[..., Any], *arguments: Any) -> Any:
    try:
        return reader(*arguments)
    except Wrong as error:
        faults.append(Fault(f"/{name}{error.fault.pointer}", error.fault.code, error.fault.detail))
        return None


def _system(code: Any, caller: Principal) -> str | None:
    if code is None:
        return None
    if not isinstance(code, str) or not System.objects.filter(pk=code).exists():
        detail = "There is no such system."
        raise Problem("invalid-request", detail, errors=[Fault("/system", "unknown", detail)])
    reach(caller, code)
    return code


def entity(name: Any) -> str:
    """The entity behind `rate-cards` or `rate_card`."""
    try:
        return entity_named(str(name))
    except KeyError:
        pass
    raise Wrong("unknown_entity", f"An entity is one of {', '.join(PATHS)}.")


def _entities(value: Any) -> list[str]:
    if not isinstance(value, list) or not value:
        raise Wrong("wrong_type", "Name at least one entity in a list.")
    return list(dict.fromkeys(entity(name) for name in value))


def _text(longest: int) -> Callable[[Any, Collection[str]], str]:
    def read_text(value: Any, _: Collection[str]) -> str:
        if not isinstance(value, str) or not value.strip() or len(value) > longest:
            raise Wrong("wrong_type", f"A text of 1 to {longest} characters.")
        return value.strip()

    return read_text


def _url(value: Any, entities: Collection[str]) -> str:
    url = _text(2000)(value, entities)
    try:
        egress.check_url(url)
    except egress.Refused as error:
        raise Wrong("refused_address", f"Not spoken to: {error}.") from None
    return url


def _attributes(value: Any, entities: Collection[str]) -> list[str] | None:
    if value is None:
        return None
    known = {"sources"}.union(*(schema_of(each).by_name for each in entities))
    if not isinstance(value, list) or not all(isinstance(name, str) for name in value):
        raise Wrong("wrong_type", "A list of attribute names, or null for all of them.")
    for name in value:
        if name not in known:
            raise Wrong("unknown_attribute", f"None of the entities has an attribute {name!a}.")
    return sorted(set(value))


def _filter(value: Any, entities: Collection[str]) -> dict[str, dict[str, list[Any]]]:
    given = _by_entity(value) if isinstance(value, Mapping) else value
    try:
        found = selection.read_filter(given or {}, {each: schema_of(each) for each in entities})
    except selection.Unreadable as error:
        raise Wrong("invalid_filter", str(error), error.where) from None
    return {
        each: {path: [_storable(item) for item in wanted] for path, wanted in paths.items()}
        for each, paths in found.items()
    }


def _by_entity(value: Mapping[str, Any]) -> dict[str, Any]:
    """An entity may go by its path here too; what is no object is a value, not an entity's."""
    names = {schema_of(each).path: each for each in ENTITIES}
    return {
        names.get(name, name) if isinstance(wanted, Mapping) else name: wanted
        for name, wanted in value.items()
    }


def _storable(value: Any) -> Any:
    return str(value) if isinstance(value, Decimal) else value


def _mode(value: Any, _: Collection[str]) -> str:
    if value not in Mode.values:
        raise Wrong("unknown_mode", f"A mode is one of {', '.join(Mode.values)}.")
    return str(value)


def _flag(value: Any, _: Collection[str]) -> bool:
    if not isinstance(value, bool):
        raise Wrong("wrong_type", "true or false.")
    return value


def _concurrency(value: Any, _: Collection[str]) -> int:
    if type(value) is not int or not 1 <= value <= 64:
        raise Wrong("out_of_range", "A whole number from 1 to 64.")
    return value


def _rate(value: Any, _: Collection[str]) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise Wrong("wrong_type", "A number of deliveries a second, or null.")
    if not Decimal("0.001") <= value <= 10_000:
        raise Wrong("out_of_range", "From 0.001 to 10000 deliveries a second.")
    return float(value)


def closing_times(value: Any) -> list[dict[str, Any]]:
    """The windows of a calendar."""
    return _windows(value, ())


def _windows(value: Any, _: Collection[str]) -> list[dict[str, Any]]:
    if not isinstance(value, list) or len(value) > 20:
        raise Wrong("wrong_type", "A list of at most 20 windows.")
    for place, window in enumerate(value):
        try:
            windows.check(window)
        except windows.Unreadable as error:
            raise Wrong("invalid_window", str(error), f"/{place}/{error.member}") from None
    return [{name: window[name] for name in WINDOW} for window in value]


def _criticality(value: Any, _: Collection[str]) -> str:
    if value not in Criticality.values:
        raise Wrong("unknown_criticality", f"One of {', '.join(Criticality.values)}.")
    return str(value)


def _heal(value: Any, _: Collection[str]) -> str:
    if value not in Heal.values:
        raise Wrong("unknown_heal", f"One of {', '.join(Heal.values)}.")
    return str(value)


def _read_url(value: Any, entities: Collection[str]) -> str:
    return _url(value, entities) if value else ""


def _outcomes(value: Any, _: Collection[str]) -> dict[str, Any]:
    try:
        return outcomes.check(value)
    except outcomes.Unreadable as error:
        raise Wrong("invalid_outcomes", str(error), error.where) from None


WINDOW: Final = ("rrule", "starts", "minutes", "time_zone")
READERS: Final[Mapping[str, Callable[[Any, Collection[str]], Any]]] = {
    "name": _text(120),
    "url": _url,
    "attributes": _attributes,
    "filter": _filter,
    "mode": _mode,
    "receipts": _flag,
    "echo": _flag,
    "restricted": _flag,
    "max_concurrency": _concurrency,
    "rate": _rate,
    "windows": _windows,
    "closings": _flag,
    "shadow": _flag,
    "nightly": _flag,
    "heal": _heal,
    "read_url": _read_url,
    "criticality": _criticality,
    "outcomes": _outcomes,
}


def golden_ids(value: Any) -> list[str]:
    """Golden ids in a list."""
    if not isinstance(value, list) or not value:
        raise Wrong("wrong_type", "A list of golden ids.")
    try:
        return [str(UUID(item)) for item in _texts(value)]
    except ValueError:
        raise Wrong("wrong_type", "A golden id is a UUID.") from None


def _texts(value: Iterable[Any]) -> Iterable[str]:
    for item in value:
        if not isinstance(item, str):
            raise ValueError(item)
        yield item
