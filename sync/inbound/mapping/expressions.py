"""JMESPath with limits: short, shallow, and with a fixed amount of work per record.

A few characters of JMESPath can double a value again and again (`[@,@] | [@,@] | ...`), so an
expression is refused when it is long, large or deep, and stopped when it builds too much.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from jmespath.exceptions import JMESPathError, JMESPathTypeError
from jmespath.parser import Parser
from jmespath.visitor import TreeInterpreter

Node = Any  # a dictionary with type, children and value

MAX_LENGTH = 2048
MAX_NODES = 200
MAX_DEPTH = 32
MAX_RESULT = 256 * 1024
WORK_PER_RECORD = 250_000

# No arithmetic and no to_number: JMESPath computes in binary floats. The decimal, money and text
# transforms convert instead.
FUNCTIONS = {
    *("contains", "ends_with", "join", "keys", "length", "map", "max", "max_by", "merge"),
    *("min", "min_by", "not_null", "reverse", "sort", "sort_by", "starts_with", "to_array"),
    *("type", "values"),
}
_BUILDS = {
    *("multi_select_list", "multi_select_dict", "flatten", "slice", "function_expression"),
    *("projection", "value_projection", "filter_projection"),
}
_PLAIN = (list, int, float, Decimal, type(None))


class ExpressionError(ValueError):
    """The expression cannot be used, or gave up on this payload; the text says why."""


class Evaluator(TreeInterpreter):
    """Evaluates expressions of one record within one shared allowance of work.

    The weight of a value is the number of characters and elements it would have written out. A
    built value weighs what its parts weigh, so that a value that shares its parts is still charged
    in full: nothing grows exponentially before it is noticed.
    """

    def __init__(self, work: int = WORK_PER_RECORD) -> None:
        super().__init__()
        self._left = work
        self._weights: dict[int, int] = {}
        self._kept: list[Any] = []  # keeps built values alive: their ids name their weights

    def visit(self, node: Node, *args: Any, **kwargs: Any) -> Any:
        self._spend(1)
        result = super().visit(node, *args, **kwargs)
        if node["type"] in _BUILDS:
            self._charge(result)
        return result

    def _charge(self, built: Any) -> None:
        weight = self._weight(built)
        if weight > MAX_RESULT:
            raise ExpressionError(f"builds more than {MAX_RESULT // 1024} KB")
        self._spend(weight)
        self._weights[id(built)] = weight
        self._kept.append(built)

    def _weight(self, value: Any) -> int:
        if isinstance(value, str):
            return len(value)
        parts = value.values() if isinstance(value, dict) else value
        if not isinstance(value, dict | list):
            return 1
        return 1 + sum(self._part_weight(part) for part in parts)

    def _part_weight(self, part: Any) -> int:
        return len(part) if isinstance(part, str) else self._weights.get(id(part), 1)

    def _spend(self, work: int) -> None:
        self._left -= work
        if self._left < 0:
            raise ExpressionError("takes more work than one record may")


@dataclass(frozen=True)
class Expression:
    """A compiled expression; a plain path of fields (`@` is the empty one) needs no interpreter."""

    text: str
    ast: Node
    fields: tuple[str, ...] | None

    def search(self, payload: Any, evaluator: Evaluator) -> Any:
        """The value found, or None. Raises ExpressionError and nothing else."""
        if self.fields == ():
            return payload
        if self.fields is not None:
            return _measured(_walk(payload, self.fields))
        try:
            return _measured(evaluator.visit(self.ast, payload))
        except ExpressionError:
            raise
        except JMESPathTypeError as error:  # its own text quotes the value, of any length
            raise ExpressionError(f"does not fit this payload: {error.function_name}()") from error
        except (JMESPathError, TypeError, ValueError, ArithmeticError, RecursionError) as error:
            raise ExpressionError("does not fit this payload") from error


def compile_expression(text: str) -> Expression:
    """Read an expression; raises ExpressionError with the limit or the place it breaks."""
    if len(text.encode()) > MAX_LENGTH:
        raise ExpressionError(f"is longer than {MAX_LENGTH} bytes")
    try:
        ast = Parser().parse(text).parsed
    except RecursionError as error:
        raise ExpressionError(f"is deeper than {MAX_DEPTH} levels") from error
    except (JMESPathError, ValueError) as error:
        raise ExpressionError(f"is not JMESPath: {str(error).splitlines()[0]}") from error
    _check_tree(ast)
    return Expression(text, ast, _plain_path(ast))


def _check_tree(ast: Node) -> None:
    nodes = 0
    level = [ast]
    for _ in range(MAX_DEPTH):
        nodes += len(level)
        if nodes > MAX_NODES:
            raise ExpressionError(f"has more than {MAX_NODES} nodes")
        for node in level:
            _check_function(node)
        level = [child for node in level for child in _children(node)]
        if not level:
            return
    raise ExpressionError(f"is deeper than {MAX_DEPTH} levels")


def _check_function(node: Node) -> None:
    if node["type"] == "function_expression" and node["value"] not in FUNCTIONS:
        raise ExpressionError(f"uses {node['value']}(); allowed: {', '.join(sorted(FUNCTIONS))}")


def _children(node: Node) -> list[Node]:
    """The nodes below one; a slice's children are numbers, not nodes."""
    return [child for child in node["children"] if isinstance(child, dict)]


def _plain_path(ast: Node) -> tuple[str, ...] | None:
    if ast["type"] == "current":
        return ()
    nodes = ast["children"] if ast["type"] == "subexpression" else [ast]
    if all(node["type"] == "field" for node in nodes):
        return tuple(node["value"] for node in nodes)
    return None


def _walk(value: Any, fields: tuple[str, ...]) -> Any:
    for field in fields:
        if not isinstance(value, dict):
            return None
        value = value.get(field)
    return value


def _measured(result: Any) -> Any:
    """The result, if it is JSON and its size is within MAX_RESULT."""
    if result is None or (isinstance(result, str) and len(result) <= MAX_RESULT // 4):
        return result
    left = MAX_RESULT
    waiting = [result]
    while waiting:
        value = waiting.pop()
        left -= _own_size(value)
        if left < 0:
            raise ExpressionError(f"gives more than {MAX_RESULT // 1024} KB")
        if isinstance(value, dict):
            waiting.extend(value.values())
        elif isinstance(value, list):
            waiting.extend(value)
    return result


def _own_size(value: Any) -> int:
    if isinstance(value, str):
        return len(value.encode("utf-8", "surrogatepass")) + 2
    if isinstance(value, dict):
        return 2 + sum(len(key) + 3 for key in value)
    if isinstance(value, _PLAIN):
        return 2
    raise ExpressionError("gives something that is not a value")
