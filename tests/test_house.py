"""Rules for readable code: short files and functions, and one meaning a name."""

import ast
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGES = ("src", "book/src", "networks/src", "grid-data/src")
SOURCE = sorted(f for name in PACKAGES for f in (ROOT / name).rglob("*.py"))
LONGEST_FILE, LONGEST_FUNCTION = 400, 40  # lines; of a function those of code
MOST_MEMBERS = 51  # of the contract of a problem


def _lines(function: ast.FunctionDef) -> int:
    """Count lines from the first one after its docstring to its last."""
    reported = ast.get_docstring(function, clean=False) is not None
    first = function.body[1 if reported and len(function.body) > 1 else 0]
    return (function.end_lineno or 0) - first.lineno + 1


def test_files_are_short() -> None:
    folders = [ROOT / name for name in ("tests", "benchmarks", "tools")]
    files = [*SOURCE, *(f for folder in folders for f in folder.rglob("*.py"))]
    counts = {f: len(f.read_text(encoding="utf-8").splitlines()) for f in files}
    assert not {str(f): n for f, n in counts.items() if n > LONGEST_FILE}


def test_functions_are_short_and_class_names_are_used_once() -> None:
    long, classes = dict[str, int](), Counter[str]()
    for file in SOURCE:
        tree = ast.parse(file.read_text(encoding="utf-8"))
        functions = (n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef))
        for node in functions:
            if _lines(node) > LONGEST_FUNCTION:
                long[f"{file.relative_to(ROOT)}:{node.lineno}"] = _lines(node)
        classes.update(n.name for n in tree.body if isinstance(n, ast.ClassDef))
    assert not long
    assert not {name: n for name, n in classes.items() if n > 1}


def test_the_contract_of_a_problem_is_small() -> None:
    """A member with one user is an `if`, or that problem's own."""
    tree = ast.parse((ROOT / "src/ingenium/core/problem.py").read_text(encoding="utf-8"))
    (problem,) = (n for n in tree.body if isinstance(n, ast.ClassDef) and n.name == "Problem")
    members = [
        *(n.name for n in problem.body if isinstance(n, ast.FunctionDef)),
        *(t.id for n in problem.body if isinstance(n, ast.Assign) for t in n.targets),
        *(n.target.id for n in problem.body if isinstance(n, ast.AnnAssign)),
    ]
    assert len(members) <= MOST_MEMBERS, members
