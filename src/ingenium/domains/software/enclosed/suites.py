"""Runs a test suite on a module and on its mutants; results are judged outside."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from random import Random
from types import CodeType
from typing import Any

from . import forks
from .module import FILE, SwitchedModule, install_file

RERUNS = 18  # reruns in forks, in shuffled order; none for the sandbox's control
SEEDS = (1, 2)  # hash seeds of reruns in new interpreters
_FIRST_S = 10.0  # CPU time of a suite on the unchanged module
_LEAST_S, _TIMES, _MOST_S = 0.05, 9.0, 2.0  # extra CPU time of a mutant
_AGAIN = (
    "import json, sys; sys.path[:0] = json.loads(sys.argv[1]); "
    "from enclosed.suites import alone; alone(json.loads(sys.stdin.read()))"
)


def load(suite: str, name: str) -> dict[str, Any]:
    """Load the tests of a suite by name, from its source."""
    room: dict[str, Any] = {"__name__": "test_suite"}
    exec(_compiled(suite, name), room)
    return {k: v for k, v in room.items() if k.startswith("test_") and callable(v)}


_CODES: dict[str, CodeType] = {}


def _compiled(suite: str, name: str) -> CodeType:
    return _CODES.setdefault(suite, compile(suite, f"test_{name}.py", "exec"))


def failures(tests: dict[str, Any]) -> dict[str, str]:
    """Run tests; return those that fail, with their reasons."""
    failed = {}
    for name, test in tests.items():
        try:
            test()
        except BaseException as error:  # noqa: BLE001 - whatever a test ends with is a failure
            failed[name] = f"{type(error).__name__}: {error}"[:200]
    return failed


def run(job: dict[str, Any]) -> dict[str, Any]:
    """Measure a suite: failures, reruns, branches, and the tests that kill each mutant."""
    module = SwitchedModule(job["name"], job["source"])
    suite, name = job["suite"], job["name"]
    _compiled(suite, name)

    def plainly() -> dict[str, Any]:
        forks.guard()
        return _timed(load(suite, name))

    ended, first = forks.forked(plainly, _FIRST_S)
    if ended != "done":
        return {"ended": ended, "why": first}
    found = {"ended": "done", "tests": list(first["seconds"]), **first}
    if first["failed"]:
        return found
    found["flaky"] = [] if job.get("once") else _flaky(job, list(first["seconds"]))
    ended, covered = forks.forked(lambda: _covered(job), _FIRST_S)
    found["coverage"] = covered if ended == "done" else None
    found["lines"] = _lines_of_tests(module, suite, name)
    found["kills"] = _kills(module, job, found["lines"], first["cpu_s"])
    return found


def _timed(tests: dict[str, Any]) -> dict[str, Any]:
    seconds, failed, first = {}, {}, time.process_time()
    for name, test in tests.items():
        began = time.perf_counter()
        failed.update(failures({name: test}))
        seconds[name] = time.perf_counter() - began
    return {"seconds": seconds, "failed": failed, "cpu_s": time.process_time() - first}


def _flaky(job: dict[str, Any], names: list[str]) -> list[str]:
    """Return tests that fail in one of twenty reruns of a suite that passed."""
    unsteady: set[str] = set()

    def shuffled(seed: int) -> list[str]:
        forks.guard()
        order = list(load(job["suite"], job["name"]).items())
        Random(seed).shuffle(order)
        return sorted(failures(dict(order)))

    for seed in range(RERUNS):
        ended, failed = forks.forked(partial(shuffled, seed), _FIRST_S)
        unsteady |= set(failed if ended == "done" else names)
    for seed in SEEDS:
        done = subprocess.run(
            [sys.executable, "-S", "-s", "-P", "-B", "-c", _AGAIN, json.dumps(sys.path)],
            input=json.dumps({k: job[k] for k in ("name", "source", "suite")}),
            env={"PYTHONHASHSEED": str(seed), "LANG": "C.UTF-8", "HOME": "/tmp"},
            capture_output=True,
            text=True,
            timeout=_FIRST_S * 4,
            check=False,
        )
        said = done.stdout.rpartition("\n")[2] if done.returncode == 0 else "!"
        unsteady |= set(names) if said == "!" else set(said.split())
    return sorted(unsteady)


def alone(job: dict[str, Any]) -> None:
    """Rerun a suite in a new interpreter, which prints failures as its last line."""
    install_file(job["name"], job["source"], Path("/tmp"))
    forks.guard()
    failed = failures(load(job["suite"], job["name"]))
    sys.stdout.write("\n" + " ".join(sorted(failed)))
    sys.stdout.flush()


def _covered(job: dict[str, Any]) -> dict[str, Any]:
    """Measure branches and lines by coverage.py, on the unchanged module."""
    import coverage

    folder = Path("/tmp")
    path = folder / f"{job['name'].rpartition('.')[2]}.py"
    watcher = coverage.Coverage(
        data_file=None, branch=True, config_file=False, include=[str(path)], messages=False
    )
    watcher.start()
    try:
        install_file(job["name"], job["source"], folder)
        failures(load(job["suite"], job["name"]))
    finally:
        watcher.stop()
    analysis = watcher._analyze(str(path))
    numbers, missing = analysis.numbers, analysis.missing_branch_arcs()
    executed = analysis.executed_branch_arcs()
    return {
        "branches": numbers.n_branches,
        "branches_missed": numbers.n_missing_branches,
        "statements": sorted(analysis.statements),
        "missed": sorted(analysis.missing),
        "branches_by_line": [
            [line, to, taken]
            for taken, arcs in ((1, executed), (0, missing))
            for line, targets in sorted(arcs.items())
            for to in sorted(targets)
        ],
    }


def _lines_of_tests(module: SwitchedModule, suite: str, name: str) -> dict[str, list[int]]:
    """Return the module's lines that each test runs."""

    def watched(only: str) -> list[int]:
        forks.guard()
        lines: set[int] = set()

        def local(frame: Any, event: str, _: object) -> Any:
            lines.add(frame.f_lineno)
            return local

        def begun(frame: Any, event: str, _: object) -> Any:
            return local if frame.f_code.co_filename == FILE else None

        test = load(suite, name)[only]
        sys.settrace(begun)
        try:
            failures({only: test})
        finally:
            sys.settrace(None)
        return sorted(lines)

    found = {}
    for only in load(suite, name):
        ended, lines = forks.forked(partial(watched, only), _FIRST_S)
        found[only] = lines if ended == "done" else []
    return found


def _kills(
    module: SwitchedModule, job: dict[str, Any], lines: dict[str, list[int]], suite_s: float
) -> dict[int, list[str]]:
    """Return the tests that fail on each mutant, up to the first that does not end.

    Only tests that run the mutant's line are run, in a separate fork.
    """
    suite, name, kills = job["suite"], job["name"], {}
    most_s = suite_s + min(_MOST_S, _LEAST_S + _TIMES * suite_s)

    def tried(number: int, some: list[str]) -> Iterator[bool]:
        forks.guard()
        module.become(number)
        tests = load(suite, name)
        for n in some:
            yield bool(failures({n: tests[n]}))

    for number in job["mutants"]:
        mutant = module.mutants[number]
        some = [n for n, own in lines.items() if mutant.static or mutant.line in own]
        ended, failed = "done", list[bool]()
        if some:
            ended, failed = forks.forked(partial(tried, number, some), most_s)
        if ended == "raised":  # the module could not be executed
            failed = [True] * len(some)
        elif ended != "done":  # the test that was running detected it
            failed = [*failed, True]
        kills[number] = [n for n, bad in zip(some, failed, strict=False) if bad]
    return kills
