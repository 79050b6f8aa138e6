"""A study: the row of a claim, the module whose `measure` tests it, and its run.

There are at least five seeds. While the main claim is open and a seed is cheap, a study of trials
continues to thirty; pieces of earlier seeds are cached, so that nothing is measured twice.
"""

import math
import shutil
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ingenium.core.errors import InputError
from ingenium.evaluate.measured import Budget, Control, Interval, Measure, PieceSpread, Value
from ingenium_book.claims import Claim
from ingenium_book.closure import code, distributions, docstring
from ingenium_book.verdicts import RowVerdict, decide

if TYPE_CHECKING:
    from ingenium.core.problem import Watch
    from ingenium.scale.place import WorkPlace
    from ingenium.scale.port import Answering

FEWEST, MOST = 5, 30  # seeds of a full study
EXPENSIVE_S = 60.0  # CPU time of a seed from which five are enough
OPEN = (RowVerdict.CONSISTENT, RowVerdict.NOT_DECIDED)
UNKNOWN = Interval(math.nan, math.nan, math.nan)


@dataclass(frozen=True)
class Result:
    """The outcome of one run, with all that is needed to repeat and to question it."""

    row: str
    verdict: RowVerdict
    quick: bool
    seeds: tuple[int, ...]
    values: Mapping[str, Value]  # of the main claim, of side checks, and of all others
    control: Control | None
    canary: float | None  # the main value of a quick look with one seed, on the same source
    notes: tuple[str, ...]
    seconds: float
    cpu_seconds: float | None  # unknown for older results
    time: str  # when it was finished, UTC
    data: str
    code: str
    versions: Mapping[str, str]
    machine: Mapping[str, Any]
    command: str
    energy: Mapping[str, Any] | None = None  # entries of `core.energy.Energy`


