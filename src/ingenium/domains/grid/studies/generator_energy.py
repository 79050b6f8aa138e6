"""Row 19.18: energy of a design beside its quality, and what a chip's limits would make of it.

Five families are fitted to handwritten digits (UCI, 1,797 of 8 x 8) and to wing sections (UIUC),
a quarter held out. The energy of a design is what the project's meter counts while batches of 256
are proposed, on this machine's processor, twice; beside it stands the squared maximum mean
discrepancy to held-out designs, as a share of that of designs whose numbers are shuffled each for
itself. How far apart generators are is the energy of the family nearest to the held-out designs
over that of the cheapest, as a geometric mean over the sets. Intervals are Student's over seeds,
of ratios on the logarithm and of the rank correlation on Fisher's z, transformed back. Operations
are counted as NeuroBench does (dense and effective multiply-accumulates, messages, sparsity,
footprint), and as an energy model they must put the generators in the order that the meter finds.
Weights are rounded to 16, 8 and 4 bits, a step for each output, and the same noise is drawn
again: the loss at 8 bits must stay below a twentieth of what ignoring all dependence costs.
Memory and energies of chips are published figures. Energy of one task on a GPU, a chip and in a
brain is a part that stays open. Budget: 5 seeds, 2 data sets, 5 families; quick: 1 seed, a
twentieth of the steps.
"""

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial

import numpy as np
import torch
from jaxtyping import Float
from scipy.stats import spearmanr
from sklearn.datasets import load_digits
from torch import Tensor

from ingenium.core.designs import to_arrays
from ingenium.core.digest import array_digest, digest
from ingenium.core.energy import J_PER_KWH, Meter
from ingenium.core.problem import Watch
from ingenium.core.seeds import one_thread
from ingenium.core.spec import Spec
from ingenium.domains import open_problem
from ingenium.domains.grid.studies import chips, operations
from ingenium.domains.grid.studies.bounded import rank_correlation_interval, ratio_interval
from ingenium.domains.grid.studies.operations import Operations
from ingenium.evaluate.distances import mmd_squared
from ingenium.evaluate.intervals import Interval, t_interval
from ingenium.evaluate.measured import Budget, Measured, from_intervals
from ingenium.generators.families import build
from ingenium.generators.model import Model
from ingenium.train.plan import Plan

STEPS: Mapping[str, int] = {
    "vae": 600,
    "gan": 200,  # each with five of its critic
    "flow": 400,
    "flow_matching": 600,
    "diffusion": 600,
}
BITS = (16, 8, 4)
BATCH = 256  # designs that are proposed at once
NOTHING = Interval(float("nan"), float("nan"), float("nan"))


@dataclass(frozen=True)
class Work:
    """How much is done: share of the steps of a fit, seconds of processor time that are metered."""

    share: float
    metered_s: float


FULL, QUICK = Work(1.0, 1.0), Work(0.05, 0.1)


@dataclass(frozen=True)
class Made:
    """One generator on one data set with one seed."""

    data: str
    family: str
    joule: tuple[float, float]  # for a design, metered twice
    did: Operations  # for BATCH designs
    far: float  # from held-out designs, of what designs without any dependence are
    lost: Mapping[int, float]  # by which that grows at so many bits

    @property
    def each_j(self) -> float:
        """Energy of a design."""
        return sum(self.joule) / 2


@dataclass
class Scores:
    """Values of each seed by name."""

    of: dict[str, list[float]] = field(default_factory=dict)

    def add(self, name: str, value: float) -> None:
        """Keep one value."""
        self.of.setdefault(name, []).append(value)


def measure(budget: Budget, watch: Watch) -> Measured:
    """Fit, meter, count and coarsen each family on each data set."""
    work = QUICK if budget.quick else FULL
    sets = datasets()
    parts, beside = Scores(), Scores()
    for i, seed in enumerate(budget.seeds):
        found = []
        for name, x in sets.items():
            watch(name, i, len(budget.seeds))
            with one_thread():
                found += list(generators(name, x, seed, work))
        _parts(found, parts)
        for one in found:
            _beside(one, beside)
    sizes = {one.family: one.did for one in found if one.data == "digits"}
    fit = {chip.name: _held(chip, sizes) for chip in chips.CHIPS}
    span = {"energy of the dearest over the cheapest family": ratio_interval(parts.of["span"])}
    return from_intervals(
        values={
            "apart": ratio_interval(parts.of["apart"]),
            "counted": rank_correlation_interval(parts.of["counted"], len(found)),
            "precision": t_interval(parts.of["precision"]),
            "again": t_interval(parts.of["again"]),
            "platforms": NOTHING,
        },
        beside=span | {name: t_interval(of) for name, of in beside.of.items()},
        data=digest([array_digest(x) for x in sets.values()]),
        notes=(
            "No chip was measured, and no generator spikes: the chapter compares spiking "
            "generators with others, here stand five others on one processor. By memory alone, "
            "digits: " + "; ".join(f"{name} {text}" for name, text in fit.items()) + ".",
            "Energies of chips and of arithmetic are what their papers tell, times operations "
            "counted here. No activation of these networks is 0, so that a chip that skips what "
            "is silent would skip nothing but masked weights.",
            "Energy is that of this machine's processor by the project's meter; where that knows "
            "processor time alone, ratios are ratios of time.",
        ),
    )


