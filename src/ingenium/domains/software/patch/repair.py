"""Repairs: edits of one expression or statement, at suspicious lines first.

Source: suspicion as in Ochiai (Abreu et al., PRDC 2006); ingredients from the same program as in
GenProg (Le Goues et al., IEEE TSE 38(1), 2012) and expressions as in Martinez et al., 2014.
"""

import ast
import copy
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from ingenium.domains.software import bench
from ingenium.domains.software.enclosed.mutants import Mutant, plain, switched
from ingenium.domains.software.patch.bug import Bug, lines_of, passed

_BATCH = 200
_TRIED_S = 0.05  # CPU time of an edit on a case
_OPERATORS: tuple[type[ast.cmpop], ...] = (ast.Lt, ast.LtE, ast.Gt, ast.GtE, ast.Eq, ast.NotEq)
_BARE = (ast.Name, ast.Constant, ast.Call, ast.List, ast.Subscript, ast.Attribute, ast.Dict)
_PAIRS = (("any", "all"), ("min", "max"), ("sorted", "list"), ("append", "extend"))
_TWINS = {a: b for one, two in _PAIRS for a, b in ((one, two), (two, one))}
_SMALL = 6  # nodes of an expression that is reused elsewhere


@dataclass(frozen=True)
class Suspicion:
    """Suspicion, from 0 to 1, of each line that a failing case runs."""

    lines: Mapping[int, float]

    def rank(self, line: int) -> float:
        """Return the mean rank of a line among all, 1 for the most suspicious."""
        own = self.lines.get(line, 0.0)
        above = sum(s > own for s in self.lines.values())
        equal = sum(s == own for s in self.lines.values())
        return above + (equal + 1) / 2 if line in self.lines else math.inf


def suspicion(bug: Bug) -> Suspicion:
    """Compute Ochiai's coefficient of each line from the visible cases."""
    job = {"function": bug.function, "source": bug.source}
    (rows,) = bench.run(
        "calls.lines", {**job, "arguments": [list(c.arguments) for c in bug.visible]}
    )
    failing = bug.right.count(False)
    found = {}
    for line in sorted({n for row in rows for n in row}):
        bad = sum(line in row and not ok for row, ok in zip(rows, bug.right, strict=True))
        good = sum(line in row and ok for row, ok in zip(rows, bug.right, strict=True))
        found[line] = bad / math.sqrt(failing * (bad + good)) if bad else 0.0
    return Suspicion(found)


def edits(bug: Bug, found: Suspicion, most: int) -> list[str]:
    """Return sources with one edit each, the most suspicious lines first."""
    listed: list[tuple[float, int, str]] = []
    for number, mutant in enumerate(switched(bug.source)[1], 1):
        if found.lines.get(mutant.line, 0.0) > 0:
            changed = _in_line(bug.source, mutant) or plain(bug.source, number)
            listed.append((-found.lines[mutant.line], len(listed), changed))
    for line, source in _expressions(bug.source):
        if found.lines.get(line, 0.0) > 0:
            listed.append((-found.lines[line], len(listed), source))
    unique = {_normal(bug.source): ""}
    for _, _, source in sorted(listed):
        normal = _normal(source)
        if normal:
            unique.setdefault(normal, source)
    return [s for s in unique.values() if s][:most]


def repairs(bug: Bug, candidates: Sequence[str]) -> list[str]:
    """Return candidates that are correct on every visible case; failing cases run first."""
    order = sorted(range(len(bug.visible)), key=lambda i: bug.right[i])
    left = list(candidates)
    for i in order:
        case, still = bug.visible[i], list[str]()
        for start in range(0, len(left), _BATCH):
            part = left[start : start + _BATCH]
            rows = passed(bug.function, part, [case], cpu_s=_TRIED_S)
            still += [s for s, (ok,) in zip(part, rows, strict=True) if ok]
        left = still
    return left


def _normal(source: str) -> str:
    """Return a source without its layout; empty if it is not Python."""
    try:
        return ast.unparse(ast.parse(source))
    except SyntaxError:
        return ""


def _in_line(source: str, mutant: Mutant) -> str | None:
    """Return the source with the mutant in its line; all other lines keep their layout."""
    rows = lines_of(source)
    line = rows[mutant.line - 1]
    if line.count(mutant.before) != 1:
        return None
    rows[mutant.line - 1] = line.replace(mutant.before, mutant.after)
    changed = "\n".join(rows) + "\n"
    same = _normal(changed) == _normal(plain(source, mutant.number))
    return changed if same else None


def _expressions(source: str) -> Iterator[tuple[int, str]]:
    """Yield sources with an expression replaced by another of its function, or changed a little."""
    tree = ast.parse(source)
    for function in (n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef)):
        inside = [n for n in ast.walk(function) if isinstance(n, ast.expr) and _read(n)]
        texts = dict.fromkeys(ast.unparse(n) for n in inside if _size(n) <= _SMALL)
        texts |= dict.fromkeys((function.name, "0", "1", "True", "False", "[]", "[[]]"))
        for node in inside:
            own = ast.unparse(node)
            for text in (*_near(node, own), *texts):
                if text != own:
                    yield node.lineno, _with(source, tree, node, text)


def _read(node: ast.expr) -> bool:
    return isinstance(getattr(node, "ctx", ast.Load()), ast.Load) and not isinstance(
        node, ast.Slice | ast.Starred
    )


def _size(node: ast.AST) -> int:
    return sum(isinstance(n, ast.expr) for n in ast.walk(node))


def _near(node: ast.expr, own: str) -> Iterator[str]:
    """Yield variants: one more or less, other comparisons, arguments in another order."""
    yield f"({own}) + 1"
    yield f"({own}) - 1"
    yield f"not ({own})"
    if own in _TWINS:
        yield _TWINS[own]
    if isinstance(node, ast.Compare) and len(node.ops) == 1:
        for op in _OPERATORS:
            other = copy.deepcopy(node)
            other.ops = [op()]
            yield ast.unparse(other)
    if isinstance(node, ast.Call) and len(node.args) > 1:
        other_call = copy.deepcopy(node)
        other_call.args = [*node.args[1:], node.args[0]]
        yield ast.unparse(other_call)
    if isinstance(node, ast.BinOp):
        yield f"({ast.unparse(node.right)}) - ({ast.unparse(node.left)})"


def _with(source: str, tree: ast.Module, node: ast.expr, text: str) -> str:
    """Return the program with a text in place of one expression, within its line if it has one."""
    if node.lineno == node.end_lineno and source.isascii():
        rows = lines_of(source)
        line = rows[node.lineno - 1]
        whole = isinstance(ast.parse(text, mode="eval").body, _BARE)
        said = text if whole else f"({text})"
        rows[node.lineno - 1] = line[: node.col_offset] + said + line[node.end_col_offset :]
        return "\n".join(rows) + "\n"
    place = node.lineno, node.col_offset, node.end_col_offset, type(node)

    class Replaced(ast.NodeTransformer):
        def visit(self, found: ast.AST) -> ast.AST:
            here = tuple(
                getattr(found, k, None) for k in ("lineno", "col_offset", "end_col_offset")
            )
            if (*here, type(found)) == place:
                return ast.parse(text, mode="eval").body
            return self.generic_visit(found)

    return ast.unparse(ast.fix_missing_locations(Replaced().visit(copy.deepcopy(tree))))
