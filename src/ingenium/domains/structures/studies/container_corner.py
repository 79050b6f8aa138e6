"""Row 25.16: a corner fitting of a dry-ice container, as stiff and strong as drawn, and lighter.

The part joins a post and two rails at the top corner of a container of 2 t that is stacked,
lifted and racked as in ISO 1496-1, in proportion to its mass. It is compared with the lightest
fitting drawn as plates and ribs of one thickness that stays below yield over 1.5, warm and at
-78.5 °C. Equal means that no load does more work on it and that it uses no more of its yield
strength than that fitting, warm and cold, where the metal is stiffer and stronger and shrinks
against a frame of stainless steel. The family is fitted once on the known designs; each seed
proposes 8 designs, repairs them with a few steps of the optimiser, and writes, reads back and
measures again the 3 lightest that hold all limits. Mass saved is that of the lightest; 0 if there
is none. Beside it: the lightest strong one of all drawings with thicknesses chosen one by one and
windows (no wall is thinner than a cell of 4 mm), which ours must be as stiff and strong as; a
solid block; how much more work the loads do on ours and on plates on cells of half the size, as
large cells flatter thin walls; and the best of the known designs, made by the optimiser alone.
The cold counts if what holds warm holds cold too. The hours are those of a run on the clock, with
fitting where no fit is kept; making the known designs, which come with the package, is not in
them. What is asked of the proposals was chosen after a look at the known designs and at one run
with another seed. Bounds: 70 % saved; what holds warm does not break in the cold; a day. Budget:
8 designs a seed; quick: 2.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch
from jaxtyping import Bool, Float64
from torch import Tensor

from ingenium import loop
from ingenium.core.digest import digest
from ingenium.core.problem import Watch, silent
from ingenium.core.spec import Between, Limit, Objective, Select, Spec
from ingenium.core.verdict import Verdict
from ingenium.domains.structures.container.container import Container
from ingenium.domains.structures.container.milled import PLAIN_MM
from ingenium.domains.structures.container.settings import ContainerSettings
from ingenium.evaluate.intervals import t_interval
from ingenium.evaluate.measured import Budget, Measured, from_intervals
from ingenium.trust.ledger import open_ledger

SAFETY = 1.5  # of yield, for the drawing that all are compared with
WARM = ("strength_used",)  # of what every load does; the works of the load cases come to it
COLD = ("strength_used_cold", "compliance_cold")
PROPOSED, QUICK_PROPOSED = 8, 2
KEPT = 3  # lightest designs that are written, read back and measured again
ASKED = {
    "volume_fraction": (0.165, 0.19),
    "support_weight": (0.1, 1.0),
    "share_stacking": (0.2, 0.5),
    "share_lifting": (0.7, 1.0),
    "share_across": (0.5, 0.9),
    "share_along": (0.5, 0.9),
}
MADE = (  # what a printed part must be whatever it weighs
    Limit("min_feature", at_least=4.0, unit="mm"),
    Limit("tool_blocked", at_most=0.01),
    Limit("trapped_powder", at_most=0.0, unit="cm³"),
    Limit("missing", at_most=0.02),
    Limit("pieces", at_most=1),
)


@dataclass(frozen=True, eq=False)
class Contest:
    """The drawn fittings, the one that all are compared with, and its limits.

    Shapes: m drawn or known fittings, k quantities.
    """

    problem: Container

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Of the columns of measurements."""
        return tuple(q.name for q in self.problem.quantities)

    @cached_property
    def drawn(self) -> Float64[np.ndarray, "m k"]:
        """Measurements of fittings of plates; those of one thickness come first."""
        found: np.ndarray = self.problem.stocks[2].complete()["measured"]
        return found

    @cached_property
    def known(self) -> Float64[np.ndarray, "m k"]:
        """Measurements of the designs that the generator learns from."""
        found: np.ndarray = self.problem.stocks[1].complete()["measured"]
        return found

    @cached_property
    def plain(self) -> Mapping[str, float]:
        """The lightest fitting of one thickness that is strong enough warm and cold."""
        return self.strong(self.drawn[: len(PLAIN_MM)])

    @cached_property
    def tuned(self) -> Mapping[str, float]:
        """The lightest of all drawn fittings that is strong enough warm and cold."""
        return self.strong(self.drawn)

    def strong(self, rows: Float64[np.ndarray, "m k"]) -> Mapping[str, float]:
        """The lightest that stays below yield over the safety."""
        used = np.stack([self.column(rows, name) for name in (*WARM, COLD[0])]).max(0)
        enough = rows[used <= 1 / SAFETY]
        best = enough[self.column(enough, "mass").argmin()]
        return dict(zip(self.names, best.tolist(), strict=True))

    @cached_property
    def warm(self) -> tuple[str, ...]:
        """What must not be worse at room temperature: use of strength, and work of each load."""
        return (*WARM, *(f"compliance_{case}" for case in self.problem.part.cases))

    @cached_property
    def limits(self) -> tuple[Limit, ...]:
        """As stiff and as strong as the plain fitting, warm and cold, and fit to be printed."""
        units = {q.name: q.unit for q in self.problem.quantities}
        equal = (Limit(k, at_most=self.plain[k], unit=units[k]) for k in (*self.warm, *COLD))
        return (*equal, *MADE)

    def column(self, rows: Float64[np.ndarray, "m k"], name: str) -> Float64[np.ndarray, " m"]:
        """One quantity of all rows."""
        out: np.ndarray = rows[:, self.names.index(name)]
        return out

    def equal(
        self,
        rows: Float64[np.ndarray, "m k"],
        of: tuple[str, ...],
        to: Mapping[str, float] | None = None,
    ) -> Bool[np.ndarray, " m"]:
        """Rows that are nowhere worse than a drawn fitting, the plain one if none is named."""
        columns = [self.names.index(name) for name in of]
        most = np.array([(to or self.plain)[name] for name in of])
        out: np.ndarray = np.all(rows[:, columns] <= most, axis=1)
        return out

    def saved(self, rows: Float64[np.ndarray, "m k"]) -> float:
        """By how much (%) the lightest equal fitting is lighter than the plain one; 0 without."""
        equal = rows[self.equal(rows, (*self.warm, *COLD))]
        return 100 * (1 - self.lightest(equal) / self.plain["mass"])

    def lightest(self, rows: Float64[np.ndarray, "m k"]) -> float:
        """Least mass (kg); that of the plain fitting where there are none."""
        return float(min(self.column(rows, "mass"), default=self.plain["mass"]))

    @cached_property
    def fine(self) -> Container:
        """The same fitting on cells of half the size."""
        own = self.problem.settings
        x, y, z = own.cells
        halved = replace(own, cells=(2 * x, 2 * y, 2 * z), cell_mm=own.cell_mm / 2)
        return Container(halved)

    @cached_property
    def plain_softer(self) -> float:
        """Most that a load does more work (%) on the plain fitting, on cells of half the size."""
        at = int((self.column(self.drawn, "mass") == self.plain["mass"]).argmax())
        coarse, fine = (p.milled(slice(at, at + 1)) for p in (self.problem, self.fine))
        return softer(self, coarse, fine)

    @property
    def solid_kg(self) -> float:
        """Mass of a block that fills all it may."""
        part = self.problem.part
        volume = float(part.upper.sum()) * part.grid.cell_volume_m3
        return volume * part.material.density_kg_m3


