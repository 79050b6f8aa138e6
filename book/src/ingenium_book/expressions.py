"""Expressions over the answers of commands: a small closed language, read once, never executed.

An expression names values by their paths (`made.answer.summary.accepted`), and may contain numbers,
text, arithmetic, comparisons, `and`, `or`, `not`, `in`, indices, `&` and `|` of masks, and the
functions below. An entry of a list of tables is taken from each (`again.answer.designs.verdict`),
and a function takes a table as its values. An unknown path, a NaN and a summary of nothing have no
value, and neither has an expression that depends on them.
"""

import ast
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ingenium.core.errors import InputError

ARITHMETIC: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}
MASKS: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.BitAnd: np.logical_and,
    ast.BitOr: np.logical_or,
}
COMPARISONS: dict[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.In: lambda part, whole: part in whole,
    ast.NotIn: lambda part, whole: part not in whole,
}
FUNCTIONS: dict[str, Callable[[Any], Any]] = {
    "abs": np.abs,
    "all": np.all,
    "any": np.any,
    "argmax": np.argmax,
    "argmin": np.argmin,
    "count": np.count_nonzero,
    "distinct": lambda values: len(np.unique(values)),
    "len": len,
    "max": np.max,
    "mean": np.mean,
    "median": np.median,
    "min": np.min,
    "sum": np.sum,
}
STRUCTURE = (
    *(ast.Attribute, ast.BinOp, ast.BoolOp, ast.Call, ast.Compare, ast.Constant, ast.List),
    *(ast.Name, ast.Slice, ast.Subscript, ast.Tuple, ast.UnaryOp, ast.Load),
    *(ast.And, ast.Or, ast.Not, ast.USub),
)
KNOWN = (*STRUCTURE, *ARITHMETIC, *MASKS, *COMPARISONS)
OF_MASKS = ("all", "any", "count")
SHOWN = 60  # characters of an expression that a message repeats


class MissingValueError(Exception):
    """An expression without a value; the message names the part without one."""


@dataclass(frozen=True)
class Expression:
    """A parsed expression, and the names that it depends on."""

    text: str
    tree: ast.expr
    names: frozenset[str]

    @classmethod
    def read(cls, text: str, where: str) -> "Expression":
        """Read an expression.

        Raises:
            InputError: if it is invalid, with its place.
        """
        try:
            tree = ast.parse(text.strip(), mode="eval").body
        except (SyntaxError, ValueError) as error:
            raise InputError(f"an expression in {where}", f'"{text}"') from error
        called = [node.func for node in ast.walk(tree) if isinstance(node, ast.Call)]
        for node in ast.walk(tree):
            if not isinstance(node, KNOWN) or (isinstance(node, ast.Call) and not _known(node)):
                names = ", ".join(FUNCTIONS)
                raise InputError(
                    f"paths, numbers, text, comparisons and one of {names} in {where}",
                    f'"{ast.unparse(node)}"' if isinstance(node, ast.expr) else f'"{text}"',
                )
        paths = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and n not in called}
        return cls(text.strip(), tree, frozenset(paths))

    def value(self, values: Mapping[str, Any]) -> Any:
        """Evaluate over values by their names.

        Raises:
            MissingValueError: if a path is unknown or a number is NaN.
        """
        try:
            found = _value(self.tree, values)
        except (TypeError, ValueError, IndexError, ZeroDivisionError) as error:
            raise MissingValueError(f"{self.text[:SHOWN]} ({error})") from error
        return found.item() if isinstance(found, np.generic) else found

    def holds(self, values: Mapping[str, Any]) -> bool:
        """Evaluate to yes or no.

        Raises:
            MissingValueError: if it has no value, or one that is neither yes nor no.
        """
        return _truth(self.value(values), self.text)


def _known(call: ast.Call) -> bool:
    named = isinstance(call.func, ast.Name) and call.func.id in FUNCTIONS
    return named and len(call.args) == 1 and not call.keywords


def _value(node: ast.AST, values: Mapping[str, Any]) -> Any:
    match node:
        case ast.Constant():
            return node.value
        case ast.Name():
            return values[node.id]
        case ast.Attribute():
            return _entry(_value(node.value, values), node.attr, node)
        case ast.Subscript():
            return _part(_value(node.value, values), _value(node.slice, values), node)
        case ast.Slice(lower=lower, upper=upper, step=step):
            ends = (None if end is None else _value(end, values) for end in (lower, upper, step))
            return slice(*ends)
        case ast.List() | ast.Tuple():
            found = [_value(element, values) for element in node.elts]
            return tuple(found) if isinstance(node, ast.Tuple) else found
        case ast.Call(func=ast.Name(id=name)):
            return _called(name, _value(node.args[0], values), node)
        case _:
            return _combined(node, values)


