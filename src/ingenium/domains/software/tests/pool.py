"""The pool of tests that suites are built from, each with the mutants that it kills."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

import numpy as np

from ingenium.core.problem import Watch, silent
from ingenium.core.recipe import Arrays, Recipe, as_array
from ingenium.domains.software import bench
from ingenium.domains.software.tests.calls import WrittenCandidate
from ingenium.domains.software.tests.grammar import head, read_suite
from ingenium.domains.software.tests.search import Archive, SuiteFindings, SuiteSearchPlan, search
from ingenium.domains.software.tests.surface import surface
from ingenium.domains.software.tests.verifier import Subject
from ingenium.domains.software.tests.writing import written

_LONG = 300  # characters of a test above which it has to kill twice as many
_RANDOM = 40  # tests of unguided calls, for the baseline


@dataclass(frozen=True)
class PoolTest:
    """A test, its origin, and the mutants that it kills."""

    name: str
    source: str
    label: str
    kills: frozenset[int]
    blind: bool  # from the first, unguided round

    @property
    def plain(self) -> dict[str, Any]:
        """Return plain data for JSON."""
        return self.__dict__ | {"kills": sorted(self.kills)}


@dataclass(frozen=True)
class SuitePool:
    """All tests of a module, and notes of the search."""

    tests: tuple[PoolTest, ...]
    wrong_examples: tuple[tuple[int, str, str, str], ...] = ()  # line, expression, expected, got
    course: tuple[tuple[int, int, int], ...] = field(default=(), repr=False)

    def of(self, *, blind: bool | None = None, label: str | None = None) -> list[PoolTest]:
        """Return tests of one origin."""
        return [
            t
            for t in self.tests
            if (blind is None or t.blind == blind) and (label is None or t.label == label)
        ]


def pool(subject: Subject, plan: SuiteSearchPlan, watch: Watch = silent) -> SuitePool:
    """Return the pool of a module, built once and then read from the cache.

    Cached tests are parsed like any test file, so that nothing else can be run from the cache.
    """

    def make(_: int) -> Arrays:
        return {"pool": as_array(json.dumps(_made(subject, plan, watch)))}

    under = [subject.module.name, subject.module.digest, plan, subject.most, subject.seed]
    stored = Recipe("software_tests", under, make).complete(watch)
    found = json.loads(bytes(stored["pool"].astype(np.uint8)).decode())
    tests = [PoolTest(**{**t, "kills": frozenset(t["kills"])}) for t in found["tests"]]
    for t in tests:
        read_suite(t.source, subject.module.name, subject.public)
    wrong = tuple((int(a), str(b), str(c), str(d)) for a, b, c, d in found["wrong_examples"])
    return SuitePool(tuple(tests), wrong, tuple((a, b, c) for a, b, c in found["course"]))


def _made(subject: Subject, plan: SuiteSearchPlan, watch: Watch) -> dict[str, Any]:
    """Search, write tests, run them together, and drop what fails or is flaky."""
    numbers = tuple(m.number for m in subject.mutants)
    archive = search(subject.module, surface(subject.module), numbers, plan, watch)
    listed = _written(archive, subject)
    if listed:
        watch("run tests on mutants", 0, 1)
        listed = _steady(listed, subject)
    wrong = [[e.line, e.expression, e.wanted, gave] for e, gave in archive.wrong_examples]
    return {
        "tests": [t.plain for t in listed],
        "wrong_examples": wrong,
        "course": archive.course,
    }


def _written(archive: Archive, subject: Subject) -> list[PoolTest]:
    """Write findings as tests, then some of the first, unguided round."""
    seen, tests = set(), list[PoolTest]()
    blind = [f for f in archive.first if not isinstance(f.candidate, WrittenCandidate)][:_RANDOM]
    for i, found in enumerate([*archive.found, *blind]):
        name = f"test_{_subject_of(found)}_{len(tests) + 1}"
        label = (
            found.candidate.label if isinstance(found.candidate, WrittenCandidate) else "Observed."
        )
        test = written(
            name, found.candidate, found.portrait, subject.module.name, subject.public, label
        )
        unguided = i >= len(archive.found)
        if test is not None:
            body = (unguided, test.source.partition("\n")[2])
            if body not in seen:
                seen.add(body)
                tests.append(PoolTest(name, test.source, label, frozenset(), unguided))
    return tests


def _subject_of(found: SuiteFindings) -> str:
    """Return the name that a test is named after."""
    if isinstance(found.candidate, WrittenCandidate):
        return "example" if found.candidate.label == "Specified." else "property"
    return found.candidate.target.name.replace(".", "_").strip("_").lower()


def _steady(listed: Sequence[PoolTest], subject: Subject) -> list[PoolTest]:
    """Return tests that pass and are not flaky, with the mutants that they kill."""
    module, left = subject.module, list(listed)
    job = {"name": module.name, "source": module.source, "mutants": []}
    for _ in range(3):  # a test may fail only after another one
        suite = head(module.name) + "".join(t.source for t in left)
        (found,) = bench.run("suites.run", {**job, "suite": suite})
        bad = set(found.get("failed", {})) | set(found.get("flaky", ()))
        if found["ended"] != "done":
            bad = {t.name for t in left if not _ends(t, job)}
        left = [t for t in left if t.name not in bad]
        if not bad or not left:
            break
    if not left:
        return []
    suite = head(module.name) + "".join(t.source for t in left)
    numbers = [m.number for m in subject.mutants]
    (found,) = bench.run("suites.run", {**job, "suite": suite, "mutants": numbers, "once": True})
    kills: dict[str, set[int]] = {t.name: set() for t in left}
    for number, by in found.get("kills", {}).items():
        for name in by:
            kills[name].add(int(number))
    return [PoolTest(t.name, t.source, t.label, frozenset(kills[t.name]), t.blind) for t in left]


def _ends(test: PoolTest, job: dict[str, Any]) -> bool:
    """Check that a test ends when it runs alone."""
    suite = head(job["name"]) + test.source
    (found,) = bench.run("suites.run", {**job, "suite": suite, "once": True})
    return bool(found["ended"] == "done")


def cover(rows: Sequence[PoolTest], share: float, rng: Random) -> list[PoolTest]:
    """Choose few tests that kill that share of all killed mutants; each one adds a mutant."""
    left = set().union(*(r.kills for r in rows)) if rows else set()
    enough = (1.0 - share) * len(left)
    weight = {r.name: rng.uniform(0.8, 1.2) / (1 + len(r.source) / _LONG) for r in rows}
    chosen: list[PoolTest] = []
    while len(left) > enough:
        best = max(rows, key=lambda r: len(r.kills & left) * weight[r.name])
        if not best.kills & left:
            break
        chosen.append(best)
        left -= best.kills
    return chosen
