"""Closure of a module: the modules of this package that it imports, and their imports.

It is read from the source without importing anything, and cut at the seams: modules that list,
word or plot things and measure none. A text "module:name" counts as an import: so tables name
families that are loaded when they are built.
"""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

OWN = "ingenium"
ROOT = Path(__file__).parents[1] / "src" / OWN
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
)
FOLDERS = ("ingenium.domains",)  # seams only as a file
NAMED_AT = re.compile(r"([A-Za-z_]\w*(?:\.\w+)+):\w*")


@cache
def closure(module: str) -> tuple[str, ...]:
    """Return the module and all others of this package that it depends on, in order."""
    seen, ahead = {module}, [module]
    while ahead:
        for other in _imports(ahead.pop()):
            if other not in seen and not _cut(other):
                seen.add(other)
                ahead.append(other)
    return tuple(sorted(seen))


def _cut(module: str) -> bool:
    """True if a module is a seam, or is below one."""
    return any(
        module == seam or (seam not in FOLDERS and module.startswith(f"{seam}.")) for seam in SEAMS
    )


@cache
def _imports(module: str) -> tuple[str, ...]:
    """Modules of this package that a module imports or names, wherever in its source."""
    file = _file(module)
    assert file is not None, module
    imported = (name for node in _statements(file) for name in _named(node, module))
    return tuple(
        dict.fromkeys(name for name in (*imported, *_named_at(file)) if _file(name) is not None)
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
            yield inside if _file(inside) else base


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


@cache
def _tree(file: Path) -> ast.Module:
    return ast.parse(file.read_text(encoding="utf-8"))


@cache
def _statements(file: Path) -> tuple[ast.AST, ...]:
    """Imports of a file, except those that only type checkers read."""
    found = _nodes(_tree(file))
    return tuple(n for n in found if isinstance(n, ast.Import | ast.ImportFrom))


@cache
def _file(module: str) -> Path | None:
    """File of a module of this package, or of the folder of this name."""
    top, *rest = module.split(".")
    if top != OWN:
        return None
    path = ROOT.joinpath(*rest)
    for file in (path.with_name(f"{path.name}.py") if rest else path, path / "__init__.py"):
        if file.is_file():
            return file
    return None
