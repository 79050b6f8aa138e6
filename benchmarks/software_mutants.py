"""Mutants per second of `software.tests` and of mutmut, on the same modules and suites.

mutmut 3.8 runs in a separate environment; MUTMUT names its program. Modules are copied under
another name, since mutmut cannot replace one that pytest has imported. Verdicts are compared on all
mutants that both make: those whose functions have the same source.
"""

import ast
import copy
import os
import re
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.measuring import report
from benchmarks.sandbox import spent_s
from ingenium.core.spec import Spec
from ingenium.domains import open_problem
from ingenium.domains.software import bench
from ingenium.domains.software.enclosed.mutants import plain

MODULES = ("colorsys", "textwrap")
COPY = "copied_"
SETTINGS = (
    '[tool.mutmut]\nsource_paths = ["{0}.py"]\npytest_add_cli_args_test_selection = ["tests"]\n'
)
LIMIT_S = 900
_NAMED = re.compile(r"x(?:_|\u01c1(\w+?)\u01c1)(\w+)__mutmut_(\d+)")


def main() -> None:
    """Time both tools on each module, and compare their verdicts."""
    program = os.environ.get("MUTMUT", "")
    if not Path(program).is_file():
        sys.exit("MUTMUT names no program: pip install mutmut==3.8.1 pytest in another environment")
    rows = [_module(name, program) for name in MODULES]
    about = {"mutmut": "3.8.1, one process", "verdicts": "of mutants that both make"}
    report("software_mutants", "Mutants a second, alongside mutmut 3.8", rows, about)


def _module(name: str, program: str) -> dict[str, Any]:
    problem = open_problem(Spec(problem="software.tests", setup={"module": name, "mutants": 9999}))
    suite = str(problem.data()["suite"].values[0])
    subject = problem.subject  # type: ignore[attr-defined]
    tests = subject.file(suite).replace(f"{name}.", f"{COPY}{name}.")
    tests = tests.replace(f"import {name}", f"import {COPY}{name}")
    source = subject.module.source
    numbers = [m.number for m in subject.mutants]
    job = {"name": COPY + name, "source": source, "suite": tests, "mutants": numbers, "once": True}
    began, spent = time.perf_counter(), spent_s(Path("/proc/self"))
    (found,) = bench.run("suites.run", job)
    own_s, own_cpu_s = time.perf_counter() - began, spent_s(Path("/proc/self")) - spent
    own = {int(n): bool(by) for n, by in found["kills"].items()}
    theirs, wall_s, cpu_s = _mutmut(COPY + name, source, tests, program)
    both = list(_both(source, own, theirs))
    return {
        "module": name,
        "mutants": len(own),
        "killed": sum(own.values()),
        "mutants_per_cpu_s": len(own) / own_cpu_s,
        "mutmut_mutants": len(theirs),
        "mutmut_killed": sum(killed for _, killed in theirs.values()),
        "mutmut_per_cpu_s": len(theirs) / cpu_s,
        "ratio_cpu": (len(own) / own_cpu_s) / (len(theirs) / cpu_s),
        "ratio_wall": (len(own) / own_s) / (len(theirs) / wall_s),
        "made_by_both": len(both),
        "same_verdict": sum(a == b for a, b in both),
    }


def _mutmut(
    name: str, source: str, tests: str, program: str
) -> tuple[dict[str, tuple[str, bool]], float, float]:
    """Return the function of each mutant and if it was killed, wall time and CPU time (s)."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        (folder / f"{name}.py").write_text(source)
        (folder / "tests").mkdir()
        (folder / "tests" / f"test_{name}.py").write_text(tests)
        (folder / "pyproject.toml").write_text(SETTINGS.format(name))
        before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        subprocess.run(
            [program, "run", "--max-children", "1"],
            cwd=folder,
            capture_output=True,
            timeout=LIMIT_S,
            check=True,
        )
        after, wall_s = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter() - began
        cpu_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        said = subprocess.run(
            [program, "results", "--all", "true"],
            cwd=folder,
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        verdicts = dict(re.findall(rf"{name}\.(\S+): (\w.*)", said))
        functions = dict(_functions((folder / "mutants" / f"{name}.py").read_text()))
    known = {
        n: (functions[n], v in ("killed", "timeout"))
        for n, v in verdicts.items()
        if n in functions and v in ("killed", "timeout", "survived")
    }
    return known, wall_s, cpu_s


def _functions(text: str) -> Iterator[tuple[str, str]]:
    """Yield the name of each mutated function in mutmut's file, and its source."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef) and (found := _NAMED.fullmatch(node.name)):
            yield node.name, _reads(node, found[1] or "", found[2])


def _reads(node: ast.FunctionDef, owner: str, name: str) -> str:
    bare = copy.deepcopy(node)
    bare.name, bare.decorator_list = name, []
    return f"{owner}.{ast.unparse(bare)}"


def _both(
    source: str, own: dict[int, bool], theirs: dict[str, tuple[str, bool]]
) -> Iterator[tuple[bool, bool]]:
    """Yield verdicts of both tools on mutants with the same source."""
    before = set(_declared(source))
    by_text: dict[str, bool] = {}
    for number, killed in own.items():
        changed = [text for text in _declared(plain(source, number)) if text not in before]
        if len(changed) == 1:
            by_text[changed[0]] = killed
    for text, killed in theirs.values():
        if text in by_text:
            yield by_text[text], killed


def _declared(source: str) -> Iterator[str]:
    tree = ast.parse(source)
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            yield _reads(node, "", node.name)
        elif isinstance(node, ast.ClassDef):
            for m in node.body:
                if isinstance(m, ast.FunctionDef):
                    yield _reads(m, node.name, m.name)


if __name__ == "__main__":
    main()
