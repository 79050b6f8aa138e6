"""Row 37.14: a closed loop on simulated instruments that fail, with all trials in one log.

Each seed draws a library of 2500 training molecules of MOSES. Likeness to drugs (QED) and the
share of saturated carbon are to be large; hypervolume is counted above 0.5 and 0.2. 1000 trials
in rounds of 100: the first 100 by chance, then those of the most expected growth of the
hypervolume by two Gaussian processes on fingerprints. Chance takes the same library in a random
order, and sets the target by its 1000 trials. Once more with instruments that give no answer on 5
% of the molecules, and again with 3 power cuts, which must measure the same molecules in the same
order. Bounds were written before any full run. Budget: 5 seeds, 4 runs of 1000 trials; quick: 1
seed, 80 trials.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np
import torch
import xarray as xr
from jaxtyping import Float64, Int

from ingenium.core.asking import resolve
from ingenium.core.designs import DESIGN
from ingenium.core.digest import digest
from ingenium.core.problem import Watch
from ingenium.core.quantity import Quantity
from ingenium.core.spec import Objective, Spec
from ingenium.core.text import texts
from ingenium.domains.molecules.language import SMILES
from ingenium.domains.molecules.lead import Lead, LeadSettings
from ingenium.domains.molecules.verifier import MoleculeVerifier
from ingenium.evaluate.intervals import Interval, t_interval
from ingenium.evaluate.measured import Budget, Measured, from_intervals
from ingenium.kits.chemistry.likeness import fingerprints
from ingenium.kits.chemistry.parsing import parsed
from ingenium.loop import training
from ingenium.search.drawn import Stock
from ingenium.search.fronts import grown, hypervolume
from ingenium.search.search import Search
from ingenium.search.stopping import Stop
from ingenium.search.store import Store
from ingenium.search.strategy import State, Strategy
from ingenium.studies.choosing import Process, hypervolume_improvement, tanimoto

AIMS = ("qed", "sp3")
LEAST = np.array([0.5, 0.2])  # from which hypervolume is counted
BITS = 512  # of fingerprints
LISTED = 3  # molecules that are looked at closely for each that is chosen
KNOWN = 20_000  # molecules from which each seed draws its library


@dataclass(frozen=True)
class Size:
    """Of the runs of one seed."""

    library: int = 2500  # molecules that can be had
    trials: int = 1000
    batch: int = 100  # trials of a round
    first: int = 100  # trials by chance
    cuts: tuple[int, ...] = (130, 480, 910)  # trials at which everything stops


FULL, QUICK = Size(), Size(400, 80, 20, 20, (30, 65))
FAILING = 0.05  # share of molecules on which the instruments give no answer


class PowerCut(BaseException):
    """Everything stops, whatever was being done."""


@dataclass(eq=False)
class Instruments:
    """Simulated instruments: those of the domain, which may fail or stop for good.

    Which molecules they fail on is drawn once; where they stop is counted in trials.
    """

    own: MoleculeVerifier
    failing: frozenset[str] = frozenset()
    cuts: list[int] = field(default_factory=list)
    known: dict[str, np.ndarray] = field(default_factory=dict)  # by text, from any run
    trials: int = 0

    @property
    def name(self) -> str:
        """Of the packages."""
        return self.own.name

    @property
    def version(self) -> str:
        """Of the packages."""
        return self.own.version

    @property
    def tier(self) -> str:
        """That of what they simulate."""
        return self.own.tier

    @property
    def quantities(self) -> tuple[Quantity, ...]:
        """Those that the aims need, and what comes with them."""
        return self.own.quantities

    def measure(self, codes: torch.Tensor) -> torch.Tensor:
        """All quantities; none for what they fail on.

        Raises:
            PowerCut: in the middle of these, where it is time.
        """
        self.trials += len(codes)
        if self.cuts and self.trials >= self.cuts[0]:
            self.cuts.pop(0)
            raise PowerCut
        asked = texts(codes)
        new = [i for i, text in enumerate(asked) if text not in self.known]
        if new:
            rows = self.own.measure(codes[new]).numpy()
            self.known |= {asked[i]: row for i, row in zip(new, rows, strict=True)}
        found = np.stack([self.known[text] for text in asked])
        found[[text in self.failing for text in asked]] = np.nan
        return torch.from_numpy(found)


class Screening:
    """Molecules of a library in the order in which they promise most.

    Two Gaussian processes on fingerprints learn the aims; a batch takes one after the other what
    is expected to add most to the hypervolume, as if those before it had come out as expected.

    Shapes: n molecules of the library.
    """

    def __init__(self, library: xr.Dataset, prints: np.ndarray, first: int, seed: int) -> None:
        self.library, self.prints = library, prints
        self.start = np.random.default_rng(seed).permutation(len(prints))[:first]
        self.rows: Int[np.ndarray, " t"] = np.empty(0, dtype=np.int64)
        self.y: Float64[np.ndarray, "t 2"] = np.empty((0, 2))

    def ask(self, n: int, rng: torch.Generator) -> xr.Dataset:
        """The first by chance, then those that promise most."""
        done = len(self.rows)
        if done < len(self.start):
            rows = self.start[done : done + n]
        else:
            rows = self._promising(min(n, len(self.prints) - done))
        return self.library.isel({DESIGN: rows}).assign_coords(row=(DESIGN, rows))

    def tell(self, designs: xr.Dataset, verdicts: xr.Dataset) -> None:
        """Keep what was asked for, answered or not, so that nothing is asked twice."""
        self.rows = np.append(self.rows, designs["row"].to_numpy())
        self.y = np.concatenate([self.y, np.stack([verdicts[a].to_numpy() for a in AIMS], 1)])

    def state_dict(self) -> State:
        """All that was told."""
        return {"rows": self.rows, "y": self.y}

    def load_state_dict(self, state: State) -> None:
        """Take over what was told."""
        self.rows, self.y = state["rows"], state["y"]

    def _promising(self, n: int) -> Int[np.ndarray, " n"]:
        answered = np.isfinite(self.y).all(1)
        x, y = self.prints[self.rows[answered]], self.y[answered]
        left = np.setdiff1d(np.arange(len(self.prints)), self.rows)
        parts = [
            Process.fitted(x, y[:, i], kernel=tanimoto, scales=(1.0,)).at(self.prints[left])
            for i in range(len(AIMS))
        ]
        mean, sd = (np.stack(part, 1) for part in zip(*parts, strict=True))
        front, chosen = -grown(np.empty((0, 2)), -y), list[int]()
        # What a molecule promises falls as the front grows, so that those behind stay behind.
        first = (-hypervolume_improvement(mean, sd, front, LEAST)).argsort()[: LISTED * n]
        left, mean, sd = left[first], mean[first], sd[first]
        for _ in range(n):
            gain = hypervolume_improvement(mean, sd, front, LEAST)
            gain[chosen] = -1.0
            chosen.append(int(gain.argmax()))
            front = -grown(-front, -mean[chosen[-1:]])
        return left[chosen]


@dataclass(frozen=True, eq=False)
class Lab:
    """A library of molecules, and instruments, of one seed."""

    problem: Lead
    size: Size
    seed: int

    @cached_property
    def library(self) -> xr.Dataset:
        """Known molecules, none of them twice."""
        whole = training(self.problem)
        rng = np.random.default_rng(self.seed)
        rows = rng.choice(whole.sizes[DESIGN], self.size.library, replace=False)
        return whole.isel({DESIGN: rows}).assign_coords({DESIGN: np.arange(len(rows))})

    @cached_property
    def smiles(self) -> list[str]:
        """Their texts."""
        return [str(s) for s in self.library[SMILES].to_numpy()]

    @cached_property
    def prints(self) -> np.ndarray:
        """Their fingerprints."""
        return fingerprints([parsed(s) for s in self.smiles], BITS).astype(np.float64)

    @cached_property
    def instruments(self) -> Instruments:
        """Those that never fail; others share what these measured."""
        own: MoleculeVerifier = self.problem.tiers[0]
        return Instruments(own.only(AIMS))

    @property
    def failing(self) -> frozenset[str]:
        """Molecules on which instruments give no answer."""
        rng = np.random.default_rng([self.seed, 1])
        out = rng.uniform(size=len(self.smiles)) < FAILING
        return frozenset(s for s, is_out in zip(self.smiles, out, strict=True) if is_out)

    def learning(self) -> Strategy:
        """The loop's own order."""
        return Screening(self.library, self.prints, self.size.first, self.seed)

    def chance(self) -> Strategy:
        """The library in a random order."""
        return Stock(self.problem, self.library, self.seed)


