"""The sandbox of this field: it runs work on a module's source; results are judged outside it."""

import atexit
import sysconfig
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Literal

from ingenium.core.errors import EngineError
from ingenium.trust.sandbox.sandbox import (
    ControlProgram,
    GeneratedProgram,
    ProgramEnd,
    Sandbox,
    SandboxLimits,
)

Work = Literal[
    "suites.run",
    "by_pytest.run",
    "observing.observe",
    "importing.probe",
    "calls.run",
    "calls.lines",
]
LIMITS = SandboxLimits(
    cpu_s=120, wall_s=600.0, memory_mb=1024, disk_mb=16, output_kb=8192, processes=16
)
_TINY = "def double(x):\n    return x * 2\n"
_TEST = "import tiny\n\n\ndef test_it():\n    assert tiny.double(3) == {}\n"


def program(work: Work, job: Mapping[str, Any]) -> GeneratedProgram:
    """Return a program for the sandbox that works on a job."""
    module, _, function = work.partition(".")
    return GeneratedProgram(f"from enclosed.{module} import {function}", function, (dict(job),))


def _control(value: int) -> GeneratedProgram:
    """A suite for a module of one line: correct, so that it kills a mutant, or wrong."""
    job = {
        "name": "tiny",
        "source": _TINY,
        "suite": _TEST.format(value),
        "mutants": [1],
        "once": True,
    }
    return program("suites.run", {**job, "mutants": [1], "once": True})


def _passes(end: ProgramEnd) -> bool:
    """Check that the suite passed and killed the mutant of the control."""
    return end.returned and end.value.get("kills") == {"1": ["test_it"]}


CONTROL = ControlProgram(_control(6), _control(7), _passes)


@cache
def sandbox() -> Sandbox:
    """Return the sandbox of all problems of this field, started at its first use."""
    shown = (Path(__file__).parent, Path(sysconfig.get_paths()["purelib"]))
    works = ("suites", "observing", "importing", "by_pytest", "calls")
    imports = ("coverage", "pytest", *(f"enclosed.{w}" for w in works))
    made = Sandbox(LIMITS, imports=imports, paths=shown, processes=1)
    atexit.register(made.__exit__)
    return made


def run(work: Work, *jobs: Mapping[str, Any]) -> list[Any]:
    """Run work on each job in the sandbox; return the results.

    Raises:
        EngineError: if there is no result; a module that breaks its tests is a result.
    """
    ends = sandbox().run([program(work, job) for job in jobs], CONTROL)
    for end in ends:
        if not end.returned:
            why = end.raised or end.stderr.strip()[-300:]
            raise EngineError(f"the sandbox gave no result ({end.ended}): {why}")
    return [end.value for end in ends]
