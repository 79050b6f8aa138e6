"""Programmes as OR-Tools code: a strict subset of Python that is interpreted, never executed.

Each statement is one line: `x = {k: solver.NumVar(...) for ...}`, `[for ...:] solver.Add(a <= b)`,
or `solver.Minimize(...)`. Only names of the data and of earlier lines are known, so that a
programme means the same here as in Python with OR-Tools. What Python would read in another way is
refused: a name of Python's own that is bound again, a loop variable that is known before or used
after its loop, and variables in conditions or in names.
"""

import ast
import builtins
import operator
from collections.abc import Callable, Iterator, Mapping
from typing import Any, ClassVar

from ingenium.core.errors import InputError
from ingenium.domains.words.programme.linear import INF, LinearProgramme, LinearSum, Row

STEPS, VARIABLES, ROWS = 400_000, 4_000, 8_000  # of one programme
RESERVED = {*dir(builtins), "solver", "pywraplp", "inf"}  # whose meaning a programme relies on
SIGNS = {ast.LtE: "<=", ast.GtE: ">=", ast.Eq: "=="}
WHAT = "a programme of lines such as `solver.Add(sum(x[i] for i in stock) <= 4)`"


class LineError(Exception):
    """Error of a line that breaks the rules of programmes."""


def programme(text: str, data: Mapping[str, Any]) -> LinearProgramme:
    """Interpret code for given data.

    Raises:
        InputError: for invalid code, naming the line.
    """
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise InputError(WHAT, f"no Python ({error})", "Write a statement a line.") from None
    run = _Interpreter(data)
    for statement in tree.body:
        try:
            run.statement(statement)
        except (
            LineError,
            TypeError,
            KeyError,
            IndexError,
            ValueError,
            ArithmeticError,
            RecursionError,
            AttributeError,
        ) as error:
            line = ast.get_source_segment(text, statement) or ""
            said = f"{type(error).__name__.lower()}: {error} in `{line[:120]}`"
            raise InputError(WHAT, said, "See the lines that propose writes.") from None
    if run.made.goal is None:
        raise InputError(WHAT, "no solver.Minimize or solver.Maximize", "Write one.")
    return run.made