@dataclass(frozen=True, eq=False)
class Log:
    """What the file of a run holds when it is opened again."""

    y: Float64[np.ndarray, "t 2"]  # of each trial; NaN where there was no answer
    designs: tuple[str, ...]  # digests, in the order of the trials
    whole: bool  # the chain that binds the rounds is unbroken

    @property
    def sizes(self) -> Float64[np.ndarray, " t"]:
        """Hypervolume after each trial."""
        good = np.isfinite(self.y).all(1)
        return np.array([_size(self.y[: i + 1][good[: i + 1]]) for i in range(len(self.y))])


def went(lab: Lab, strategy: str, folder: Path, tools: Instruments) -> Log:
    """A run to its end, begun again after each power cut with nothing but its file."""
    with _opened(lab.problem, tools):
        while True:
            try:
                return _sitting(lab, strategy, folder)
            except PowerCut:
                continue


def _sitting(lab: Lab, strategy: str, folder: Path) -> Log:
    made: Strategy = getattr(lab, strategy)()
    spec = Spec("molecules.lead", objectives=tuple(Objective(a, "maximise") for a in AIMS))
    spec = resolve(spec, lab.problem)
    store = Store(folder / "search.sqlite")
    try:
        store.sit({})
        size = lab.size
        search = Search(lab.problem, spec, made, store, seed=lab.seed, batch=size.batch)
        search.run(Stop(calls=size.trials))
    finally:
        store.close()
    return read(lab, folder)


