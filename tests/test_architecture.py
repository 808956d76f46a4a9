"""The laws of the house that a reader of source can hold: rooms, layers, purity, forbidden words.

Imports go down: mdm -> sync -> matching -> canonical, and inside an app
api, admin, tasks, commands -> use cases -> models -> pure. Function-level imports count, and so
do strings that name another app's model, module or settings path.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
APPS = ["canonical", "matching", "sync", "mdm"]  # from the bottom up
OUTER, USE_CASE, MODELS, PURE = "outer", "use case", "models", "pure"
LAYERS = [PURE, MODELS, USE_CASE, OUTER]  # from the bottom up

PURE_MODULES = [
    "canonical.attributes",
    "canonical.survivorship",
    "canonical.quality",
    "matching.engine",
    "matching.profiles",
    "sync.inbound.mapping",
    "sync.inbound.suggest",
    "sync.inbound.transforms",
    "sync.connectors.tryton.codec",
    "sync.connectors.tryton.tree",
    "sync.outbound.answers.breaker",
    "sync.outbound.answers.outcomes",
    "sync.outbound.answers.redaction",
    "sync.outbound.answers.retry",
    "sync.outbound.content.envelope",
    "sync.outbound.content.selection",
    "sync.outbound.delivery.windows",
    "sync.outbound.publishing.flips",
]
# django.db.models is how an attribute is declared: canonical/attributes.py marks a column, no more.
PURE_EXCEPTIONS = {("canonical.attributes", "django.db.models"), ("canonical.attributes", "django")}
IMPURE_PACKAGES = {
    *("django", "rest_framework", "simple_history", "oauth2_provider", "celery", "kombu"),
    *("redis", "psycopg", "sqlite3", "httpx", "requests", "urllib.request", "http.client"),
    *(
        "httpcore",
        "socket",
        "subprocess",
        "threading",
        "multiprocessing",
        "asyncio",
        "time",
        "secrets",
    ),
    *("tempfile", "shutil", "structlog", "logging", "environs"),
}
IMPURE_CALLS = re.compile(
    r"(?:^|\.)(?:(?:datetime|date|timezone|localtime)\.(?:now|today|utcnow|localdate)"
    r"|time\.(?:time|monotonic|perf_counter)|localdate|localtime"
    r"|uuid[147]|getenv|os\.environ\.\w+|random\.random)$"
)
FOLDERS = [  # of one room, from the bottom up
    ("matching", ["engine", "profiles", "learning", "intake", "questions"]),
    ("sync.outbound", ["content", "answers", "delivery", "publishing"]),
]
FORBIDDEN_NAMES = {"utils", "util", "helpers", "helper", "common", "misc"}
LONGEST_FILE = 400
TOO_LONG: set[str] = set()  # kept empty: a file that needs to be here becomes a folder


@cache
def sources() -> dict[str, Path]:
    """Every module of the four apps by its dotted name; migrations aside."""
    found = {}
    for app in APPS:
        for path in sorted((ROOT / app).rglob("*.py")):
            if "migrations" not in path.parts:
                found[dotted(path)] = path
    return found


def dotted(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@cache
def tree(module: str) -> ast.Module:
    return ast.parse(sources()[module].read_text(encoding="utf-8"))


@cache
def nodes(module: str) -> tuple[ast.AST, ...]:
    """Every node of a module, walked once for all rules."""
    return tuple(ast.walk(tree(module)))


@cache
def called(module: str) -> tuple[tuple[ast.Call, str], ...]:
    return tuple(
        (node, ast.unparse(node.func)) for node in nodes(module) if isinstance(node, ast.Call)
    )


def imports(module: str) -> Iterator[tuple[int, str]]:
    """Line and absolute name of everything a module imports, wherever in it that stands.

    `from a.b import c` gives `a.b` and, if that is a module of ours, `a.b.c`.
    """
    for node in nodes(module):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = _absolute(module, node)
            yield node.lineno, base
            deeper = (f"{base}.{alias.name}" for alias in node.names)
            yield from ((node.lineno, name) for name in deeper if name in sources())


def _absolute(module: str, node: ast.ImportFrom) -> str:
    if not node.level:
        return node.module or ""
    package = module if sources()[module].name == "__init__.py" else module.rpartition(".")[0]
    for _ in range(node.level - 1):
        package = package.rpartition(".")[0]
    return ".".join(filter(None, [package, node.module]))


def strings(module: str) -> Iterator[tuple[int, str]]:
    """Line and text of every string that names a place of ours: `sync.wake`, `sync.Lane`."""
    for node in nodes(module):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            package, _, last = node.value.rpartition(".")
            is_model = package in APPS and re.fullmatch(r"[A-Z]\w+", last)
            if is_model or {node.value, package} & (sources().keys() - set(APPS)):
                yield node.lineno, node.value


def calls(module: str) -> Iterator[tuple[ast.Call, str]]:
    """Every call with the dotted text of what it calls."""
    yield from called(module)


def app_of(name: str) -> str | None:
    first = name.partition(".")[0]
    return first if first in APPS else None


def is_within(name: str, package: str) -> bool:
    return name == package or name.startswith(f"{package}.")


def is_pure(name: str) -> bool:
    """Whether a module is declared pure; `mapping` covers mapping.py, mapping/ and mapping_x.py."""
    loose = ("sync.inbound.mapping", "sync.inbound.transforms")
    return any(is_within(name, pure) for pure in PURE_MODULES) or name.startswith(loose)


def layer(name: str) -> str:
    """The layer of one of our modules inside its app."""
    if is_pure(name):
        return PURE
    rooms = name.split(".")[1:]
    if set(rooms) & {"models", "entities"}:
        return MODELS
    outer = {
        "apps",
        "api",
        "admin",
        "tasks",
        "management",
        "urls",
        "views",
        "console",
        "benchmarks",
    }
    return OUTER if set(rooms) & outer else USE_CASE


def at(module: str, line: int) -> str:
    return f"{sources()[module].relative_to(ROOT)}:{line}"


def report(offences: list[str]) -> None:
    assert not offences, "\n" + "\n".join(offences)


def test_imports_go_down_between_apps() -> None:
    report(
        [
            f"{at(module, line)}: {app_of(module)} reaches up to {name}"
            for module in sources()
            for line, name in [*imports(module), *strings(module)]
            if (target := app_of(name)) and APPS.index(target) > APPS.index(str(app_of(module)))
            if not is_wiring(module)
        ]
    )


def is_wiring(module: str) -> bool:
    """Settings name every app by its job; they are read, never imported from below."""
    return module == "mdm.settings"


def test_imports_go_down_inside_an_app() -> None:
    report(
        [
            f"{at(module, line)}: {layer(module)} reaches up to {name} ({layer(name)})"
            for module in sources()
            for line, name in imports(module)
            if name in sources() and app_of(name) == app_of(module) != "mdm"
            if not is_contract(name)
            if LAYERS.index(layer(name)) > LAYERS.index(layer(module))
        ]
    )


def test_imports_go_down_between_the_folders_of_a_room() -> None:
    report(
        [
            f"{at(module, line)}: {room}.{lower} reaches up to {name}"
            for room, folders in FOLDERS
            for place, lower in enumerate(folders)
            for module in sources()
            if is_within(module, f"{room}.{lower}")
            for line, name in imports(module)
            if any(is_within(name, f"{room}.{upper}") for upper in folders[place + 1 :])
        ]
    )


def is_contract(name: str) -> bool:
    """canonical/api/contract is what every view stands on; any outer layer of any app uses it."""
    return is_within(name, "canonical.api.contract")


def test_pure_modules_touch_neither_framework_nor_clock_nor_disk() -> None:
    offences = []
    for module in filter(is_pure, sources()):
        for line, name in imports(module):
            if any(is_within(name, package) for package in IMPURE_PACKAGES):
                if (module, name) not in PURE_EXCEPTIONS:
                    offences.append(f"{at(module, line)}: pure, but imports {name}")
            elif name in sources() and not is_pure(name) and not is_namespace(name):
                offences.append(f"{at(module, line)}: pure, but imports {name}")
        for call, name in calls(module):
            if IMPURE_CALLS.search(name) or name == "open":
                offences.append(f"{at(module, call.lineno)}: pure, but calls {name}")
    report(offences)


def is_namespace(name: str) -> bool:
    """A package that holds nothing but its docstring brings nothing in."""
    body = tree(name).body
    return all(isinstance(node, ast.Expr) for node in body)


def test_only_egress_speaks_http() -> None:
    clients = ("httpx", "httpcore", "requests", "urllib.request", "http.client", "aiohttp")
    report(
        [
            f"{at(module, line)}: {name} belongs in sync/egress.py alone"
            for module in sources()
            for line, name in imports(module)
            if any(is_within(name, client) for client in clients)
            if not is_within(module, "sync.egress") and not asks_only_itself(module)
        ]
    )


def asks_only_itself(module: str) -> bool:
    """The demo waits for its own web process; benchmarks measure one."""
    return module == "mdm.demo" or "benchmarks" in module.split(".")


def test_hints_are_published_in_one_place_and_never_with_a_delay() -> None:
    offences = []
    for module in sources():
        for call, name in calls(module):
            published = name.endswith((".delay", ".apply_async", ".send_task"))
            if published and not is_within(module, "sync.outbound.wake"):
                offences.append(f"{at(module, call.lineno)}: {name} outside sync/outbound/wake.py")
            if published and {word.arg for word in call.keywords} & {"countdown", "eta"}:
                offences.append(f"{at(module, call.lineno)}: due times live in the database")
    report(offences)


def test_nothing_is_marked_safe() -> None:
    offences = []
    for module in sources():
        for call, name in calls(module):
            last = name.rpartition(".")[2]
            formatted = call.args and isinstance(call.args[0], ast.JoinedStr)
            if last == "mark_safe" or (last == "format_html" and formatted):
                offences.append(f"{at(module, call.lineno)}: {last} on text that may be data")
    report(offences)


def test_templates_escape_what_they_show() -> None:
    report(
        [
            f"{path.relative_to(ROOT)}:{number}: unescaped output"
            for path in sorted((ROOT / "templates").rglob("*.html"))
            for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
            if re.search(r"\|\s*(?:safe|safeseq)\b|\{%\s*autoescape\s+off", line)
        ]
    )


def test_row_locks_are_taken_in_an_order() -> None:
    """Locks taken in a different order deadlock: 318 of 1,500 overlapping merges did."""
    report(
        [
            f"{at(module, call.lineno)}: select_for_update without order_by"
            for module in sources()
            for statement in statements(module)
            for call, name in called_in(statement)
            if name.endswith(".select_for_update") and "order_by" not in ast.unparse(statement)
            if not re.search(r"\.get\(|\.first\(", ast.unparse(statement))
        ]
    )


def statements(module: str) -> Iterator[ast.stmt]:
    """The statements that hold no other statement: one line of thought each."""
    for node in nodes(module):
        if isinstance(node, ast.stmt) and not hasattr(node, "body"):
            yield node


def called_in(statement: ast.stmt) -> Iterator[tuple[ast.Call, str]]:
    for node in ast.walk(statement):
        if isinstance(node, ast.Call):
            yield node, ast.unparse(node.func)


MONEY = ("canonical.entities", "canonical.survivorship", "canonical.value", "canonical.attributes")


def test_money_is_never_a_float() -> None:
    report(
        [
            f"{at(module, call.lineno)}: float() in money code"
            for module in sources()
            if any(is_within(module, package) for package in MONEY)
            for call, name in calls(module)
            if name == "float"
        ]
    )


LEASES = (
    "sync.outbound.delivery.lanes",
    "sync.outbound.delivery.deliver",
    "sync.outbound.publishing.fanout",
)


def test_leases_are_measured_by_the_database_clock() -> None:
    """Two hosts whose clocks differ would steal each other's lanes."""
    report(
        [
            f"{at(module, call.lineno)}: {name} in lease code"
            for module in sources()
            if any(is_within(module, package) for package in LEASES)
            for call, name in calls(module)
            if name.endswith(("datetime.now", "timezone.now", "datetime.utcnow", "time.time"))
        ]
    )


def test_no_module_is_named_after_nothing() -> None:
    report(
        [
            f"{path.relative_to(ROOT)}: name it after what it does"
            for module, path in sources().items()
            if set(module.split(".")) & FORBIDDEN_NAMES
        ]
    )


@pytest.mark.parametrize("folder", [*APPS, "tests", "fixtures"])
def test_files_stay_short(folder: str) -> None:
    lengths = {
        str(path.relative_to(ROOT)): len(path.read_text(encoding="utf-8").splitlines())
        for path in sorted((ROOT / folder).rglob("*.py"))
        if "migrations" not in path.parts
    }
    long = {path for path, length in lengths.items() if length > LONGEST_FILE}
    assert long == TOO_LONG & lengths.keys()