def _combined(node: ast.AST, values: Mapping[str, Any]) -> Any:
    match node:
        case ast.UnaryOp(op=ast.Not()):
            return not _truth(_value(node.operand, values), ast.unparse(node.operand))
        case ast.UnaryOp():
            return -_number(_value(node.operand, values), node.operand)
        case ast.BinOp(op=ast.BitAnd() | ast.BitOr()):
            left, right = (_mask(_value(x, values), x) for x in (node.left, node.right))
            return MASKS[type(node.op)](left, right)
        case ast.BinOp():
            left, right = (_number(_value(x, values), x) for x in (node.left, node.right))
            return ARITHMETIC[type(node.op)](left, right)
        case ast.BoolOp():  # all parts are evaluated, so that none may be missing
            found = [_truth(_value(part, values), ast.unparse(part)) for part in node.values]
            return all(found) if isinstance(node.op, ast.And) else any(found)
        case ast.Compare():
            return _compared(node, [_value(x, values) for x in (node.left, *node.comparators)])
    raise TypeError(f"no value of {type(node).__name__}")


def _compared(node: ast.Compare, found: list[Any]) -> Any:
    """Compare in a chain, or each element of an array; NaN compares with nothing."""
    elements = not isinstance(node.ops[0], ast.In | ast.NotIn)
    if elements and len(found) == 2 and sum(isinstance(x, list) for x in found) == 1:
        found = [np.asarray(x) if isinstance(x, list) else x for x in found]
    if not any(isinstance(x, np.ndarray) for x in found):
        for value in found:
            if isinstance(value, float | np.floating) and np.isnan(value):
                raise MissingValueError(f"{ast.unparse(node)[:SHOWN]} (not a number)")
        pairs = zip(node.ops, found, found[1:], strict=False)
        return all(bool(COMPARISONS[type(op)](a, b)) for op, a, b in pairs)
    if len(node.ops) > 1 or isinstance(node.ops[0], ast.In | ast.NotIn):
        raise TypeError("arrays are compared two by two")
    left, right = (np.asarray(value) for value in found)
    known = np.logical_not(_unknown(left) | _unknown(right))  # or a NaN would differ from all
    return COMPARISONS[type(node.ops[0])](left, right) & known


def _unknown(array: np.ndarray) -> np.ndarray:
    return np.asarray(np.isnan(array) if array.dtype.kind == "f" else False)


def _entry(found: Any, name: str, node: ast.AST) -> Any:
    """Take an entry of a table, or of each table of a list."""
    if isinstance(found, Mapping) and name in found:
        return found[name]
    if isinstance(found, list):
        return [_entry(one, name, node) for one in found]
    raise MissingValueError(ast.unparse(node))


def _part(found: Any, place: Any, node: ast.AST) -> Any:
    """Take an entry by its key, an element by its number, or those that a mask chooses."""
    if isinstance(place, str):
        return _entry(found, place, node)
    try:
        if isinstance(found, list) and isinstance(place, np.ndarray):
            return np.asarray(found)[place]
        return found[place]
    except (IndexError, KeyError) as error:
        raise MissingValueError(ast.unparse(node)) from error


def _called(name: str, given: Any, node: ast.AST) -> Any:
    """Call a function, of a table on its values; a summary of nothing has no value."""
    if isinstance(given, Mapping):
        given = list(given.values())
    if name != "len" and np.size(given) == 0:
        raise MissingValueError(f"{ast.unparse(node)} (of nothing)")
    return FUNCTIONS[name](_mask(given, node) if name in OF_MASKS else given)


def _number(value: Any, node: ast.AST) -> Any:
    array = np.asarray(value, dtype=float) if isinstance(value, list) else value
    if isinstance(array, str | bytes) or not np.issubdtype(np.asarray(array).dtype, np.number):
        raise MissingValueError(f"{ast.unparse(node)} (no number)")
    return array


def _mask(value: Any, node: ast.AST) -> np.ndarray:
    array = np.asarray(value)
    if array.dtype != bool:
        raise MissingValueError(f"{ast.unparse(node)} (neither yes nor no)")
    return array


def _truth(value: Any, text: str) -> bool:
    if not isinstance(value, bool | np.bool_):
        raise MissingValueError(f"{text[:SHOWN]} (neither yes nor no)")
    return bool(value)
