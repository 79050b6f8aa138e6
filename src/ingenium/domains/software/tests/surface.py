"""The public surface of a module: functions, classes and their methods."""

import ast
import builtins
import doctest
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from ingenium.domains.software.tests.module import Module

KINDS = ("int", "float", "text", "bytes", "bool", "none", "texts", "ints", "dict", "call", "own")
_BY_ANNOTATION = {
    "int": "int",
    "float": "float",
    "str": "text",
    "bytes": "bytes",
    "bool": "bool",
    "None": "none",
    "Callable": "call",
    "Iterable": "ints",
    "Sequence": "ints",
    "list": "ints",
    "tuple": "ints",
    "dict": "dict",
    "Mapping": "dict",
}
_BY_NAME = {
    "int": (
        "n",
        "k",
        "i",
        "j",
        "width",
        "size",
        "count",
        "num",
        "x",
        "y",
        "a",
        "b",
        "index",
        "start",
    ),
    "text": (
        "s",
        "text",
        "string",
        "str",
        "name",
        "pattern",
        "line",
        "path",
        "prefix",
        "sep",
        "url",
    ),
    "call": ("func", "key", "function", "predicate", "f", "fn", "callback"),
    "ints": ("data", "seq", "iterable", "items", "values", "lst", "arr", "array", "nums", "it"),
    "texts": ("lines", "words", "names", "args"),
    "bytes": ("buf", "bytes", "raw"),
    "dict": ("d", "mapping", "kwargs", "options"),
}


@dataclass(frozen=True)
class Parameter:
    """One argument of something that can be called."""

    name: str
    kinds: tuple[str, ...]  # likely ones, from its annotation, default and name
    needed: bool = True
    by_name: bool = False  # by keyword alone
    many: bool = False  # any number of them


@dataclass(frozen=True)
class Entrance:
    """A function, a class or a method, as a test calls it."""

    name: str  # `wrap`, `TextWrapper`, or of a method `TextWrapper.fill`
    parameters: tuple[Parameter, ...]
    first: int  # lines of the source
    last: int
    owner: str = ""  # class of the object that a method belongs to
    form: str = "call"  # or "property", or an operator such as "{} + {}"
    makes: bool = False  # a class, whose call returns an object

    @property
    def own(self) -> str:
        """The last part of its name."""
        return self.name.rpartition(".")[2]


@dataclass(frozen=True)
class Example:
    """An example of a docstring: statements before it, an expression, and its expected output."""

    before: tuple[str, ...]
    expression: str
    wanted: str
    line: int


@dataclass(frozen=True)
class Surface:
    """The public surface of a module, with the literals of its source."""

    entrances: tuple[Entrance, ...]
    public: tuple[str, ...]
    literals: tuple[object, ...] = field(default=(), repr=False)
    examples: tuple[Example, ...] = field(default=(), repr=False)


_OPERATORS = {
    "__len__": "len({})",
    "__repr__": "repr({})",
    "__str__": "str({})",
    "__iter__": "list({})",
    "__add__": "{} + {}",
    "__sub__": "{} - {}",
    "__mul__": "{} * {}",
    "__truediv__": "{} / {}",
    "__floordiv__": "{} // {}",
    "__mod__": "{} % {}",
    "__pow__": "{} ** {}",
    "__radd__": "{1} + {0}",
    "__rsub__": "{1} - {0}",
    "__rmul__": "{1} * {0}",
    "__rtruediv__": "{1} / {0}",
    "__rfloordiv__": "{1} // {0}",
    "__rmod__": "{1} % {0}",
    "__eq__": "{} == {}",
    "__lt__": "{} < {}",
    "__le__": "{} <= {}",
    "__gt__": "{} > {}",
    "__ge__": "{} >= {}",
    "__and__": "{} & {}",
    "__or__": "{} | {}",
    "__xor__": "{} ^ {}",
    "__contains__": "{1} in {0}",
    "__getitem__": "{}[{}]",
    "__neg__": "-{}",
    "__abs__": "abs({})",
    "__bool__": "bool({})",
    "__int__": "int({})",
    "__float__": "float({})",
    "__hash__": "hash({})",
    "__round__": "round({})",
}


def surface(module: Module) -> Surface:
    """Return what the source declares, without running it."""
    public = _public(module.tree)
    entrances: list[Entrance] = []
    for node in _declared(module.tree.body):
        if node.name not in public:
            continue
        if isinstance(node, ast.ClassDef):
            entrances += _of_class(node)
        else:
            entrances.append(_entrance(node.name, node, node.args.args))
    literals = tuple(dict.fromkeys(_literals(module.tree)))
    return Surface(tuple(entrances), public, literals, tuple(_examples(module, public)))


def _declared(
    body: list[ast.stmt],
) -> Iterator[ast.FunctionDef | ast.ClassDef]:
    """Functions and classes of a module, also those below a condition."""
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield node
        elif isinstance(node, ast.If | ast.Try):
            yield from _declared(node.body)


def _public(tree: ast.Module) -> tuple[str, ...]:
    """Names that the module itself defines, without imported ones."""
    names: list[str] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and node in tree.body:
            names += [t.id for t in node.targets if isinstance(t, ast.Name)]
    names += [n.name for n in _declared(tree.body)]
    return tuple(dict.fromkeys(n for n in names if not n.startswith("_")))


