"""Selection of the test files of some domains, for `make check DOMAINS="grid airfoils"`.

python tests/of_domains.py NAME...     prints their paths, one a line
python tests/of_domains.py changed     those that a change since the branch point can reach
python tests/of_domains.py marks       marks that pytest runs: `-m` of the default tests

Tests of the book and of benchmarks run where these or the tests themselves changed, and where git
cannot tell. On main the last commit counts, and what is not committed.

A test is about a domain whose folder it is in, that it imports, or whose problems it names; all
others are shared. A change reaches a domain if it is in an import of the domain's modules, in
either direction; and the shared part, if it is outside all domains.
"""

import ast
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from shutil import which

from import_graph import closure
from ingenium.domains import own

ROOT = Path(__file__).resolve().parents[1]
TESTS, PACKAGE = ROOT / "tests", ROOT / "src" / "ingenium"
FIELDS = PACKAGE / "domains"
CHANGED, MARKS, SHARED = "changed", "marks", "shared"
BOOK, BENCHMARKS = "book", "benchmarks"  # marks of the tests that run where these changed
OF_BOOK = ("book", "checks", "studies")  # folders, of source, results and tests
USES_BENCHMARKS = re.compile(r"""^\s*(from|import) benchmarks\b|import_module\("benchmarks""", re.M)


@cache
def about(path: Path) -> frozenset[str]:
    """Domains that a test file is about; `shared` alone if none."""
    text = path.read_text(encoding="utf-8")
    inside = path.relative_to(TESTS).parts
    found = {inside[1]} if inside[0] == "domains" and len(inside) > 2 else set()
    words = [node.value for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Constant)]
    reported = " ".join(w for w in words if isinstance(w, str))
    for name in _own():
        imports = rf"^\s*(from|import) ingenium\.domains(\.{name}\b| import .*\b{name}\b)"
        if re.search(imports, text, re.MULTILINE) or re.search(rf"\b{name}\.[a-z_]+", reported):
            found.add(name)
    return frozenset(found & set(_own())) or frozenset({SHARED})


@cache
def _own() -> tuple[str, ...]:
    return tuple(own())


def reached(changed: Iterable[Path]) -> set[str]:
    """Domains, and `shared`, that changed files of the repository can reach."""
    files = [ROOT / path for path in changed]
    modules = {_module(p) for p in files if p.suffix == ".py" and p.is_relative_to(PACKAGE)}
    found = {SHARED} if any(not p.is_relative_to(FIELDS) for p in files) else set()
    for name in own():
        alongside = any(p.is_relative_to(FIELDS / name) for p in files)  # data counts too
        if alongside or any(modules & set(closure(_module(p))) for p in _modules(name)):
            found.add(name)
    return found


def selected(domains: set[str], changed: Iterable[Path] = ()) -> list[Path]:
    """Test files about some domains, and those that changed themselves."""
    own_change = {ROOT / path for path in changed}
    tests = sorted(TESTS.rglob("test_*.py"))
    return [p for p in tests if about(p) & domains or p in own_change]


def alongside(path: Path) -> str | None:
    """Mark of a test file that is about the book or about benchmarks."""
    inside = path.relative_to(TESTS)
    if {*inside.parts[:-1]} & {*OF_BOOK} or path.stem.endswith("_studies"):
        return BOOK
    return BENCHMARKS if USES_BENCHMARKS.search(path.read_text(encoding="utf-8")) else None


def touched(changed: Iterable[Path]) -> set[str]:
    """Return those of book and benchmarks that a change is in."""
    found = set()
    for path in changed:
        if {*path.parts[:-1]} & {*OF_BOOK} or path.stem in OF_BOOK:
            found.add(BOOK)
        if path.parts[0] == "benchmarks":
            found.add(BENCHMARKS)
        if path.parts[0] == "tests" and path.name.startswith("test_") and (ROOT / path).is_file():
            found.update(mark for mark in (alongside(ROOT / path),) if mark)
    return found


def marks() -> str:
    """Marks that the default tests leave out."""
    run = touched(changes()) if _git("rev-parse", "HEAD") else {BOOK, BENCHMARKS}
    left = [mark for mark in (BOOK, BENCHMARKS) if mark not in run]
    return " and ".join(["not slow", *(f"not {mark}" for mark in left)])


def changes() -> list[Path]:
    """Files that differ from the branch point, untracked ones included."""
    head = _git("rev-parse", "HEAD")
    base = _git("merge-base", "HEAD", "main") or _git("merge-base", "HEAD", "origin/main") or head
    if base == head:  # on main
        base = _git("rev-parse", "HEAD^") or head
    differ = _git("diff", "--name-only", *base[:1])
    return [Path(line) for line in (*differ, *_git("ls-files", "-o", "--exclude-standard"))]


def _git(*words: str) -> list[str]:
    """Lines of git's answer; None without an answer or without git."""
    if which("git") is None:
        return []
    done = subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=False)
    return done.stdout.split("\n")[:-1] if done.returncode == 0 else []


def _modules(name: str) -> Iterator[Path]:
    """Modules of a domain, without its studies and checks, which belong to the book."""
    for path in sorted((FIELDS / name).rglob("*.py")):
        if not {"studies", "checks"} & set(path.relative_to(FIELDS).parts):
            yield path


def _module(path: Path) -> str:
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def main(words: list[str]) -> None:
    if words == [MARKS]:
        print(marks())
        return
    unknown = sorted(set(words) - {*own(), CHANGED, SHARED})
    if unknown or not words:
        known = ", ".join((*own(), SHARED))
        sys.exit(f"expected domains ({known}) or {CHANGED}, got {' '.join(unknown) or 'nothing'}")
    changed = changes() if CHANGED in words else []
    domains = (set(words) - {CHANGED}) | reached(changed)
    print(f"tests of {', '.join(sorted(domains)) or 'nothing'}", file=sys.stderr)
    for path in selected(domains, changed):
        print(path.relative_to(ROOT))


if __name__ == "__main__":
    main(sys.argv[1:])