def read(lab: Lab, folder: Path) -> Log:
    """The log in the file of a run."""
    store = Store(folder / "search.sqlite")
    try:
        rows, faults = np.concatenate(store.measured()), store.check()
        names = [q.name for q in lab.problem.quantities]
        y = rows[:, [names.index(a) for a in AIMS]]
        return Log(y, tuple(store.verified()), not faults)
    finally:
        store.close()


@contextmanager
def _opened(problem: Lead, tools: Instruments) -> Iterator[None]:
    """The problem with other instruments."""
    before, limits = problem.tiers, problem.limits
    problem.tiers, problem.limits = (tools,), ()  # type: ignore[assignment]
    try:
        yield
    finally:
        problem.tiers, problem.limits = before, limits


def measure(budget: Budget, watch: Watch) -> Measured:
    """Each seed has a library of its own, and four runs."""
    problem = Lead(LeadSettings(known=KNOWN))
    rows, libraries = [], []
    for at, seed in enumerate(budget.seeds):
        watch("runs", at, len(budget.seeds))
        lab = Lab(problem, QUICK if budget.quick else FULL, seed)
        rows.append(scores(lab, budget.folder / str(seed)))
        libraries.append(lab.smiles)
    values, beside = found(rows)
    return from_intervals(values, beside, digest(libraries), NOTES)


def scores(lab: Lab, folder: Path) -> dict[str, float]:
    """By chance; learning; learning with failures; the same with power cuts."""
    sound, size = lab.instruments, lab.size
    flaky = Instruments(sound.own, lab.failing, known=sound.known)
    cut = Instruments(sound.own, lab.failing, list(size.cuts), sound.known)
    chance = went(lab, "chance", folder / "chance", sound)
    ours = went(lab, "learning", folder / "learning", sound)
    failed = went(lab, "learning", folder / "failing", flaky)
    again = went(lab, "learning", folder / "cut", cut)
    target = chance.sizes[-1]
    return {
        "fewer": 100 * (1 - first_at(ours.sizes, target) / size.trials),
        "log": float(min(len(set(x.designs)) for x in (chance, ours, failed, again) if x.whole)),
        "recovered": 100.0 * (again.designs == failed.designs and again.whole),
        "kept": 100 * failed.sizes[-1] / ours.sizes[-1],
        "trials to the hypervolume of chance": float(first_at(ours.sizes, target)),
        "trials, with failures": float(first_at(failed.sizes, target)),
        "hypervolume over that of chance, all trials": ours.sizes[-1] / target,
        "trials without an answer": float(np.isnan(failed.y).any(1).sum()),
        "power cuts": float(len(size.cuts) - len(cut.cuts)),
    }


def first_at(sizes: Float64[np.ndarray, " t"], target: float) -> int:
    """The first trial after which a hypervolume is there; all of them where it never is."""
    there = np.flatnonzero(sizes >= target)
    return int(there[0]) + 1 if len(there) else len(sizes)


def _size(y: Float64[np.ndarray, "k 2"]) -> float:
    return hypervolume(-y, -LEAST) if len(y) else 0.0


def found(rows: Sequence[Mapping[str, float]]) -> tuple[dict[str, Interval], dict[str, Interval]]:
    """Over the seeds: values of the parts, and what stands beside."""
    every = {key: t_interval([row[key] for row in rows]) for key in rows[0]}
    parts = {"fewer", "log", "recovered", "kept"}
    nothing = Interval(float("nan"), float("nan"), float("nan"))
    values = {k: v for k, v in every.items() if k in parts} | {"orchestrated": nothing}
    return values, {k: v for k, v in every.items() if k not in parts}


NOTES = (
    "Instruments are simulated: rules for likeness to drugs and for saturation; none has noise.",
    "A language model that plans experiments and mends protocols is not tested.",
    "A power cut stops the program inside a measurement; what goes on has the file alone. That a "
    "killed process loses nothing is tested apart from this row.",
)