def _of_class(node: ast.ClassDef) -> list[Entrance]:
    """Return the class as a constructor, and its methods."""
    methods = [m for m in node.body if isinstance(m, ast.FunctionDef)]
    made = [m for m in methods if m.name in ("__init__", "__new__")]
    start = made[0] if made else None
    arguments = start.args.args[1:] if start else _fields(node)
    found = [replace(_entrance(node.name, start or node, arguments), makes=True)]
    for m in methods:
        marks = {ast.unparse(d) for d in m.decorator_list}
        form = "property" if marks & {"property", "functools.cached_property"} else "call"
        if m.name in _OPERATORS:
            form = _OPERATORS[m.name]
        elif m.name.startswith("_") or any(x.endswith((".setter", ".deleter")) for x in marks):
            continue
        bound = "staticmethod" not in marks
        own = m.args.args[1:] if bound else m.args.args
        owner = "" if marks & {"staticmethod", "classmethod"} else node.name
        found.append(_entrance(f"{node.name}.{m.name}", m, own, owner, form))
    return found


def _fields(node: ast.ClassDef) -> list[ast.arg]:
    """Fields of a dataclass, as its arguments."""
    if not any("dataclass" in ast.unparse(d) for d in node.decorator_list):
        return []
    return [
        ast.arg(f.target.id, f.annotation)
        for f in node.body
        if isinstance(f, ast.AnnAssign) and isinstance(f.target, ast.Name)
    ]


def _entrance(
    name: str,
    node: ast.FunctionDef | ast.ClassDef,
    arguments: list[ast.arg],
    owner: str = "",
    form: str = "call",
) -> Entrance:
    parameters: list[Parameter] = []
    if isinstance(node, ast.FunctionDef):
        defaults = node.args.defaults
        free = len(arguments) - len(defaults)
        for i, a in enumerate(arguments):
            default = defaults[i - free] if i >= free >= 0 else None
            parameters.append(Parameter(a.arg, _kinds(a, default), default is None))
        if node.args.vararg is not None:
            kinds = _kinds(node.args.vararg, None)
            parameters.append(Parameter(node.args.vararg.arg, kinds, needed=False, many=True))
        for a, default in zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True):
            parameters.append(Parameter(a.arg, _kinds(a, default), default is None, by_name=True))
    else:
        parameters = [Parameter(a.arg, _kinds(a, None)) for a in arguments]
    parameters = [p for p in parameters if not p.name.startswith("_")]
    last = node.end_lineno or node.lineno
    return Entrance(name, tuple(parameters), node.lineno, last, owner, form)


def _kinds(argument: ast.arg, default: ast.expr | None) -> tuple[str, ...]:
    """Likely kinds of a value."""
    found = []
    if argument.annotation is not None:
        said = ast.unparse(argument.annotation)
        found += [kind for word, kind in _BY_ANNOTATION.items() if word in said]
    if isinstance(default, ast.Constant):
        found.append(_kind_of(default.value))
    for kind, names in _BY_NAME.items():
        if argument.arg.lower().rstrip("0123456789_") in names:
            found.append(kind)
    return tuple(dict.fromkeys(found))


def _kind_of(value: object) -> str:
    kinds = {bool: "bool", int: "int", float: "float", str: "text", bytes: "bytes"}
    return kinds.get(type(value), "none")


def _literals(tree: ast.Module) -> Iterator[object]:
    """Numbers and short texts of the source, without docstrings."""
    spoken = {id(n.value) for n in ast.walk(tree) if isinstance(n, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and id(node) not in spoken:
            value = node.value
            short = isinstance(value, str | bytes) and 0 < len(value) <= 30
            if short or (isinstance(value, int | float) and not isinstance(value, bool)):
                yield value


def _examples(module: Module, public: tuple[str, ...]) -> Iterator[Example]:
    """Examples of docstrings, with the module's name before its own names."""
    parser = doctest.DocTestParser()
    kinds = (ast.Module, ast.FunctionDef, ast.ClassDef)
    for node in ast.walk(module.tree):
        text = ast.get_docstring(node) if isinstance(node, kinds) else None
        if not text:
            continue
        before: list[str] = []
        try:
            found = parser.get_examples(text)
        except ValueError:
            continue
        for example in found:
            said = _qualified(example.source.strip(), module.name, public)
            if said is None or example.exc_msg:
                continue
            line = getattr(node, "lineno", 1)
            if example.want and isinstance(ast.parse(said).body[0], ast.Expr):
                yield Example(tuple(before), said, example.want.rstrip("\n"), line)
            elif not example.want:
                before.append(said)


def _qualified(source: str, module: str, public: tuple[str, ...]) -> str | None:
    """Return a statement as a test writes it; None for an import or several statements."""
    try:
        tree = ast.parse(source)
    except SyntaxError:
        return None
    if len(tree.body) != 1 or not isinstance(tree.body[0], ast.Expr | ast.Assign):
        return None

    class Full(ast.NodeTransformer):
        def visit_Name(self, node: ast.Name) -> ast.expr:
            if node.id in public and not hasattr(builtins, node.id):
                return ast.parse(f"{module}.{node.id}", mode="eval").body
            return node

    return ast.unparse(Full().visit(tree))
