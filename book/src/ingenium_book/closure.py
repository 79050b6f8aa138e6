"""Closure of a study or check: the modules that it imports, and their imports.

It is read from the source without importing anything, within the package of the module and this
one, and cut at the seams: modules that list, word or plot things and measure none. A text
"module:name" counts as an import: so tables name families that are loaded when they are built.
"""

import ast
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from importlib.metadata import packages_distributions
from importlib.util import find_spec
from pathlib import Path

from ingenium.core.digest import digest, file_digest
from ingenium.core.errors import InputError

OWN, BOOK = "ingenium", "ingenium_book"
MACHINERY = (
    *("answers", "audit", "canaries", "check", "claims", "closure", "commands", "entries"),
    *("expressions", "pages", "plan", "plan_run", "results", "study", "verdicts", "within"),
)
SEAMS = (  # not followed and not counted, with all below them
    "ingenium.cli",
    "ingenium.core.domain",
    "ingenium.core.energy",
    "ingenium.core.errors",
    "ingenium.core.folders",
    "ingenium.core.provenance",
    "ingenium.core.text",
    "ingenium.domains",  # the list of fields; its folders are followed
    "ingenium.drawing.figures",
    "ingenium.comparison.plots",
    "ingenium.report",
    "ingenium.runs.view",
    "ingenium.verbs",
    *(f"ingenium_book.{name}" for name in MACHINERY),
)
FOLDERS = ("ingenium.domains",)  # seams only as a file
NAMED_AT = re.compile(r"([A-Za-z_]\w*(?:\.\w+)+):\w*")
PACKAGED = (".gz", ".json", ".npz", ".safetensors", ".smi", ".toml", ".txt")  # data of modules


@cache
def root(package: str) -> Path:
    """Return the folder of a package without importing it.

    Raises:
        InputError: if it is not installed.
    """
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise InputError("the package of a study", f"{package}, which is not installed")
    return Path(next(iter(spec.submodule_search_locations)))


def source(module: str) -> Path:
    """Return the file of a module of this package or a third party's.

    Raises:
        InputError: if there is none.
    """
    found = _file(module)
    if found is None:
        raise InputError("the module of a study", f"{module}, which does not exist")
    return found


def docstring(module: str) -> str:
    """The docstring of a module, read without importing it."""
    return ast.get_docstring(_tree(source(module))) or ""


@cache
def closure(module: str) -> tuple[str, ...]:
    """Return the module and all others of its package and this one that it depends on, in order."""
    packages = frozenset((OWN, module.partition(".")[0]))
    source(module)
    seen, ahead = {module}, [module]
    while ahead:
        for other in _imports(ahead.pop(), packages):
            if other not in seen and not _cut(other):
                seen.add(other)
                ahead.append(other)
    return tuple(sorted(seen))


def code(module: str) -> str:
    """Digest of the source and of the data files of a module's closure."""
    content: dict[str, str] = {}
    for name in closure(module):
        content |= _digests(name)
    return digest(content)


def distributions(module: str) -> tuple[str, ...]:
    """Installed third-party packages that the source of a closure imports."""
    found: set[str] = set()
    for name in closure(module):
        for node in _statements(source(name)):
            found |= {n.partition(".")[0] for n in _named(node, name)}
    known = _distributions(tuple(sys.path))
    inside = (OWN, module.partition(".")[0])
    return tuple(sorted({d for name in found.difference(inside) for d in known.get(name, ())}))


@cache
def _distributions(places: tuple[str, ...]) -> Mapping[str, Sequence[str]]:
    """Installed distributions of a package, by its name."""
    return packages_distributions()


@cache
def _digests(module: str) -> dict[str, str]:
    """Digests of a module and of the data files that it names, by their path in their package."""
    file = source(module)
    place = root(module.partition(".")[0]).parent
    names = {
        node.value
        for node in ast.walk(_tree(file))
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and node.value.endswith(PACKAGED)
    }
    data = [file.parent / name for name in names]
    files = [file, *(path for path in data if path.is_file())]
    return {path.relative_to(place).as_posix(): file_digest(path) for path in files}


def _cut(module: str) -> bool:
    """True if a module is a seam, or is below one."""
    return any(
        module == seam or (seam not in FOLDERS and module.startswith(f"{seam}.")) for seam in SEAMS
    )


@cache
def _imports(module: str, packages: frozenset[str]) -> tuple[str, ...]:
    """Modules within the packages that a module imports or names, wherever in its source."""
    file = source(module)
    imported = (name for node in _statements(file) for name in _named(node, module))
    return tuple(
        dict.fromkeys(
            name
            for name in (*imported, *_named_at(file))
            if name.partition(".")[0] in packages and _file(name) is not None
        )
    )


def _named_at(file: Path) -> Iterator[str]:
    """Modules of the texts "module:name" in a file."""
    for node in ast.walk(_tree(file)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            found = NAMED_AT.fullmatch(node.value)
            if found is not None:
                yield found[1]


def _named(node: ast.AST, module: str) -> Iterator[str]:
    """Modules that an import names; `from a import b` names `a.b` where that is one."""
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    if isinstance(node, ast.ImportFrom):
        base = _absolute(node, module)
        for alias in node.names:
            inside = f"{base}.{alias.name}"
            known = (OWN, module.partition(".")[0])
            yield inside if base.partition(".")[0] in known and _file(inside) else base


def _absolute(node: ast.ImportFrom, module: str) -> str:
    """The module that a `from` names, relative or not."""
    if not node.level:
        return node.module or ""
    file = _file(module)
    parts = module.split(".")
    up = node.level - (file is not None and file.name == "__init__.py")
    base = ".".join(parts[: len(parts) - up])
    return f"{base}.{node.module}" if node.module else base


def _nodes(tree: ast.AST) -> Iterator[ast.AST]:
    """All nodes except those that only type checkers read."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
            continue
        yield node
        yield from _nodes(node)


def _tree(file: Path) -> ast.Module:
    return _parsed(file, _stamp(file))[0]


def _statements(file: Path) -> tuple[ast.AST, ...]:
    """Imports of a file, except those that only type checkers read."""
    return _parsed(file, _stamp(file))[1]


def _stamp(file: Path) -> tuple[int, int]:
    """Stamp that changes when the file is written."""
    found = file.stat()
    return found.st_mtime_ns, found.st_size


@cache
def _parsed(file: Path, stamp: tuple[int, int]) -> tuple[ast.Module, tuple[ast.AST, ...]]:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    return tree, tuple(n for n in _nodes(tree) if isinstance(n, ast.Import | ast.ImportFrom))


@cache
def _file(module: str) -> Path | None:
    """File of a module, or of the package of this name."""
    top, *rest = module.split(".")
    if find_spec(top) is None:
        return None
    path = root(top).joinpath(*rest)
    for file in (path.with_name(f"{path.name}.py") if rest else path, path / "__init__.py"):
        if file.is_file():
            return file
    return None


def forget() -> None:
    """Discard caches of the source, after it changed during a process."""
    for stored in (root, closure, _digests, _imports, _file):
        stored.cache_clear()
