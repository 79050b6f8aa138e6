"""Verifiers of suites: failures, flaky tests, branches, and the mutants that each test kills."""

import math
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from random import Random
from typing import Any, Literal

import torch
from jaxtyping import Float
from torch import Tensor

from ingenium.core.errors import InputError
from ingenium.core.quantity import Quantity
from ingenium.core.text import texts
from ingenium.domains.software import bench
from ingenium.domains.software.enclosed.mutants import Mutant
from ingenium.domains.software.tests.grammar import SuiteTest, head, read_suite
from ingenium.domains.software.tests.module import Module

SAMPLE = 8  # mutants of the independent cross-check
SAMPLE_KILLED = Quantity(
    "sample_killed", "1", f"killed of {SAMPLE} mutants chosen at random, which pytest runs again"
)


@dataclass(frozen=True, eq=False)
class Subject:
    """A module, its names that tests may use, and the mutants that are tried."""

    module: Module
    public: tuple[str, ...]
    most: int  # mutants
    seed: int

    @cached_property
    def mutants(self) -> tuple[Mutant, ...]:
        """All mutants, or a random choice, in the order of the source."""
        listed = self.module.mutants
        if len(listed) <= self.most:
            return listed
        rng = Random(f"mutants {self.module.digest} {self.seed}")
        return tuple(sorted(rng.sample(listed, self.most), key=lambda m: m.number))

    @cached_property
    def sample(self) -> tuple[int, ...]:
        """Numbers of the mutants of the independent cross-check."""
        rng = Random(f"sample {self.module.digest} {self.seed}")
        numbers = [m.number for m in self.mutants]
        return tuple(sorted(rng.sample(numbers, min(SAMPLE, len(numbers)))))

    def read(self, suite: str) -> tuple[SuiteTest, ...]:
        """Parse the tests of a suite.

        Raises:
            InputError: for a text that is no suite.
        """
        return read_suite(suite, self.module.name, self.public)

    def file(self, suite: str) -> str:
        """Return the whole test file."""
        return head(self.module.name) + suite.rstrip("\n") + "\n"


@dataclass(frozen=True)
class SuiteRun:
    """Measurements of a suite."""

    tests: tuple[SuiteTest, ...]
    ended: str  # "done", or another end of the run on the unchanged module
    failed: dict[str, str] = field(default_factory=dict)
    flaky: tuple[str, ...] = ()
    seconds: dict[str, float] = field(default_factory=dict)
    coverage: dict[str, Any] | None = None
    kills: dict[int, tuple[str, ...]] = field(default_factory=dict)

    @property
    def whole(self) -> bool:
        """True if everything passed, so that mutants were tried."""
        return self.ended == "done" and not self.failed and self.coverage is not None

    @property
    def killed(self) -> list[int]:
        """Numbers of the mutants on which a test fails."""
        return [n for n, by in self.kills.items() if by]

    @property
    def survivors(self) -> list[int]:
        """Numbers of the mutants on which no test fails."""
        return [n for n, by in self.kills.items() if not by]

    @property
    def idle(self) -> list[str]:
        """Tests that fail on no mutant."""
        busy = {name for by in self.kills.values() for name in by}
        return [t.name for t in self.tests if t.name not in busy]

    @property
    def branch_coverage(self) -> float:
        """Share of covered branches, or of statements in a module without branches."""
        if self.coverage is None:
            return 0.0
        found = self.coverage
        if found["branches"]:
            return 1.0 - found["branches_missed"] / found["branches"]  # type: ignore[no-any-return]
        return 1.0 - len(found["missed"]) / max(1, len(found["statements"]))


@dataclass(frozen=True, eq=False)
class SuiteVerifier:
    """Verifier in the sandbox: a suite on the module, in 20 reruns, under coverage, on mutants.

    A text that is no suite measures NaN. Where a test fails, nothing is covered and no mutant is
    killed. Tests that do not end on a mutant kill it.
    """

    subject: Subject
    name: str = "ingenium-mutants"
    version: str = "1"
    tier: Literal["cheap", "exact"] = "exact"
    quantities: tuple[Quantity, ...] = (
        Quantity("failing", "1", "tests that fail on the module as it is"),
        Quantity("flaky", "1", "tests that fail in one of 20 reruns, in other orders and hashes"),
        Quantity("idle", "1", "tests that kill no mutant"),
        Quantity("branch_coverage", "1", "share of the branches that are taken", shown="%"),
        Quantity("mutation_score", "1", "share of the module's mutants that are killed", shown="%"),
        SAMPLE_KILLED,
        Quantity("tests", "1", "tests of the suite"),
        Quantity("characters", "1", "length of the suite"),
    )

    def measure(self, *arrays: Tensor) -> Float[Tensor, "n 8"]:
        rows = [self._row(text) for text in texts(arrays[0])]
        return torch.tensor(rows, dtype=torch.float64).reshape(-1, len(self.quantities))

    def _row(self, suite: str) -> tuple[float, ...]:
        try:
            run = self.run(suite)
        except InputError:
            return (math.nan,) * len(self.quantities)
        count, length = float(len(run.tests)), float(sum(len(t.source) for t in run.tests))
        if not run.whole:
            failing = float(len(run.failed)) or count
            return failing, 0.0, count, 0.0, 0.0, 0.0, count, length
        score = len(run.killed) / len(run.kills)
        sample = sum(bool(run.kills[n]) for n in self.subject.sample)
        flaky, idle = float(len(run.flaky)), float(len(run.idle))
        return 0.0, flaky, idle, run.branch_coverage, score, float(sample), count, length

    @lru_cache(maxsize=512)  # noqa: B019 - a problem has one, and files need what was measured
    def run(self, suite: str) -> SuiteRun:
        """Run a suite, and return its measurements.

        Raises:
            InputError: for a text that is no suite.
        """
        tests = self.subject.read(suite)
        module = self.subject.module
        job = {
            "name": module.name,
            "source": module.source,
            "suite": self.subject.file("".join(t.source for t in tests)),
            "mutants": [m.number for m in self.subject.mutants],
        }
        (found,) = bench.run("suites.run", job)
        if found["ended"] != "done":
            return SuiteRun(tests, str(found["ended"]))
        return SuiteRun(
            tests,
            "done",
            failed=found["failed"],
            flaky=tuple(found.get("flaky", ())),
            seconds=found["seconds"],
            coverage=found.get("coverage"),
            kills={int(n): tuple(by) for n, by in found.get("kills", {}).items()},
        )


@dataclass(frozen=True, eq=False)
class PytestVerifier:
    """Cross-check by pytest: some mutants as plain files without a switch, in clean folders."""

    subject: Subject
    name: str = "pytest"
    version: str = "1"
    tier: Literal["cheap", "exact"] = "exact"
    quantities: tuple[Quantity, ...] = (SAMPLE_KILLED,)

    def measure(self, *arrays: Tensor) -> Float[Tensor, "n 1"]:
        rows = [self._killed(text) for text in texts(arrays[0])]
        return torch.tensor(rows, dtype=torch.float64).reshape(-1, 1)

    def _killed(self, suite: str) -> float:
        module = self.subject.module
        try:
            tests = self.subject.read(suite)
        except InputError:
            return math.nan
        job = {
            "name": module.name,
            "source": module.source,
            "file": self.subject.file("".join(t.source for t in tests)),
            "mutants": list(self.subject.sample),
        }
        (found,) = bench.run("by_pytest.run", job)
        if None in found:
            return math.nan
        return 0.0 if found[0] else float(sum(found[1:]))