class _Interpreter:
    """Interpreter of one programme."""

    binary: ClassVar[Mapping[type[ast.operator], Callable[[Any, Any], Any]]] = {
        ast.Add: operator.add,
        ast.Sub: operator.sub,
        ast.Mult: operator.mul,
        ast.Mod: operator.mod,
        ast.Div: operator.truediv,
    }
    compared: ClassVar[Mapping[type[ast.cmpop], Callable[[Any, Any], Any]]] = {
        ast.Eq: operator.eq,
        ast.NotEq: operator.ne,
        ast.Lt: operator.lt,
        ast.LtE: operator.le,
        ast.Gt: operator.gt,
        ast.GtE: operator.ge,
        ast.In: lambda a, b: a in b,
        ast.NotIn: lambda a, b: a not in b,
    }

    def __init__(self, data: Mapping[str, Any]) -> None:
        self.names: dict[str, Any] = {**data, "inf": INF}
        self.own: set[str] = set()
        self.made = LinearProgramme()
        self.steps = 0

    def statement(self, node: ast.stmt) -> None:
        """Execute one line."""
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.DictComp | ast.Call):
            (target,) = node.targets
            if not isinstance(target, ast.Name) or target.id in self.names.keys() | RESERVED:
                raise LineError("a new name left of =")
            self.names[target.id] = self.value(node.value, self.names)
        elif isinstance(node, ast.For) and len(node.body) == 1 and not node.orelse:
            listed = self.value(node.iter, self.names)
            if not isinstance(node.body[0], ast.Expr):
                raise LineError("solver.Add after for")
            if known := {n.id for n in ast.walk(node.target) if isinstance(n, ast.Name)} & {
                *self.names
            }:  # in Python it would keep its last value
                raise LineError(f"a new name after for, not {min(known)}")
            for item in list(listed):
                self.act(node.body[0].value, self._bound(node.target, item, self.names))
        elif isinstance(node, ast.Expr):
            self.act(node.value, self.names)
        else:
            raise LineError("an assignment, a for in one line, or a call of solver")

    def act(self, node: ast.expr, names: Mapping[str, Any]) -> None:
        """Interpret `solver.Add`, `Minimize` or `Maximize`."""
        match node:
            case ast.Call(ast.Attribute(ast.Name("solver"), name), [one], []):
                pass
            case _:
                raise LineError("a call of solver with one argument")
        if name == "Add":
            match one:
                case ast.Compare(left, [sign], [right]) if type(sign) in SIGNS:
                    ends = self.value(left, names), self.value(right, names)
                    self.made.rows.append(Row.of(ends[0], SIGNS[type(sign)], ends[1]))
                case _:
                    raise LineError("one of <=, >= and == in solver.Add")
            if len(self.made.rows) > ROWS:
                raise LineError(f"at most {ROWS} constraints")
        elif name in ("Minimize", "Maximize") and self.made.goal is None:
            self.made.goal = LinearSum({}) + self.value(one, names)
            self.made.most = name == "Maximize"
        else:
            raise LineError("solver.Add, and one solver.Minimize or solver.Maximize")

    def value(self, node: ast.expr, names: Mapping[str, Any]) -> Any:
        """Evaluate an expression."""
        self.steps += 1
        if self.steps > STEPS:
            raise LineError(f"at most {STEPS} steps")
        match node:
            case ast.Constant(value) if isinstance(value, str | int | float):
                return value
            case ast.Name(name):
                if name not in names:
                    raise LineError(f"unknown name {name}")
                return names[name]
            case ast.Tuple(items):
                return tuple(self.value(i, names) for i in items)
            case ast.Subscript(held, key):
                return self.value(held, names)[self.value(key, names)]
            case ast.UnaryOp(ast.USub(), one):
                return -self.value(one, names)
            case ast.BinOp(left, op, right) if type(op) in self.binary:
                return self._reckoned(op, self.value(left, names), self.value(right, names))
            case ast.BoolOp(op, items):
                return self._chosen(isinstance(op, ast.Or), items, names)
            case ast.Compare(left, [sign], [right]):
                ends = self.value(left, names), self.value(right, names)
                if any(map(_has_variables, ends)):
                    raise LineError("variables are compared in solver.Add alone")
                return self.compared[type(sign)](*ends)
            case ast.JoinedStr(parts):
                return "".join(self._piece(p, names) for p in parts)
            case ast.GeneratorExp(one, loops):  # read once, without a length
                return iter([self.value(one, inner) for inner in self._loops(loops, names)])
            case ast.ListComp(one, loops):
                return [self.value(one, inner) for inner in self._loops(loops, names)]
            case ast.DictComp(key, one, loops):
                return {
                    self._key(key, inner): self.value(one, inner)
                    for inner in self._loops(loops, names)
                }
            case ast.Call(called, args, []):
                return self._call(called, [self.value(a, names) for a in args])
        raise LineError(f"no {type(node).__name__}")

    def _chosen(self, either: bool, items: list[ast.expr], names: Mapping[str, Any]) -> Any:
        """Evaluate `and` or `or` as Python does: to the first value that decides, or the last."""
        for item in items:
            found = self.value(item, names)
            if self._holds(found) is either:
                return found
        return found

    def _holds(self, value: Any) -> bool:
        if _has_variables(value):
            raise LineError("variables decide nothing; write conditions on the data")
        return bool(value)

    def _key(self, node: ast.expr, names: Mapping[str, Any]) -> Any:
        key = self.value(node, names)
        if _has_variables(key):
            raise LineError("keys from the data")
        return key

    def _reckoned(self, op: ast.operator, left: Any, right: Any) -> Any:
        if any(isinstance(x, str | tuple | list) for x in (left, right)):
            raise LineError("numbers around + - * / %")
        return self.binary[type(op)](left, right)

    def _call(self, called: ast.expr, args: list[Any]) -> Any:
        match called, args:
            case ast.Name("sum"), [listed]:
                total: Any = 0
                for item in listed:
                    total = total + item
                return total
            case ast.Name("len"), [listed]:
                return len(listed)
            case ast.Name("range"), [*ends] if (
                0 < len(ends) < 3 and max(map(abs, ends)) < VARIABLES
            ):
                return range(*ends)
            case ast.Attribute(ast.Name("solver"), "NumVar" | "IntVar" as kind), [low, high, name]:
                return self._variable((low, high), name, kind == "IntVar")
            case ast.Attribute(ast.Name("solver"), "BoolVar"), [name]:
                return self._variable((0, 1), name, True)
        raise LineError("a call of sum, len, range or a variable of solver")

    def _variable(self, ends: tuple[Any, Any], name: Any, whole: bool) -> LinearSum:
        if not isinstance(name, str) or name in self.own or not name:
            raise LineError("a new name for each variable")
        if len(self.own) >= VARIABLES:
            raise LineError(f"at most {VARIABLES} variables")
        self.own.add(name)
        low, high = map(float, ends)
        return self.made.variable(low, high, name, whole=whole)

    def _piece(self, node: ast.expr, names: Mapping[str, Any]) -> str:
        match node:
            case ast.FormattedValue(one, -1, None):
                return str(self._key(one, names))
            case ast.Constant(str() as text):
                return text
        raise LineError("plain names in f-strings")

    def _loops(
        self, loops: list[ast.comprehension], names: Mapping[str, Any]
    ) -> Iterator[Mapping[str, Any]]:
        """Yield the names within a comprehension, once for each of its items."""
        if not loops:
            yield names
            return
        first, *rest = loops
        for item in list(self.value(first.iter, names)):
            inner = self._bound(first.target, item, names)
            if all(self._holds(self.value(test, inner)) for test in first.ifs):
                yield from self._loops(rest, inner)

    def _bound(self, target: ast.expr, item: Any, names: Mapping[str, Any]) -> Mapping[str, Any]:
        match target:
            case ast.Name(name) if name not in RESERVED:
                return {**names, name: item}
            case ast.Tuple(parts):
                if not isinstance(item, tuple) or len(item) != len(parts):
                    raise LineError("as many names as a key has parts")
                for part, one in zip(parts, item, strict=True):
                    names = self._bound(part, one, names)
                return names
        raise LineError("names after for")


def _has_variables(value: Any) -> bool:
    if isinstance(value, tuple | list | dict):
        return any(map(_has_variables, value.values() if isinstance(value, dict) else value))
    return isinstance(value, LinearSum)
