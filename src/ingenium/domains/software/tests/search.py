"""The search for tests: calls are sampled and changed; those that reach something new are stored.

There is one objective for each step between lines and one for each mutant; for each the archive
stores the shortest candidate that reaches it. Rounds and candidates are counted, never seconds, so
that the same spec gives the same tests on any machine.

Source: many objectives with an archive as in Panichella et al., IEEE TSE 44(2), 2018.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

from ingenium.core.problem import Watch, silent
from ingenium.domains.software import bench
from ingenium.domains.software.tests.calls import Caller, Candidate, WrittenCandidate
from ingenium.domains.software.tests.module import Module
from ingenium.domains.software.tests.surface import Example, Surface

Tried = Candidate | WrittenCandidate
LineStep = tuple[int, int]
_MISUSE = ("TypeError", "AttributeError")
_FRESH = 0.35  # share of new samples among candidates once some can be changed


@dataclass(frozen=True)
class SuiteSearchPlan:
    """Length of the search."""

    rounds: int = 12
    candidates: int = 120  # of a round
    seed: int = 0


@dataclass
class SuiteFindings:
    """A candidate, its result, its steps, and the mutants that it detected."""

    candidate: Tried
    portrait: Sequence[Any]
    steps: frozenset[LineStep]
    round: int
    kills: set[int] = field(default_factory=set)

    def length(self, module: str) -> int:
        """Return the number of characters of its statements."""
        return sum(map(len, self.candidate.statements(module)))


@dataclass
class Archive:
    """Findings for a module, in order."""

    module: Module
    surface: Surface
    mutants: tuple[int, ...]  # numbers of the mutants that are tried
    found: list[SuiteFindings] = field(default_factory=list)
    wrong_examples: list[tuple[Example, str]] = field(default_factory=list)
    first: list[SuiteFindings] = field(default_factory=list)  # of the first round, for the baseline
    course: list[tuple[int, int, int]] = field(default_factory=list)  # tried, steps, killed

    @property
    def killed(self) -> set[int]:
        """Mutants that a candidate detects."""
        return set().union(*(f.kills for f in self.found)) if self.found else set()

    @property
    def steps(self) -> set[LineStep]:
        """Steps between lines that a candidate takes."""
        return set().union(*(f.steps for f in self.found)) if self.found else set()


def search(
    module: Module,
    surface: Surface,
    mutants: tuple[int, ...],
    plan: SuiteSearchPlan,
    watch: Watch = silent,
) -> Archive:
    """Search for tests of a module, in rounds of candidates that start from earlier findings."""
    rng = Random(f"{module.digest} {plan.seed}")
    caller = Caller(surface, module.name, rng)
    archive = Archive(module, surface, mutants)
    tried, count = set(), 0
    for number in range(plan.rounds):
        watch("search tests", number, plan.rounds)
        wanted: list[Tried] = list(_properties(archive)) if number == plan.rounds // 2 else []
        wanted += list(_examples(surface)) if not number else []
        wanted += [_next(caller, archive, rng) for _ in range(plan.candidates - len(wanted))
                   if surface.entrances]  # fmt: skip
        fresh = []
        for candidate in wanted:
            key = candidate.statements(module.name)
            if key not in tried:
                tried.add(key)
                fresh.append(candidate)
        if fresh:
            count += len(fresh)
            _try(archive, caller, fresh, number)
        archive.course.append((count, len(archive.steps), len(archive.killed)))
    return archive


def _try(archive: Archive, caller: Caller, fresh: Sequence[Tried], number: int) -> None:
    """Run candidates in the sandbox, and store those that reach something new."""
    name = archive.module.name
    alive = sorted(set(archive.mutants) - archive.killed)
    job = {"name": name, "source": archive.module.source, "alive": alive}
    job["candidates"] = [list(c.statements(name)) for c in fresh]
    (said,) = bench.run("observing.observe", job)
    rows: list[SuiteFindings | None] = []
    for candidate, seen in zip(fresh, said["seen"], strict=True):
        portrait = None if seen is None else seen["portrait"]
        if isinstance(candidate, Candidate):
            raised = "TypeError" if portrait is None else _type_raised(portrait)
            caller.learn(candidate, raised)
        steps = frozenset(tuple(s) for s in seen["steps"]) if seen else frozenset()
        rows.append(_retained(archive, candidate, portrait, steps, number))
    for mutant, noticed in said["kills"].items():
        for i in noticed:
            row = rows[i]
            if row is not None:
                row.kills.add(int(mutant))
    known, killed = archive.steps, archive.killed
    usable = [r for r in rows if r is not None]
    if not number:
        archive.first = usable
    for row in sorted(usable, key=lambda r: (-len(r.kills), r.length(name))):
        requested = isinstance(row.candidate, WrittenCandidate)
        if row.steps - known or row.kills - killed or (requested and row.kills):
            archive.found.append(row)
            known |= row.steps
            killed |= row.kills


def _retained(
    archive: Archive,
    candidate: Tried,
    portrait: Sequence[Any] | None,
    steps: frozenset[LineStep],
    number: int,
) -> SuiteFindings | None:
    """Return a candidate that can become a test; note a wrong example."""
    if portrait is None:
        return None
    raised = _type_raised(portrait)
    if raised in _MISUSE and raised not in archive.module.source:
        return None  # unrealistic arguments
    if isinstance(candidate, WrittenCandidate) and candidate.wanted is not None:
        last = portrait[1][-1]
        said = last[2] if portrait[0] == "value" else f"{last[0]}: {last[1]}"
        if said != candidate.wanted:
            example = candidate.label == "Specified."
            if example and portrait[0] == "value" and last[1] in ("literal", "repr"):
                archive.wrong_examples.append((_example_of(archive, candidate), said))
            return None
    return SuiteFindings(candidate, portrait, steps, number)


def _example_of(archive: Archive, candidate: WrittenCandidate) -> Example:
    said = candidate.written[-1].partition(" = ")[2]
    return next(e for e in archive.surface.examples if e.expression == said)


def _type_raised(portrait: Sequence[Any]) -> str | None:
    return str(portrait[1][0][0]) if portrait[0] == "raised" else None


def _next(caller: Caller, archive: Archive, rng: Random) -> Candidate:
    """Return another candidate: near one that reached something, or sampled for open objectives."""
    entrances = caller.surface.entrances
    weights = _open(archive, entrances)
    entrance = rng.choices(entrances, weights)[0]
    near = [f.candidate for f in archive.found
            if isinstance(f.candidate, Candidate) and f.candidate.target is entrance]  # fmt: skip
    if near and rng.random() > _FRESH:
        return caller.changed(rng.choice(near[-20:]))
    return caller.fresh(entrance)


def _open(archive: Archive, entrances: Sequence[Any]) -> list[float]:
    """Count mutants in the lines of each entrance that are still undetected."""
    lines = {m.number: m.line for m in archive.module.mutants}
    alive = [lines[n] for n in set(archive.mutants) - archive.killed]
    return [1.0 + sum(e.first <= line <= e.last for line in alive) for e in entrances]


def _examples(surface: Surface) -> Iterator[WrittenCandidate]:
    """Yield examples of docstrings."""
    for e in surface.examples:
        statements = (*e.before, f"result = {e.expression}")
        yield WrittenCandidate(statements, "Specified.", e.wanted)


_INVERSE = (
    ("encode", "decode"),
    ("dumps", "loads"),
    ("quote", "unquote"),
    ("escape", "unescape"),
    ("pack", "unpack"),
    ("compress", "decompress"),
    ("unparse", "parse"),
    ("format", "parse"),
    ("join", "split"),
    ("to", "from"),
)


def _properties(archive: Archive) -> Iterator[WrittenCandidate]:
    """Yield round trips and idempotent calls, on arguments that worked."""
    name = archive.module.name
    own = {e.name for e in archive.surface.entrances if not e.owner and not e.makes}
    for found in list(archive.found):
        if not isinstance(found.candidate, Candidate) or len(found.candidate.steps) > 1:
            continue
        (step,) = found.candidate.steps
        reported = [row for row in found.portrait[1] if row[0] == "result"]
        if step.entrance.name not in own or len(step.arguments) != 1 or not reported:
            continue
        value, result = step.arguments[0][1], reported[0]
        if found.portrait[0] != "value" or result[1] != "literal" or value.startswith("@"):
            continue
        function = step.entrance.name
        call = f"{name}.{function}({value})"
        once = f"result = {name}.{function}({call}) == {call}"
        yield WrittenCandidate((once,), "Metamorphic.", "True")
        for one, other in _INVERSE:
            inverse = function.replace(one, other)
            if one in function and inverse in own and inverse != function:
                back = f"result = {name}.{inverse}({call}) == {value}"
                yield WrittenCandidate((back,), "Metamorphic.", "True")
