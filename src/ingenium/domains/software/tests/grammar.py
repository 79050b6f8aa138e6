"""Grammar of test files: calls of one module on literals, with assertions.

A suite is never run before it was parsed here. It can name the module, what the module itself
declares, its own variables and a few built-ins, so that it cannot reach the interpreter, the
switch of the mutants, files or other modules.
"""

import ast
import builtins
import io
import re
import tokenize
from collections.abc import Sequence
from dataclasses import dataclass

from ingenium.core.errors import InputError

LABELS = ("Observed.", "Specified.", "Metamorphic.")
MOST_TESTS, MOST_FILE = 200, 60_000  # characters
BUILTINS = {
    *("repr", "str", "len", "list", "tuple", "set", "frozenset", "dict", "sorted", "type", "int"),
    *("float", "bool", "bytes", "bytearray", "complex", "range", "abs", "sum", "min", "max"),
    *("hash", "round", "reversed", "enumerate", "zip"),
} | {n for n, v in vars(builtins).items() if isinstance(v, type) and issubclass(v, Exception)}
_ALONGSIDE = {"itertools": ("islice",), "math": ("isclose", "isnan", "inf", "nan", "pi")}
_RAISES = "pytest.raises"
_PLAIN = (
    ast.Call,
    ast.Constant,
    ast.List,
    ast.Tuple,
    ast.Set,
    ast.Dict,
    ast.UnaryOp,
    ast.Compare,
    ast.Slice,
    ast.expr_context,
    ast.operator,
    ast.unaryop,
    ast.cmpop,
    ast.keyword,
    ast.BinOp,
    ast.Subscript,
)
_INSTEAD = "Write tests as propose does: calls of the module on literals, then assert."


@dataclass(frozen=True)
class SuiteTest:
    """A test of a suite: its name, the label of its assertions, and its source."""

    name: str
    label: str
    source: str

    @property
    def assertions(self) -> int:
        """Number of assertions."""
        return sum(isinstance(n, ast.Assert | ast.With) for n in ast.walk(ast.parse(self.source)))


def head(module: str) -> str:
    """Return the first lines of a test file for a module."""
    return (
        f'"""Tests of {module}; each says whether its values were observed or specified."""\n\n'
        f"import itertools\nimport math\n\nimport pytest\n\nimport {module}\n\n\n"
    )