def datasets() -> dict[str, np.ndarray]:
    """Handwritten digits of 8 x 8 grey values, and the weights of real wing sections."""
    grey = load_digits().data
    problem = open_problem(Spec(problem="airfoils.section"))
    arrays = to_arrays(problem.data(), problem.variables)
    sections = np.concatenate([a.reshape(len(a), -1).numpy() for a in arrays], axis=1)
    return {"digits": grey + np.random.default_rng(0).uniform(size=grey.shape), "wings": sections}


def generators(data: str, x: np.ndarray, seed: int, work: Work) -> Iterator[Made]:
    """Each family on one data set, a quarter of it held out."""
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(x))
    held, known = x[order[: len(x) // 4]], x[order[len(x) // 4 :]]
    middle, spread = known.mean(0), known.std(0)
    held, known = (held - middle) / spread, (known - middle) / spread
    loose = mmd_squared(held, rng.permuted(known, axis=0)[: len(held)])
    fed = torch.from_numpy(known).float()
    for family, steps in STEPS.items():
        model = build(family, fed.shape[1:], 1, seed=seed)
        assert isinstance(model, Model)
        plan = Plan(seed=seed, steps=max(10, int(steps * work.share)))
        model.fit(fed, torch.zeros(len(fed), 1), plan)

        def far(of: Model, seed: int = seed) -> float:
            proposed = draw(of, len(held), seed).numpy().astype(np.float64)
            return mmd_squared(held, proposed) / loose

        true = far(model)
        lost = {bits: far(operations.at_bits(model, bits)) - true for bits in BITS}
        did = operations.count(model, partial(draw, model, BATCH, seed))
        joule = tuple(joule_each(model, work.metered_s) for _ in range(2))
        yield Made(data, family, (joule[0], joule[1]), did, true, lost)


def draw(model: Model, n: int, seed: int) -> Float[Tensor, "n d"]:
    """Designs of a model, the same noise for the same seed."""
    return model.propose(torch.zeros(n, 1), torch.Generator().manual_seed(seed)).detach()


def joule_each(model: Model, least_s: float) -> float:
    """Energy of a design, from as many batches as take so much processor time."""
    draw(model, BATCH, 0)  # what is only done once
    count = 0
    with Meter() as meter:
        started = time.process_time()
        while time.process_time() - started < least_s:
            draw(model, BATCH, count)
            count += BATCH
        return meter.read().kwh * J_PER_KWH / count


def _parts(found: list[Made], scores: Scores) -> None:
    """What one seed says of each part."""
    by_set = {d: [one for one in found if one.data == d] for d in {one.data for one in found}}
    best = [min(of, key=lambda one: one.far) for of in by_set.values()]
    least = [min(one.each_j for one in of) for of in by_set.values()]
    most = [max(one.each_j for one in of) for of in by_set.values()]
    scores.add("apart", _middle([b.each_j for b in best], least))
    scores.add("span", _middle(most, least))
    modelled = [chips.arithmetic_j(one.did.dense, "float32") for one in found]
    scores.add("counted", float(spearmanr(modelled, [one.each_j for one in found]).statistic))
    scores.add("precision", float(np.mean([one.lost[8] for one in found])))
    scores.add("again", float(np.mean([abs(np.log(o.joule[0] / o.joule[1])) for o in found])))


def _middle(over: list[float], under: list[float]) -> float:
    """Geometric mean of ratios."""
    return float(np.exp(np.mean(np.log(over) - np.log(under))))


def _beside(one: Made, scores: Scores) -> None:
    """What stands beside the parts, of one generator."""
    did, name = one.did, f"{one.family}.{one.data}"
    table = {
        "millijoule": 1e3 * one.each_j,
        "distance": one.far,
        **{f"lost_at_{bits}_bits": lost for bits, lost in one.lost.items()},
        "kilo_macs": did.dense / BATCH / 1e3,
        "effective_share": did.effective / did.dense,
        "kilobytes": did.footprint_bytes / 1024,
    }
    for what, value in table.items():
        scores.add(f"{name}.{what}", value)
    if one.data != "digits":
        return
    scores.add(f"{name}.messages", did.messages / BATCH)
    for kind in chips.MULTIPLY_ADD_PJ:
        joule = chips.arithmetic_j(did.dense / BATCH, kind)
        scores.add(f"{name}.microjoule_of_{kind}_arithmetic_45_nm", 1e6 * joule)
    for chip in chips.CHIPS:
        told = chip.design_j(did.effective / BATCH)
        if told is not None and chip.weight_bits >= 8:
            scores.add(f"{name}.microjoule_by_{chip.name}", 1e6 * told)


def _held(chip: chips.Chip, sizes: Mapping[str, Operations]) -> str:
    """Which generators a chip holds at 8 bits, in a few words."""
    if chip.weight_bits < 8:
        return f"takes no weights of 8 bits (most: {chip.weight_bits})"
    cores = {family: chip.cores_for(did.weights, 8) for family, did in sizes.items()}
    fits = [family for family, did in sizes.items() if chip.fits(did.weights, 8)]
    told = [f"{family} {n}" for family, n in cores.items() if n is not None]
    whole = f" of {chip.cores} cores takes " + ", ".join(told) if told else ""
    return f"holds {len(fits)} of {len(sizes)} generators at 8 bits{whole and ';' + whole}"
