"""A study: the row of a claim, the module whose `measure` tests it, and its run.

There are at least five seeds. While the main claim is open and a seed is cheap, a study of trials
continues to thirty, and is judged at the level of so many looks; pieces of earlier seeds are
cached, so that nothing is measured twice.
"""

import re
import shutil
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from functools import partial
from importlib import import_module
from importlib.metadata import packages_distributions, requires
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ingenium.core.errors import InputError
from ingenium.evaluate.measured import Budget, Control, Measure, Measured, PieceSpread, Value
from ingenium_book.claims import Claim
from ingenium_book.history import OWN, commit, docstring, stamp
from ingenium_book.verdicts import BookVerdict, Bounds, RowVerdict, decide

if TYPE_CHECKING:
    from ingenium.core.problem import Watch
    from ingenium.scale.place import WorkPlace
    from ingenium.scale.port import Answering

FEWEST, MOST = 5, 30  # seeds of a full study
EXPENSIVE_S = 300.0  # CPU time of a seed from which five are enough
OPEN = (RowVerdict.CONSISTENT, RowVerdict.NOT_DECIDED)


@dataclass(frozen=True)
class Result:
    """The outcome of one run, with all that is needed to repeat and to question it."""

    row: str
    quick: bool
    seeds: tuple[int, ...]
    sequential: bool  # it may go on to more seeds, so that its intervals are wider
    main: str  # name and bound of the main claim that it was measured for
    values: Mapping[str, Value]  # of the main claim, of side checks, and of all others
    control: Control | None
    notes: tuple[str, ...]
    seconds: float
    cpu_seconds: float | None  # unknown for older results
    time: str  # when it was finished, UTC
    data: str
    commit: str  # of the source; empty without git
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

    @property
    def main(self) -> str:
        """Name and bound of the main claim, in words."""
        main = self.claim.main
        return f"{main.name}: {main.bound}" if main else ""

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

    def verdict(self, result: Result) -> BookVerdict:
        """Judge a result by the rule.

        Raises:
            InputError: if a part or a rival was not measured.
        """
        return self._judged(
            result.values, result.control, len(result.seeds), sequential=result.sequential
        )

    def _judged(
        self, values: Mapping[str, Value], control: Control | None, seeds: int, *, sequential: bool
    ) -> BookVerdict:
        claim = self.claim
        absent = [part.name for part in claim.parts if part.name not in values]
        if absent or claim.main is None:
            raise InputError("a value for each part of the claim", f"none for {', '.join(absent)}")
        quality = tuple(part for part in claim.side if part.name in claim.quality)
        bounds = Bounds(claim.main, claim.rivals, quality, claim.scope)
        return decide(bounds, values, control, seeds=seeds, sequential=sequential)

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
            InputError: for too few seeds, a part without a value, or workers without arms.
            MissingExtra: if the packages of a domain are not installed.
        """
        from ingenium.core.energy import Meter
        from ingenium.core.problem import silent
        from ingenium.core.provenance import machine, versions

        measure, seeds = self.measure(), self.seeds(count, quick=quick)
        spread = self._spread(measure, on, quick=quick)
        pieces, sequential = self._pieces(folder), False
        free = not quick and count is None and _is_trials(measure)
        started = time.perf_counter()
        budget = Budget(seeds, quick, pieces / ("quick" if quick else "full"), spread)
        with Meter() as meter:
            while True:
                found = measure(budget, watch or silent)
                spent, undecided = meter.read(), self._open(found, len(seeds))
                cheap = free and spent.cpu_seconds < EXPENSIVE_S * len(seeds)
                sequential = sequential or cheap
                if not cheap or len(seeds) >= MOST or not undecided:
                    break
                seeds = tuple(range(min(2 * len(seeds), MOST)))
                budget = replace(budget, seeds=seeds)
        shutil.rmtree(pieces, ignore_errors=True)
        return Result(
            row=self.claim.row,
            quick=quick,
            seeds=seeds,
            sequential=sequential,
            main=self.main,
            values=found.values,
            control=found.control,
            notes=found.notes,
            seconds=time.perf_counter() - started,
            cpu_seconds=spent.cpu_seconds,
            time=datetime.now(UTC).isoformat(timespec="seconds"),
            data=found.data,
            commit=commit(self.claim.package),
            versions=versions(loaded()),
            machine=machine(),
            command=self.command(len(seeds), quick=quick),
            energy=asdict(spent),
        )

    def _open(self, found: Measured, seeds: int) -> bool:
        """True if more seeds may decide."""
        verdict = self._judged(found.values, found.control, seeds, sequential=True)
        return verdict.status in OPEN

    def also(self, result: Result) -> Result:
        """Return the result for another row of the same module."""
        return replace(
            result,
            row=self.claim.row,
            main=self.main,
            notes=(*result.notes, f"The run of {result.row}, which measured both."),
            command=self.command(len(result.seeds), quick=result.quick),
        )

    def _spread(
        self, measure: Measure, on: "WorkPlace | None", *, quick: bool
    ) -> PieceSpread | None:
        """Return the workers that compute pieces; None for this process."""
        if on is None or not on.handed_out:
            return None
        if not _is_trials(measure):
            raise InputError(
                "a study of arms and seeds, which workers can share",
                f"{self.claim.row}, which measures as a whole",
                "Leave --on out.",
            )
        return partial(_handed_out, on, self.claim.study, quick)

    def _pieces(self, folder: Path) -> Path:
        """Folder of the pieces; those of other source are never reused."""
        return folder / stamp(self.claim.package)[7:19]

    def command(self, count: int, *, quick: bool) -> str:
        """The command that repeats a run."""
        return f"ingenium study run {self.claim.row}{' --quick' if quick else ''} --seeds {count}"


def _is_trials(measure: Measure) -> bool:
    from ingenium.evaluate.trials import Trials

    return isinstance(measure, Trials)


def loaded() -> tuple[str, ...]:
    """Distributions that the engine asks for, or an extra of it, and that are loaded."""
    known = packages_distributions()
    named = {re.split(r"[^\w.-]", text)[0].lower() for text in requires(OWN) or ()}
    tops = {name.partition(".")[0] for name in sys.modules}
    found = {d for top in tops for d in known.get(top, ())}
    return tuple(sorted(d for d in found if d.lower() in named))


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