@dataclass(frozen=True)
class Study:
    """A claim with a study."""

    claim: Claim

    def __post_init__(self) -> None:
        if not self.claim.study:
            raise InputError("a row with a study", f"{self.claim.row}, which has none")

    @property
    def protocol(self) -> str:
        """Protocol: the docstring of its module, which is not imported."""
        return " ".join(docstring(self.claim.study).split())

    def code(self) -> str:
        """Digest of all source of the result."""
        return code(self.claim.study)

    def measure(self) -> Measure:
        """Load the `measure` of its module.

        Raises:
            MissingExtra: if packages of its field are not installed.
            InputError: if the module has no `measure`.
        """
        module = import_module(self.claim.study)
        found = getattr(module, "measure", None)
        if found is None:
            raise InputError(f"`measure` in {self.claim.study}", "a module without it")
        return found  # type: ignore[no-any-return]

    def seeds(self, count: int | None, *, quick: bool) -> tuple[int, ...]:
        """Return the seeds of a run, or its first ones.

        Raises:
            InputError: for fewer than five seeds of a full study, or none at all.
        """
        least = 1 if quick else FEWEST
        requested = least if count is None else count
        if requested < least:
            raise InputError(
                f"at least {least} seed{'s' if least > 1 else ''}",
                requested,
                "Write --quick for a look with fewer." if not quick else "Write --seeds 1.",
            )
        return tuple(range(requested))

    def verdict(self, values: Mapping[str, Value], control: Control | None) -> RowVerdict:
        """Judge the values of the main claim.

        Raises:
            InputError: if a part was not measured.
        """
        claim = self.claim
        absent = [part.name for part in claim.parts if part.name not in values]
        if absent or claim.main is None:
            raise InputError("a value for each part of the claim", f"none for {', '.join(absent)}")
        return decide(claim.main, values[claim.main.name].interval, claim.scope, control)

    def run(
        self,
        count: int | None,
        *,
        quick: bool,
        folder: Path,
        watch: "Watch | None" = None,
        on: "WorkPlace | None" = None,
    ) -> Result:
        """Measure, and decide by the rule. `folder` stores pieces of long measurements.

        Without a count of seeds a full run begins with five and continues while that is worthwhile.
        Arms and seeds run `on` workers with the same values.

        Raises:
            InputError: if there are too few seeds, or a part was not measured, or workers are
                requested for a study without arms and seeds.
            MissingExtra: if the packages of a domain are not installed.
        """
        from ingenium.core.energy import Meter
        from ingenium.core.problem import silent
        from ingenium.core.provenance import machine, versions

        measure, seeds = self.measure(), self.seeds(count, quick=quick)
        spread = self._spread(measure, on, quick=quick)
        digest, pieces = self.code(), self._pieces(folder)
        started = time.perf_counter()
        budget = Budget(seeds, quick, pieces / ("quick" if quick else "full"), spread)
        with Meter() as meter:
            while True:
                found = measure(budget, watch or silent)
                verdict, spent = self.verdict(found.values, found.control), meter.read()
                done = quick or count is not None
                if done or not self._goes_on(verdict, measure, spent.cpu_seconds, len(seeds)):
                    break
                seeds = tuple(range(min(2 * len(seeds), MOST)))
                budget = replace(budget, seeds=seeds)
        seconds = time.perf_counter() - started
        canary = None if quick else self.canary(folder, watch or silent)
        shutil.rmtree(pieces, ignore_errors=True)
        return Result(
            row=self.claim.row,
            verdict=verdict,
            quick=quick,
            seeds=seeds,
            values=found.values,
            control=found.control,
            canary=canary,
            notes=found.notes,
            seconds=seconds,
            cpu_seconds=spent.cpu_seconds,
            time=datetime.now(UTC).isoformat(timespec="seconds"),
            data=found.data,
            code=digest,
            versions=versions(distributions(self.claim.study)),
            machine=machine(),
            command=self.command(len(seeds), quick=quick),
            energy=asdict(spent),
        )

    def also(self, result: Result) -> Result:
        """Return the result for another row of the same module."""
        return replace(
            result,
            row=self.claim.row,
            verdict=self.verdict(result.values, result.control),
            canary=None,
            notes=(*result.notes, f"The run of {result.row}, which measured both."),
            command=self.command(len(result.seeds), quick=result.quick),
        )

    def _spread(
        self, measure: Measure, on: "WorkPlace | None", *, quick: bool
    ) -> PieceSpread | None:
        """Return the workers that compute pieces; None for this process."""
        from ingenium.evaluate.trials import Trials

        if on is None or not on.handed_out:
            return None
        if not isinstance(measure, Trials):
            raise InputError(
                "a study of arms and seeds, which workers can share",
                f"{self.claim.row}, which measures as a whole",
                "Leave --on out.",
            )
        return partial(_handed_out, on, self.claim.study, quick)

    def _goes_on(self, verdict: RowVerdict, measure: Measure, spent_s: float, seeds: int) -> bool:
        """True if more seeds may decide, at little cost."""
        from ingenium.evaluate.trials import Trials

        cheap = isinstance(measure, Trials) and spent_s < EXPENSIVE_S * seeds
        return cheap and verdict in OPEN and seeds < MOST

    def canary(self, folder: Path, watch: "Watch") -> float | None:
        """Main value of a quick look with one seed; None where it has no value."""
        assert self.claim.main is not None
        pieces = self._pieces(folder)
        found = self.measure()(Budget((0,), quick=True, folder=pieces / "canary"), watch)
        shutil.rmtree(pieces / "canary", ignore_errors=True)
        main = found.values[self.claim.main.name]
        reported = [x for x in (main.interval.value, *main.by_seed) if math.isfinite(x)]
        return (
            reported[0] if reported else None
        )  # of a ratio one seed gives a value and no interval

    def _pieces(self, folder: Path) -> Path:
        """Folder of the pieces; those of other source are never reused."""
        return folder / self.code()[7:19]

    def command(self, count: int, *, quick: bool) -> str:
        """The command that repeats a run."""
        return f"ingenium study run {self.claim.row}{' --quick' if quick else ''} --seeds {count}"


def _handed_out(
    on: "WorkPlace", module: str, quick: bool, tasks: Sequence[tuple[str, int]]
) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """Pieces of a study from workers."""
    from ingenium.scale.port import opened
    from ingenium.scale.worker_pool import spread

    with opened(on) as site:
        yield from spread(site, partial(_piece_maker, module, quick), tasks)


def _piece_maker(module: str, quick: bool) -> "Answering":
    """Function that answers a worker's tasks: an arm and a seed."""
    measure = import_module(module).measure
    return lambda task: measure.piece(*task, quick=quick)
