"""Suites of `software.tests`, pynguin and `hypothesis write`, on modules that nothing was tuned on.

The modules were written down before the first result. PYNGUIN and HYPOTHESIS name the programs of
other environments. Tests that fail on the unchanged module are first removed from suites, which
favours the rivals; tests that pynguin marks as strict xfail count as tests that expect a failure.
"""

import contextlib
import os
import resource
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.measuring import report
from benchmarks.sandbox import spent_s
from ingenium.core.spec import Spec
from ingenium.domains import open_problem
from ingenium.domains.software import bench
from ingenium.trust.sandbox.sandbox import Sandbox

MODULES = ("fnmatch", "graphlib", "reprlib", "quopri", "string", "calendar")
MUTANTS, SEARCH_S, SEED, LIMIT_S = 120, 30, 1, 240
TITLE = "Mutation scores alongside pynguin and hypothesis"
STEADY = """
try:
    from hypothesis import HealthCheck, settings
    settings.register_profile("steady", database=None, derandomize=True, deadline=None,
        max_examples=50, suppress_health_check=list(HealthCheck))
    settings.load_profile("steady")
except ImportError:
    pass
"""
EXPECTED = """

def _expecting(test):
    def test_expecting():
        try:
            test()
        except Exception:
            return
        raise AssertionError("no exception")
    return test_expecting


for _name, _test in list(globals().items()):
    if _name.startswith("test_") and any(
        m.name == "xfail" for m in getattr(_test, "pytestmark", ())
    ):
        globals()[_name] = _expecting(_test)
"""


def main() -> None:
    """Score the suites of all arms with the same mutants."""
    programs = {name: os.environ.get(name.upper(), "") for name in ("pynguin", "hypothesis")}
    if not all(Path(p).is_file() for p in programs.values()):
        sys.exit(
            "PYNGUIN and HYPOTHESIS name programs: pip install pynguin==0.48.0, hypothesis[cli]"
        )
    shown = (Path(bench.__file__).parent, Path(sysconfig.get_paths()["purelib"]))
    imports = ("coverage", "pytest", "hypothesis", "enclosed.suites")
    rows = []
    with Sandbox(bench.LIMITS, imports=imports, paths=shown, processes=1) as sandbox:
        for name in MODULES:
            rows += _module(name, programs, sandbox)
            print(rows[-3:], flush=True)
    report("software_rivals", TITLE, rows, about(rows))


def about(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Mean lead over each rival, on the modules for which it wrote a test that passes."""
    score = {(r["module"], r["arm"]): r for r in rows}
    found: dict[str, Any] = {"mutants": MUTANTS, "seed": SEED}
    for arm in ("pynguin", "hypothesis write"):
        own = [m for m in MODULES if score[m, arm]["tests"]]
        leads = [
            score[m, "evolution"]["mutation_score"] - score[m, arm]["mutation_score"] for m in own
        ]
        found[f"modules_with_tests_of_{arm}"] = len(own)
        found[f"mean_lead_over_{arm}"] = sum(leads) / max(1, len(leads))
    return found


def _module(name: str, programs: dict[str, str], sandbox: Sandbox) -> list[dict[str, Any]]:
    before = spent_s(Path("/proc/self"))
    setup = {"module": name, "mutants": MUTANTS}
    problem = open_problem(Spec(problem="software.tests", setup=setup))
    subject = problem.subject  # type: ignore[attr-defined]
    own = subject.file(str(problem.data()["suite"].values[0]))
    arms = {"evolution": (own, spent_s(Path("/proc/self")) - before)}
    arms["pynguin"] = _pynguin(name, subject.module.source, programs["pynguin"])
    arms["hypothesis write"] = _written(name, programs["hypothesis"])
    rows = []
    for arm, (suite, cpu_s) in arms.items():
        score, branches, tests = _scored(suite, subject, sandbox)
        row = {"module": name, "arm": arm, "tests": tests, "mutation_score": score}
        rows.append(row | {"branch_coverage": branches, "search_cpu_s": cpu_s})
    return rows


def _scored(suite: str, subject: Any, sandbox: Sandbox) -> tuple[float, float, int]:
    """Mutation score and branch coverage of the tests that pass, and how many these are."""
    module, numbers = subject.module, [m.number for m in subject.mutants]
    job = {"name": module.name, "source": module.source, "once": True}
    left_out: set[str] = set()
    for mutants in ([], [], numbers):
        whole = f"{STEADY}{suite}{EXPECTED}"
        whole += "".join(f"\nglobals().pop({n!r}, None)" for n in sorted(left_out))
        program = bench.program("suites.run", {**job, "suite": whole, "mutants": mutants})
        (end,) = sandbox.run([program], bench.CONTROL)
        if not end.returned or end.value["ended"] != "done":
            return 0.0, 0.0, 0
        left_out |= set(end.value["failed"])
    found = end.value
    if found["failed"] or not found["tests"] or not found["coverage"]:
        return 0.0, 0.0, 0
    covered = found["coverage"]
    branches = 1 - covered["branches_missed"] / max(1, covered["branches"])
    return sum(map(bool, found["kills"].values())) / len(numbers), branches, len(found["tests"])


def _pynguin(name: str, source: str, program: str) -> tuple[str, float]:
    """Return the suite that pynguin writes within its time limit, and the CPU time (s)."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        copied = f"copied_{name}"  # pynguin skips the standard library
        (folder / f"{copied}.py").write_text(source)
        command = [program, "--project-path", place, "--output-path", place]
        command += ["--module-name", copied]
        command += ["--maximum-search-time", str(SEARCH_S), "--seed", str(SEED)]
        cpu_s = _run(command, folder, {"PYNGUIN_DANGER_AWARE": "1", "PYTHONPATH": ""})
        written = folder / f"test_{copied}.py"
        text = written.read_text() if written.is_file() else ""
    return text.replace(copied, name), cpu_s


def _written(name: str, program: str) -> tuple[str, float]:
    """Return the suite that `hypothesis write` writes, and the CPU time (s)."""
    with tempfile.TemporaryDirectory() as place:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        done = subprocess.run(
            [program, "write", name], cwd=place, capture_output=True, text=True, check=False
        )
    blocks = done.stdout.split("\n\n\n")  # some name strategies that cannot be read back
    parts = [f"try:\n    exec({b!r}, globals())\nexcept Exception:\n    pass\n" for b in blocks]
    return "".join(parts), _since(before)


def _run(command: list[str], folder: Path, more: dict[str, str]) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    with contextlib.suppress(subprocess.TimeoutExpired):
        subprocess.run(
            command,
            cwd=folder,
            env=os.environ | more,
            capture_output=True,
            timeout=LIMIT_S,
            check=False,
        )
    return _since(before)


def _since(before: resource.struct_rusage) -> float:
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


if __name__ == "__main__":
    main()
