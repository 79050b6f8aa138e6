"""Modules as Markdown, by their docstrings: what the site shows where a page says `::: module`.

The source is read and not run, so that a page is shown where an extra is missing too.
"""

import ast
import re
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

REQUESTED = re.compile(r"(?m)^::: (\S+)(?:\n    options: (.*))?$")
LEVEL = 2  # of headings, where a page asks for no other
Part = ast.FunctionDef | ast.ClassDef


def filled(page: str) -> str:
    """The text of a page with what the modules and classes say that it asks for."""
    return REQUESTED.sub(lambda found: shown(found[1], found[2]), page)


def shown(name: str, options: str | None = "") -> str:
    """A module, or a class of one, with its public parts in the order of the source."""
    level = re.search(r"heading_level: (\d)", options or "")
    only = re.search(r"members: \[(.*?)\]", options or "")
    members = re.split(r",\s*", only[1]) if only else None
    return "\n\n".join(_blocks(name, int(level[1]) if level else LEVEL, members))


def _blocks(name: str, level: int, members: list[str] | None) -> Iterator[str]:
    if _source(name) is None:
        module, _, last = name.rpartition(".")
        yield from _parts(_tree(module), module, level, [last])
        return
    tree = _tree(name)
    yield _said(tree)
    yield from _parts(tree, name, level, members)


def _source(name: str) -> Path | None:
    """The file of a module; none if the name is that of no module."""
    parent, _, _ = name.rpartition(".")
    if parent and not getattr(find_spec(parent), "submodule_search_locations", None):
        return None
    spec = find_spec(name)
    return Path(spec.origin) if spec and spec.origin else None


def _tree(name: str) -> ast.Module:
    path = _source(name)
    if path is None:
        raise ModuleNotFoundError(name)
    return ast.parse(path.read_text(encoding="utf-8"))


def _parts(
    tree: ast.Module | ast.ClassDef, name: str, level: int, members: list[str] | None = None
) -> Iterator[str]:
    """Parts with a docstring, below headings with the anchors of the site."""
    for part in tree.body:
        if not isinstance(part, Part) or not ast.get_docstring(part):
            continue
        if part.name.startswith("_") or (members is not None and part.name not in members):
            continue
        own = f"{name}.{part.name}"
        yield f"{'#' * level} `{part.name}` {{ #{own} }}"
        yield f"```python\n{_head(part)}\n```"
        yield _said(part)
        if isinstance(part, ast.ClassDef):
            yield from _parts(part, own, level + 1)


def _head(part: Part) -> str:
    """Signature of a function, or the fields of a class."""
    if isinstance(part, ast.FunctionDef):
        gives = f" -> {ast.unparse(part.returns)}" if part.returns else ""
        return f"def {part.name}({ast.unparse(part.args)}){gives}"
    bases = ", ".join(map(ast.unparse, part.bases))
    held = [f"    {ast.unparse(x)}" for x in part.body if isinstance(x, ast.AnnAssign)]
    return "\n".join([f"class {part.name}{f'({bases})' if bases else ''}:", *(held or ["    ..."])])


def _said(node: ast.Module | Part) -> str:
    """A docstring with its sections as lists."""
    text = ast.get_docstring(node) or ""
    text = re.sub(r"(?m)^([A-Z]\w+):\n(?=    \S)", r"**\1**\n\n", text)
    return re.sub(r"(?m)^    (?=\S)", "- ", text)
