"""Place of a package's source, and the number of commits since an outcome was run.

A wheel, or a clone that is too shallow to tell, gives the date alone.
"""

import ast
import subprocess
from collections.abc import Sequence
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from shutil import which

from ingenium.core.digest import digest
from ingenium.core.errors import InputError

OWN, BOOK = "ingenium", "ingenium_book"


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
    """Return the file of a module without importing it.

    Raises:
        InputError: if there is none.
    """
    top, *rest = module.split(".")
    file = root(top).joinpath(*rest).with_suffix(".py") if rest else root(top) / "__init__.py"
    if not file.is_file():
        raise InputError("the module of a study", f"{module}, which does not exist")
    return file


def docstring(module: str) -> str:
    """The docstring of a module, read without importing it."""
    return ast.get_docstring(ast.parse(source(module).read_text(encoding="utf-8"))) or ""


def stamp(package: str) -> str:
    """Stamp of all source that a study of a package may use; it changes when a file is written."""
    files = (f for name in {OWN, package} for f in root(name).rglob("*.py"))
    return digest(sorted([f"{f}:{s.st_size}:{s.st_mtime_ns}" for f in files for s in (f.stat(),)]))


def commit(package: str) -> str:
    """Commit that a package's source is at; empty without git."""
    return next(iter(_git(root(package), "rev-parse", "HEAD")), "")


def last_run(package: str, at: str, time: str) -> str:
    """Say how long ago an outcome was run."""
    line = _commits(package)
    return f"last run {line[at]} commits ago" if at in line else f"last run on {time[:10]}"


@cache
def _commits(package: str) -> dict[str, int]:
    """Commits before the present one, by how long ago they are."""
    return {name: i for i, name in enumerate(_git(root(package), "rev-list", "HEAD"))}


def _git(folder: Path, *words: str) -> Sequence[str]:
    if which("git") is None:
        return ()
    done = subprocess.run(
        ["git", "-C", str(folder), *words], capture_output=True, text=True, check=False
    )
    return done.stdout.split() if done.returncode == 0 else ()