def read_suite(text: str, module: str, public: Sequence[str]) -> tuple[SuiteTest, ...]:
    """Parse the tests of a suite, without the head of its file, in their normal form.

    Raises:
        InputError: for anything else, with its line.
    """
    what = f"a test file of {module} as propose writes it"
    if len(text) > MOST_FILE:
        raise InputError(f"{what}, of at most {MOST_FILE:,} characters", f"{len(text):,}")
    try:
        tree = ast.parse(text)
        _check_numbers(text, what)
        reader = _SuiteReader(module, frozenset(public))
        tests = tuple(reader.test(node) for node in tree.body)
    except SyntaxError as error:
        raise InputError(what, f"line {error.lineno}: {error.msg}", _INSTEAD) from None
    except (RecursionError, MemoryError, ValueError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(what, f"a text that is nested too deeply ({error})", _INSTEAD) from None
    names = [t.name for t in tests]
    if not tests or len(tests) > MOST_TESTS or len(set(names)) < len(names):
        raise InputError(
            f"{what}: 1 to {MOST_TESTS} tests of different names", f"{len(tests)}", _INSTEAD
        )
    return tests


def _check_numbers(text: str, what: str) -> None:
    """Refuse numbers in a spelling that other readers of a file do not take.

    Raises:
        InputError: naming the first.
    """
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.NUMBER and "_" in token.string:
            raise InputError(what, f"line {token.start[0]}: {token.string}", "Leave out the _.")


class _SuiteReader:
    """Checker that refuses everything outside the grammar."""

    def __init__(self, module: str, public: frozenset[str]) -> None:
        self.module, self.public = module, public
        self.local: set[str] = set()

    def refuse(self, node: ast.AST, why: str) -> InputError:
        shown = ast.unparse(node)
        shown = shown if len(shown) < 80 else shown[:77] + "..."
        line = getattr(node, "lineno", "?")
        came = f"line {line}: {shown} ({why})"
        return InputError(f"a test of {self.module} on literals", came, _INSTEAD)

    def test(self, node: ast.stmt) -> SuiteTest:
        """Check a test."""
        if not isinstance(node, ast.FunctionDef) or not re.fullmatch(r"test_\w+", node.name):
            raise self.refuse(node, "only functions test_... may stand here")
        if ast.unparse(node.args) or node.decorator_list or node.returns:
            raise self.refuse(node, "a test has no arguments and no decorators")
        label = ast.get_docstring(node) or ""
        if label not in LABELS:
            raise self.refuse(node, f"its docstring is one of {', '.join(LABELS)}")
        self.local = set()
        for statement in node.body[1:]:
            self.statement(statement)
        source = ast.unparse(node) + "\n\n\n"
        if not any(isinstance(n, ast.Assert | ast.With) for n in node.body):
            raise self.refuse(node, "a test asserts something")
        return SuiteTest(node.name, label, source)

    def statement(self, node: ast.stmt) -> None:
        """Check a statement."""
        if isinstance(node, ast.Assign):
            (target, *more) = node.targets
            if more or not isinstance(target, ast.Name) or self._reserved(target.id):
                raise self.refuse(node, "one new name is assigned to")
            self.expression(node.value)
            self.local.add(target.id)
        elif isinstance(node, ast.Expr):
            self.expression(node.value)
        elif isinstance(node, ast.Assert) and node.msg is None:
            if isinstance(node.test, ast.Constant):
                raise self.refuse(node, "it asserts nothing")
            self.expression(node.test)
        elif isinstance(node, ast.With) and len(node.items) == 1:
            self._raises(node)
        else:
            raise self.refuse(node, "no such statement")

    def _raises(self, node: ast.With) -> None:
        call, name = node.items[0].context_expr, node.items[0].optional_vars
        right = isinstance(call, ast.Call) and ast.unparse(call.func) == _RAISES
        if not right or len(call.args) != 1 or call.keywords:  # type: ignore[attr-defined]
            raise self.refuse(node, f"with stands before {_RAISES} of one exception")
        self.expression(call.args[0])  # type: ignore[attr-defined]
        for statement in node.body:
            self.statement(statement)
        if name is not None:
            if not isinstance(name, ast.Name) or self._reserved(name.id):
                raise self.refuse(node, "a new name for what was caught")
            self.local.add(name.id)

    def _reserved(self, name: str) -> bool:
        top = self.module.partition(".")[0]
        return name.startswith("_") or name in BUILTINS or name in {top, "pytest", *_ALONGSIDE}

    def expression(self, node: ast.AST) -> None:
        """Check an expression and its parts."""
        if isinstance(node, ast.Name):
            if node.id not in self.local and node.id not in BUILTINS:
                raise self.refuse(node, "an unknown name")
            return
        if isinstance(node, ast.Attribute):
            return self._attribute(node)
        if isinstance(node, ast.Lambda):
            return self._lambda(node)
        if isinstance(node, ast.BinOp):
            self._bounded(node)
        if isinstance(node, ast.keyword) and node.arg is None:
            raise self.refuse(node, "no ** here")
        if not isinstance(node, _PLAIN):
            raise self.refuse(node, "no such expression")
        for part in ast.iter_child_nodes(node):
            self.expression(part)

    def _bounded(self, node: ast.BinOp) -> None:
        """Refuse products, powers and shifts of constants, which can grow without bound."""
        grows = isinstance(node.op, ast.Pow | ast.LShift | ast.Mult)
        if grows and all(isinstance(x, ast.Constant | ast.BinOp) for x in (node.left, node.right)):
            raise self.refuse(node, "no such literal")

    def _attribute(self, node: ast.Attribute) -> None:
        full = ast.unparse(node)
        top, _, rest = full.partition(".")
        if top in _ALONGSIDE and rest in _ALONGSIDE[top]:
            return
        if full.startswith(f"{self.module}."):
            parts = full[len(self.module) + 1 :].split(".")
            private = any(p.startswith("_") for p in parts)
            if parts[0] in self.public and not private and all(p.isidentifier() for p in parts):
                return
        if node.attr == "__name__" and ast.unparse(node.value).startswith("type("):
            return self.expression(node.value)
        if node.attr.startswith("_") or node.attr in ("format", "format_map", "mro"):
            raise self.refuse(node, "a name that tests do not use")
        self.expression(node.value)

    def _lambda(self, node: ast.Lambda) -> None:
        arguments = node.args
        names = [a.arg for a in (*arguments.args, *filter(None, [arguments.vararg]))]
        if arguments.defaults or arguments.kwonlyargs or any(map(self._reserved, names)):
            raise self.refuse(node, "a lambda of plain names")
        before, self.local = self.local, self.local | set(names)
        self.expression(node.body)
        self.local = before
