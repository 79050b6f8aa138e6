"""Row 20.6: cells that grow sideways when pulled, from a generator and from an optimiser.

Plane cells of polyamide and void on 32 x 32 pixels, thresholded at an exact share. Families learn
from 80 % of the drawn cells of 13 families, three of which were drawn for what is asked here. Asked
for are Poisson ratios of -0.8 to -0.4 at shares of 0.3 to 0.6. A design counts if it is one piece,
carries load along both axes and its larger Poisson ratio is below -0.3. The claim is judged on the
default of the problem as it ships, a flow along principal components of the pixels, as it proposes:
no step of an optimiser. Beside it stand the same with 10 steps of inverse homogenisation on what
misses its target; a convolutional diffusion of the pixels, fitted once for all seeds and not tuned;
chance; and look-up, nearest known cells and known cells that are moved a little to what is asked,
touched up and mended. Topology optimisation answers the same conditions by the method of moving
asymptotes from smooth noise, in 14 steps, which of 5 to 60 gave most designs a call with another
seed, and in 60.

Rates are per homogenisation: 1 to judge a design, at most 2 to touch it up or 14 to mend it, 1 for
each step of the optimiser. That of 847 designs, as many as are printed, has the calls of the data
beside. A design is new if it differs from every cell that was learned from by no less than half of
these from their nearest, wherever cells begin. Losses after half and all steps are kept. Energy is
elastic, stored until the first element yields, the smaller of both axes, over that of a re-entrant
honeycomb with walls at 30 degrees and the same share, on the same pixels (median); nothing is
crushed. That half of the cells differ in 5 % of their pixels is our own bound. Budget: 5 seeds of
64 designs, 24 of the optimiser, 1,500 steps of the diffusion; quick: 1 seed of 8 and 2.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import numpy as np
import torch
from jaxtyping import Float64
from numpy.typing import ArrayLike

from ingenium.core.spec import Between, GeneratorChoice, Spec
from ingenium.domains.structures.cells.drawing import Canvas
from ingenium.domains.structures.cells.settings import CellSettings
from ingenium.domains.structures.cells.verifier import CellVerifier
from ingenium.evaluate.intervals import t_interval
from ingenium.evaluate.measured import Control
from ingenium.evaluate.trials import Readings, Trials, curve_of, losses
from ingenium_book.studies.structures.cell_designs import CELLS, Asker, Cells, distinct

AUXETIC, PRINTED, REPAIR = -0.3, 847, 10
SPEC = Spec(
    problem="structures.unit_cell",
    conditions={"poisson_wanted": Between(-0.8, -0.4), "share_wanted": Between(0.3, 0.6)},
)
OURS, PIXELS, OPTIMISER = "principal_flow_matching", "diffusion", "optimiser"
LOOK_UPS, CHANCE = ("nearest_known", "residual_bootstrap"), "random"
TUNED, LONG = 14, 60  # steps of the optimiser
LONGER = f"{OPTIMISER}_{LONG}"
SCORES = ("auxetic", "energy_gain", "distinct")
ALONGSIDE = ("novelty", "new", "rate", "new_rate")


@dataclass(frozen=True)
class CellBudget:
    """Designs to draw, steps of the fits, proposals, designs of the optimiser."""

    designs: int
    steps: int | None  # of the default; None for as many as it ships with
    pixel_steps: int
    n: int
    optimised: int

    def asker(self, refine: int = 0) -> Asker:
        """The opened problem, whose proposals are mended by some steps."""
        return _opened(self.designs, refine)


@dataclass(frozen=True)
class CellArm:
    """A family with steps of mending, or the optimiser with steps of its own."""

    family: str
    steps: int = 0


@cache
def _opened(designs: int, refine: int) -> Asker:
    return Asker.of(SPEC, designs, refine)


def run(arm: CellArm, seed: int, size: CellBudget) -> Mapping[str, ArrayLike]:
    """What an arm gave for the targets of a seed, and what it cost."""
    if arm.family == OPTIMISER:
        asker = size.asker()
        return scored(asker, asker.optimised(seed, size.optimised, arm.steps), arm.steps + 1)
    asker = size.asker(arm.steps)
    steps = {OURS: size.steps, PIXELS: size.pixel_steps}.get(arm.family)
    own = 0 if arm.family == PIXELS else seed
    choice = GeneratorChoice(family=arm.family, steps=steps, seed=own)
    solid, curve = asker.proposed(choice, seed, size.n)
    reported = losses(curve) if curve else {}
    return scored(asker, solid, 1 + asker.problem.comparison().repair_calls) | reported


def scored(asker: Asker, solid: Cells, calls: float) -> dict[str, float]:
    """Of designs: how many are auxetic and hold, what they store, how new and distinct (%).

    Rates are designs a hundred calls; `half` is a share of half a design.
    """
    found = asker.measured(solid)
    holds = (found["connected"] == 1) & (found["carried_axes"] == len(CELLS))
    auxetic = holds & (found["poisson"] < AUXETIC)
    chosen, half = np.flatnonzero(auxetic), 50 / len(solid)
    share = 100 * float(auxetic.mean())
    none = {"energy_gain": -100.0, "distinct": 0.0, "novelty": 0.0, "new": 0.0, "new_rate": 0.0}
    cost = {"auxetic": share, "half": half, "calls": calls, "rate": share / calls}
    cost["data_calls"] = float(asker.problem.settings.wanted_designs)
    if not len(chosen):
        return cost | none
    gain = found["resilience"][chosen] / of_honeycombs(found["share"][chosen])
    novelty = asker.novelty(solid[chosen])
    new = 100 * float((novelty >= asker.spacing).sum()) / len(solid)
    return cost | {
        "energy_gain": 100 * (float(np.median(gain)) - 1),
        "distinct": 100 * len(distinct(solid[chosen])) / len(chosen),
        "novelty": 100 * float(np.median(novelty)),
        "new": new,
        "new_rate": new / calls,
    }


def read(found: Readings) -> dict[str, ArrayLike]:
    """Scores of all; of the optimiser none found counts as half a design."""
    table = {f"{a}.{k}": found(a, k) for a in found.pieces for k in (*SCORES, *ALONGSIDE)}
    ours = {key: table.pop(f"{OURS}.{key}") for key in SCORES}
    rival = {a: np.maximum(found(a, "auxetic"), found(a, "half")) for a in (OPTIMISER, LONGER)}
    theirs = rival[OPTIMISER] / found(OPTIMISER, "calls")
    alone = found(OURS, "calls")
    taught = alone + found(OURS, "data_calls") / PRINTED
    ratios = {
        "rate_ratio": ours["auxetic"] / alone / theirs,
        "with_data": ours["auxetic"] / taught / theirs,
        "share_ratio": ours["auxetic"] / np.maximum(rival[OPTIMISER], rival[LONGER]),
    }
    return table | ours | ratios


def control(found: Readings) -> Control:
    """Whether the generator had its chance: new auxetic designs a hundred calls."""
    ours = found(OURS, "new_rate")
    look_ups = [found(a, "new_rate") for a in found.pieces if a.startswith(LOOK_UPS)]
    over_nearest = t_interval(ours - np.max(look_ups, axis=0))
    over_random = t_interval(ours - found(CHANCE, "new_rate"))
    return Control(over_nearest, over_random, curve_of(found, OURS))


def of_honeycombs(share: Float64[np.ndarray, " n"]) -> Float64[np.ndarray, " n"]:
    """Elastic energy that re-entrant honeycombs of such shares store, by a power law."""
    exponent, level = _power_law()
    return np.asarray(np.exp(level + exponent * np.log(share)))


def honeycombs(width: Float64[np.ndarray, " n"]) -> Cells:
    """Re-entrant honeycombs with walls of so many cells' widths, 1 for the whole cell.

    Slanting walls point inwards by 30 degrees; uprights are as long as makes the cell square.

    Source: Gibson and Ashby, Cellular Solids, 2nd ed., 1997, section 4.3 (negative angles).
    """
    cos, sin = np.cos(np.pi / 6), np.sin(np.pi / 6)
    upright, fall = (cos + sin) / (2 * cos), sin / (2 * cos)  # over the cell, which is 2 cos wide
    h, canvas = upright / 2, Canvas(CELLS)
    start = np.array([[0, -h], [0.5, 0.5 - h], [0, h], [0, h], [0, -h], [0, -h]])
    up, down = h - fall, fall - h
    end = np.array([[0, h], [0.5, 0.5 + h], [0.5, up], [-0.5, up], [0.5, down], [-0.5, down]])
    return np.stack([canvas.bars(start, end, w) for w in width.tolist()])


@cache
def _power_law() -> tuple[float, float]:
    """Through those with walls of 2 to 5 pixels."""
    solid = honeycombs(np.arange(2, 6) / CELLS[0] + 1e-3).astype(float)
    verifier = CellVerifier(CellSettings(CELLS))
    found = verifier.measure(torch.from_numpy(solid)).numpy()
    names = [q.name for q in verifier.quantities]
    share, stored = (found[:, names.index(name)] for name in ("share", "resilience"))
    exponent, level = np.polyfit(np.log(share), np.log(stored), 1)
    return float(exponent), float(level)


measure = Trials(
    arms={
        OURS: CellArm(OURS),
        f"{OURS}_repaired": CellArm(OURS, REPAIR),
        PIXELS: CellArm(PIXELS),
        **{name: CellArm(name) for name in LOOK_UPS},
        **{f"{name}_repaired": CellArm(name, REPAIR) for name in LOOK_UPS},
        CHANCE: CellArm(CHANCE),
        OPTIMISER: CellArm(OPTIMISER, TUNED),
        LONGER: CellArm(OPTIMISER, LONG),
    },
    sizes=(CellBudget(2400, None, 1500, 64, 24), CellBudget(400, 150, 5, 8, 2)),
    run=run,
    read=read,
    data=lambda size: size.asker().data,
    control=control,
)