def measure(budget: Budget, watch: Watch) -> Measured:
    """Each seed proposes, repairs, exports the lightest and reads them back."""
    contest = Contest(Container(ContainerSettings()))
    contest.problem.prepare(watch)
    table: dict[str, list[float]] = {}
    for at, seed in enumerate(budget.seeds):
        watch("fittings", at, len(budget.seeds))
        count = QUICK_PROPOSED if budget.quick else PROPOSED
        for key, value in scores(contest, count, seed).items():
            table.setdefault(key, []).append(value)
    every = {key: t_interval(values) for key, values in table.items()}
    data = digest([contest.drawn.tolist(), contest.known.tolist()])
    return from_intervals(
        every,
        {},
        data,
    )


def scores(contest: Contest, count: int, seed: int) -> dict[str, float]:
    """What one run is worth."""
    started = time.perf_counter()
    with TemporaryDirectory() as folder:
        run = propose(contest, count, seed, Path(folder))
        whole = (run.verdicts["verdict"].to_numpy() != Verdict.FAILED).nonzero()[0]
        rows = np.stack([run.verdicts[name].to_numpy()[whole] for name in contest.names], 1)
        kept = rows[np.isin(whole, run.selected)]
        files = sorted((run.folder / "designs").iterdir())[:1]
        soft = [
            softer(contest, *(read(p, f) for p in (contest.problem, contest.fine))) for f in files
        ]
    hours = (time.perf_counter() - started) / 3600
    mass = contest.lightest(kept)
    warm, cold = contest.equal(rows, contest.warm), contest.equal(rows, COLD)
    beaten = kept[contest.equal(kept, (*contest.warm, *COLD), contest.tuned)]
    tuned = contest.tuned["mass"]
    out = {
        "saved": 100 * (1 - mass / contest.plain["mass"]),
        "saved_tuned": 100 * (1 - min(contest.lightest(beaten), tuned) / tuned),
        "hours": hours,
        "accepted_percent": 100 * len(np.flatnonzero(warm & cold)) / count,
        "mass_kg": mass,
        "plain_kg": contest.plain["mass"],
        "tuned_kg": tuned,
        "saved_against_a_solid_block": 100 * (1 - mass / contest.solid_kg),
        "saved_by_known_designs": contest.saved(contest.known),
    }
    out["plain_more_work_on_half_cells_percent"] = contest.plain_softer
    out["more_work_on_half_cells_percent"] = soft[0] if soft else float("nan")
    # Without a design that holds in the warm there is nothing to ask of the cold.
    return out | {"cold": 100 * float(cold[warm].mean()) if warm.any() else float("nan")}


def softer(contest: Contest, coarse: Tensor, fine: Tensor) -> float:
    """Most that a load does more work (%) on a fitting, on cells of half the size."""
    work = [
        p.exact.elastic.compliance(p.exact.modulus_pa(flat), p.part.load_n[None])[0]
        for p, flat in ((contest.problem, coarse), (contest.fine, fine))
    ]
    return 100 * float((work[1] / work[0] - 1).max())


def read(problem: Container, folder: Path) -> Tensor:
    """What the file of a design holds, on the cells of a problem."""
    (form,) = problem.formats.values()
    return torch.from_numpy(form.read(folder)["density"].to_numpy()).flatten(1)


def propose(contest: Contest, count: int, seed: int, folder: Path) -> loop.Run:
    """Proposals under the limits of the plain fitting, the lightest read back from their files."""
    spec = Spec(
        problem=contest.problem.name,
        conditions={k: Between(low, high) for k, (low, high) in ASKED.items()},
        limits=contest.limits,
        objectives=(Objective("mass", "minimise"),),
        select=Select(count=KEPT),
    )
    with open_ledger(folder / "ledger.sqlite") as ledger:
        out = folder / "run"
        return loop.run(contest.problem, spec, count, seed, out, ledger=ledger, watch=silent)
