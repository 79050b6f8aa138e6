"""All first-order mutants of a module in one syntax tree, each behind a switch.

The switch is a number among the builtins: 0 is the unchanged module, and `i` its mutant `i`. So a
module is compiled once, and a forked process sets the number. `plain` returns one mutant as a
separate source, without a switch, for the independent cross-check.

Source: operators as in Offutt et al., ACM TOSEM 5(2), 1996; schemata: Untch et al., ISSTA 1993.
"""

import ast
import copy
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

SWITCH = "_mutant_of_the_module_"
_S = TypeVar("_S", bound=ast.stmt)
_BINARY: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Div,
    ast.Mod: ast.Div,
    ast.Pow: ast.Mult,
    ast.LShift: ast.RShift,
    ast.RShift: ast.LShift,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
    ast.BitXor: ast.BitAnd,
}
_COMPARED: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}
_SAID_ONLY = ("__all__", "__slots__", "__version__", "__author__", "__match_args__")


@dataclass(frozen=True)
class Mutant:
    """One change of a module."""

    number: int
    line: int
    kind: str
    before: str
    after: str
    static: bool  # outside of functions: the module has to be executed again


class Mutation(ast.NodeTransformer):
    """Transformer that puts every mutant behind the switch, or a single one in place."""

    def __init__(self, only: int | None = None) -> None:
        self.only = only
        self.found: list[Mutant] = []
        self._depth = 0

    def _number(self, node: ast.AST, kind: str, before: ast.AST, after: ast.AST | None) -> int:
        number = len(self.found) + 1
        line = getattr(node, "lineno", 0)
        said = "pass" if after is None else ast.unparse(after)
        mutant = Mutant(number, line, kind, ast.unparse(before), said, not self._depth)
        self.found.append(mutant)
        return number

    def _choose(
        self, node: ast.expr, kind: str, others: Iterable[ast.expr], inner: ast.expr | None = None
    ) -> ast.expr:
        """Return the expression with its mutants; `inner` already has those of its parts."""
        result = inner if inner is not None else node
        original = copy.deepcopy(node) if inner is None else node
        for other in others:
            for part in ast.walk(other):
                ast.copy_location(part, node)
            number = self._number(node, kind, original, other)
            if self.only is None:
                result = ast.copy_location(ast.IfExp(_is(number), other, result), node)
            elif self.only == number:
                result = other
        return result

    def _visited(self, node: ast.expr) -> tuple[ast.expr, ast.expr]:
        """Return a node unchanged, and with the mutants of its parts."""
        before = copy.deepcopy(node)
        return before, self.generic_visit(node)  # type: ignore[return-value]

    def visit_Constant(self, node: ast.Constant) -> ast.expr:
        value = node.value
        if isinstance(value, bool):
            return self._choose(node, "truth", [ast.Constant(not value)])
        if isinstance(value, int | float):
            return self._choose(node, "number", [ast.Constant(value + 1)])
        if isinstance(value, str | bytes):
            more: str | bytes = (
                b"XX" + value + b"XX" if isinstance(value, bytes) else f"XX{value}XX"
            )
            return self._choose(node, "text", [ast.Constant(more)])
        return node

    def visit_BinOp(self, node: ast.BinOp) -> ast.expr:
        before, inner = self._visited(node)
        other = copy.deepcopy(before)
        assert isinstance(other, ast.BinOp)
        other.op = _BINARY.get(type(node.op), ast.Add)()
        return self._choose(before, "arithmetic", [other], inner)

    def visit_Compare(self, node: ast.Compare) -> ast.expr:
        before, inner = self._visited(node)
        others = []
        for i, op in enumerate(node.ops):
            other = copy.deepcopy(before)
            assert isinstance(other, ast.Compare)
            other.ops[i] = _COMPARED[type(op)]()
            others.append(other)
        return self._choose(before, "comparison", others, inner)

    def visit_BoolOp(self, node: ast.BoolOp) -> ast.expr:
        before, inner = self._visited(node)
        other = copy.deepcopy(before)
        assert isinstance(other, ast.BoolOp)
        other.op = ast.Or() if isinstance(node.op, ast.And) else ast.And()
        return self._choose(before, "logic", [other], inner)

    def visit_UnaryOp(self, node: ast.UnaryOp) -> ast.expr:
        before, inner = self._visited(node)
        assert isinstance(before, ast.UnaryOp)
        bare = isinstance(node.op, ast.Not | ast.USub | ast.Invert)
        return self._choose(before, "sign", [copy.deepcopy(before.operand)] if bare else [], inner)

    def visit_Call(self, node: ast.Call) -> ast.expr:
        before, inner = self._visited(node)
        assert isinstance(before, ast.Call)
        others = []
        for i, argument in enumerate(before.args):
            if not isinstance(argument, ast.Constant | ast.Starred):
                other = copy.deepcopy(before)
                other.args[i] = ast.Constant(None)
                others.append(other)
        return self._choose(before, "argument", others, inner)

    def visit_Lambda(self, node: ast.Lambda) -> ast.expr:
        self._depth += 1
        node.body = self.visit(node.body)
        self._depth -= 1
        return node

    def visit_JoinedStr(self, node: ast.JoinedStr) -> ast.expr:
        for value in node.values:
            if isinstance(value, ast.FormattedValue):
                value.value = self.visit(value.value)
        return node

    def visit_IfExp(self, node: ast.IfExp) -> ast.expr:
        node.test = self._condition(node.test)
        node.body, node.orelse = self.visit(node.body), self.visit(node.orelse)
        return node

    def _condition(self, test: ast.expr) -> ast.expr:
        """Mutate a condition; negate one that no other operator negates."""
        before = copy.deepcopy(test)
        inner = self.visit(test)
        if isinstance(before, ast.Compare | ast.UnaryOp | ast.Constant):
            return inner  # type: ignore[no-any-return]
        other = ast.UnaryOp(ast.Not(), copy.deepcopy(before))
        return self._choose(before, "condition", [other], inner)

    def visit_If(self, node: ast.If) -> ast.stmt:
        if not self._depth and _is_main(node.test):
            return node
        node.test = self._condition(node.test)
        node.body, node.orelse = self._block(node.body), self._block(node.orelse)
        return node

    def visit_While(self, node: ast.While) -> ast.stmt:
        node.test = self._condition(node.test)
        node.body, node.orelse = self._block(node.body), self._block(node.orelse)
        return node

    def visit_Return(self, node: ast.Return) -> ast.stmt:
        if node.value is None:
            return node
        before = copy.deepcopy(node.value)
        inner = self.visit(node.value)
        nothing = isinstance(before, ast.Constant) and before.value is None
        others = [] if nothing else [ast.Constant(None)]
        node.value = self._choose(before, "value returned", others, inner)
        return node

    def visit_Assign(self, node: ast.Assign) -> ast.stmt:
        if any(isinstance(t, ast.Name) and t.id in _SAID_ONLY for t in node.targets):
            return node
        before = copy.deepcopy(node.value)
        inner = self.visit(node.value)
        simple = len(node.targets) == 1 and isinstance(node.targets[0], ast.Name | ast.Attribute)
        nothing = isinstance(before, ast.Constant)
        others = [ast.Constant(None)] if simple and not nothing else []
        node.value = self._choose(before, "value assigned", others, inner)
        node.targets = [self._target(t) for t in node.targets]
        return node

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.stmt:
        if node.value is not None:
            node.value = self.visit(node.value)
        return node

    def _target(self, target: ast.expr) -> ast.expr:
        """Mutate an assignment target: only an index may change."""
        if isinstance(target, ast.Subscript):
            target.slice = self.visit(target.slice)
        return target

    def visit_AugAssign(self, node: ast.AugAssign) -> ast.stmt:
        before = copy.deepcopy(node)
        node.value = self.visit(node.value)
        other = copy.deepcopy(before)
        other.op = _BINARY.get(type(node.op), ast.Add)()
        return self._statement(before, "arithmetic", other, node)

    def visit_Expr(self, node: ast.Expr) -> ast.stmt:
        if isinstance(node.value, ast.Constant):
            return node  # a docstring
        before = copy.deepcopy(node)
        node.value = self.visit(node.value)
        if not isinstance(before.value, ast.Call):
            return node
        return self._statement(before, "statement left out", None, node)

    def visit_Break(self, node: ast.Break) -> ast.stmt:
        return self._statement(node, "loop", ast.Continue(), node)

    def visit_Continue(self, node: ast.Continue) -> ast.stmt:
        return self._statement(node, "loop", ast.Break(), node)

    def _statement(
        self, before: ast.stmt, kind: str, other: ast.stmt | None, inner: ast.stmt
    ) -> ast.stmt:
        """Return a statement with the mutant that replaces or deletes it."""
        number = self._number(before, kind, before, other)
        changed = other or ast.Pass()
        for part in ast.walk(changed):
            ast.copy_location(part, before)
        if self.only is None:
            return ast.copy_location(ast.If(_is(number), [changed], [inner]), before)
        return changed if self.only == number else inner

    def _block(self, body: Sequence[ast.stmt]) -> list[ast.stmt]:
        return [self.visit(s) for s in body]

    def _function(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> ast.stmt:
        arguments = node.args
        arguments.defaults = [self.visit(d) for d in arguments.defaults]
        arguments.kw_defaults = [d and self.visit(d) for d in arguments.kw_defaults]
        self._depth += 1
        node.body = self._block(node.body)
        self._depth -= 1
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.stmt:
        return self._function(node)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> ast.stmt:
        return self._function(node)

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.stmt:
        node.body = self._block(node.body)
        return node

    def visit_match_case(self, node: ast.match_case) -> ast.match_case:
        if node.guard is not None:
            node.guard = self.visit(node.guard)
        node.body = self._block(node.body)
        return node

    def _same(self, node: _S) -> _S:
        return node

    visit_Import = visit_ImportFrom = visit_Global = _same  # noqa: N815 - names of ast
    visit_Nonlocal = visit_Delete = visit_Assert = _same  # noqa: N815 - names of ast


def switched(source: str) -> tuple[ast.Module, list[Mutant]]:
    """Return the tree of a module with all its mutants behind the switch, and their list.

    Raises:
        SyntaxError: for a source that is not Python.
    """
    mutation = Mutation()
    tree = mutation.visit(ast.parse(source))
    return ast.fix_missing_locations(tree), mutation.found


def plain(source: str, number: int) -> str:
    """Return the source of one mutant, without a switch."""
    tree = Mutation(only=number).visit(ast.parse(source))
    return ast.unparse(ast.fix_missing_locations(tree))


def _is(number: int) -> ast.Compare:
    return ast.Compare(ast.Name(SWITCH, ast.Load()), [ast.Eq()], [ast.Constant(number)])


def _is_main(test: ast.expr) -> bool:
    """Check if a block runs only in a script or for type checkers."""
    text = ast.unparse(test)
    return "__main__" in text or text.endswith("TYPE_CHECKING")
