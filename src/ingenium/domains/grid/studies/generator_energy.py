"""Row 19.18: energy of a design beside its quality, and what a chip's limits would make of it.

Five families are fitted to handwritten digits (UCI, 1,797 of 8 x 8) and to wing sections (UIUC),
a quarter held out. The energy of a design is what the project's meter counts while batches of 256
are proposed, on this machine's processor, twice; beside it stands the squared maximum mean
discrepancy to held-out designs, as a share of that of designs whose numbers are shuffled each for
itself. How far apart generators are is the energy of the family nearest to the held-out designs
over that of the cheapest, as a geometric mean over the sets. Intervals are Student's over seeds,
of ratios on the logarithm and of the rank correlation on Fisher's z, transformed back. Operations
are counted as NeuroBench does (dense and effective multiply-accumulates, footprint), and
as an energy model they must put the generators in the order that the meter finds. Weights are
rounded to 16, 8 and 4 bits, a step for each output, and the same noise is drawn again: the loss
at 8 bits must stay below a twentieth of what ignoring all dependence costs. Memory and energies of
chips are published figures, times operations counted here; no activation of these networks is 0,
so that a chip that skips what is silent would skip nothing but masked weights. No generator here
spikes: the chapter compares spiking generators with others. Where the meter knows processor time
alone, ratios of energy are ratios of time.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, partial

import numpy as np
import torch
from jaxtyping import Float
from numpy.typing import ArrayLike
from scipy.stats import spearmanr
from sklearn.datasets import load_digits
from torch import Tensor

from ingenium.core.designs import to_arrays
from ingenium.core.digest import array_digest, digest
from ingenium.core.energy import J_PER_KWH, Meter
from ingenium.core.seeds import one_thread
from ingenium.core.spec import Spec
from ingenium.domains import open_problem
from ingenium.evaluate.distances import mmd_squared
from ingenium.evaluate.intervals import Interval, t_interval
from ingenium.evaluate.measured import Value
from ingenium.evaluate.trials import Readings, Trials
from ingenium.generators import operations
from ingenium.generators.families import build
from ingenium.generators.model import Model
from ingenium.spiking import chips
from ingenium.train.plan import Plan

STEPS: Mapping[str, int] = {
    "vae": 600,
    "gan": 200,  # each with five of its critic
    "flow": 400,
    "flow_matching": 600,
    "diffusion": 600,
}
SETS = ("digits", "wings")
BITS = (16, 8, 4)
BATCH = 256  # designs that are proposed at once


@dataclass(frozen=True)
class EnergyWork:
    """How much is done."""

    share: float  # of the steps of a fit
    metered_s: float  # of processor time


@cache
def datasets() -> Mapping[str, np.ndarray]:
    """Handwritten digits of 8 x 8 grey values, and the weights of real wing sections."""
    grey = load_digits().data
    problem = open_problem(Spec(problem="airfoils.section"))
    arrays = to_arrays(problem.data(), problem.variables)
    sections = np.concatenate([a.reshape(len(a), -1).numpy() for a in arrays], axis=1)
    return {"digits": grey + np.random.default_rng(0).uniform(size=grey.shape), "wings": sections}


def run(arm: tuple[str, str], seed: int, size: EnergyWork) -> Mapping[str, ArrayLike]:
    """A family on a data set, a quarter of it held out: fitted, metered, counted and coarsened."""
    (family, data), rng = arm, np.random.default_rng(seed)
    x = datasets()[data]
    order = rng.permutation(len(x))
    held, known = x[order[: len(x) // 4]], x[order[len(x) // 4 :]]
    middle, spread = known.mean(0), known.std(0)
    held, known = (held - middle) / spread, (known - middle) / spread
    loose = mmd_squared(held, rng.permuted(known, axis=0)[: len(held)])
    fed = torch.from_numpy(known).float()
    model = build(family, fed.shape[1:], 1, seed=seed)
    assert isinstance(model, Model)

    def far(of: Model) -> float:
        proposed = draw(of, len(held), seed).numpy().astype(np.float64)
        return mmd_squared(held, proposed) / loose

    with one_thread():
        steps = max(10, int(STEPS[family] * size.share))
        model.fit(fed, torch.zeros(len(fed), 1), Plan(seed=seed, steps=steps))
        true = far(model)
        lost = {f"lost_at_{b}_bits": far(operations.at_bits(model, b)) - true for b in BITS}
        did = operations.count(model, partial(draw, model, BATCH, seed))
        joule = [joule_each(model, size.metered_s) for _ in range(2)]
    return {"joule": joule, "distance": true, **lost, **did}


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


def read(found: Readings) -> Mapping[str, ArrayLike | Value]:
    """How far generators lie apart, how well counts tell it, and what rounding takes."""
    each = {arm: found(arm, "joule").mean(1) for arm in found.pieces}
    joule = np.stack(list(each.values()))  # arms by seeds
    ratios = []
    for data in SETS:
        arms = [arm for arm in each if arm.endswith(data)]
        energy = np.stack([each[arm] for arm in arms])
        best = np.stack([found(arm, "distance") for arm in arms]).argmin(0)
        ratios.append(energy[best, np.arange(len(best))] / energy.min(0))
    dense = np.stack([found(arm, "dense") for arm in each])
    counted = [spearmanr(*pair).statistic for pair in zip(dense.T, joule.T, strict=True)]
    again = [np.abs(np.diff(np.log(found(arm, "joule")), axis=1))[:, 0] for arm in each]
    values: dict[str, ArrayLike | Value] = {
        "apart": ratio_of_seeds(np.exp(np.log(ratios).mean(0))),
        "counted": rank_correlation_of_seeds(counted, len(each)),
        "precision": np.mean([found(arm, "lost_at_8_bits") for arm in each], 0),
        "again": np.mean(again, 0),
    }
    for arm in each:
        values |= {f"{arm}.{what}": x for what, x in _beside(found, arm).items()}
    return values


def _beside(found: Readings, arm: str) -> Mapping[str, ArrayLike]:
    """What one generator is and does, and what its operations would take elsewhere."""
    dense, effective = found(arm, "dense"), found(arm, "effective")
    own = {name: found(arm, name) for name in ("distance", *(f"lost_at_{b}_bits" for b in BITS))}
    own |= {
        "millijoule": 1e3 * found(arm, "joule").mean(1),
        "kilo_macs": dense / BATCH / 1e3,
        "effective_share": effective / dense,
        "kilobytes": found(arm, "footprint_bytes") / 1024,
    }
    for chip in chips.CHIPS if arm.endswith("digits") else ():
        if chip.operation_pj is not None and chip.weight_bits >= 8:
            own[f"microjoule_by_{chip.name}"] = 1e-6 * chip.operation_pj * effective / BATCH
    return own


def ratio_of_seeds(ratios: ArrayLike) -> Value:
    """Geometric mean of ratios, so that the interval upside down is that of one over them.

    Source: Bland and Altman, BMJ 312, 1996, p. 1079.
    """
    return _through(np.asarray(ratios, dtype=np.float64), np.log, np.exp)


def rank_correlation_of_seeds(correlations: ArrayLike, points: int) -> Value:
    """Mean of Fisher's z of rank correlations; one of 1 stands half a swapped pair below it.

    Source: Fisher, Metron 1, 1921; Spearman, Am. J. Psychol. 15, 1904.
    """
    most = 1 - 6 / (points**3 - points)
    return _through(np.clip(correlations, -most, most), np.arctanh, np.tanh)


def _through(x: np.ndarray, there: np.ufunc, back: np.ufunc) -> Value:
    """Student's interval where values have no bound, its ends transformed back."""
    found = t_interval(there(x))
    ends = (float(back(end)) for end in (found.value, found.low, found.high))
    return Value(Interval(*ends), tuple(x.tolist()))


def held_by_chips(found: Readings) -> tuple[str, ...]:
    """Which generators of digits each chip holds at 8 bits."""
    sizes = {f: int(found(f"{f}.digits", "weights")[0]) for f in STEPS}
    told = "; ".join(f"{chip.name} {chip.holds(sizes, 8)}" for chip in chips.CHIPS)
    return (f"By memory alone, digits: {told}.",)


measure = Trials(
    arms={f"{family}.{data}": (family, data) for data in SETS for family in STEPS},
    sizes=(EnergyWork(1.0, 1.0), EnergyWork(0.05, 0.1)),
    run=run,
    read=read,
    data=lambda size: digest([array_digest(x) for x in datasets().values()]),
    notes=held_by_chips,
)
