"""Ways to tell what is found in an alloy: four families of draws, and yardsticks beside them.

Each way has two settings, of which the rows to tune on keep one.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, partial
from types import MappingProxyType

import numpy as np
import torch
from jaxtyping import Float, Float64
from sklearn.ensemble import HistGradientBoostingRegressor
from torch import Tensor

from ingenium.core.seeds import block_rng, one_thread
from ingenium.generators.diffusion import Diffusion, DiffusionSettings
from ingenium.generators.gan import GAN, GANSettings
from ingenium.generators.model import Model
from ingenium.generators.vae import VAE, VAESettings
from ingenium.sampling.noise import gaussian
from ingenium.train.plan import Plan
from ingenium_book.studies.matter.alloys import AlloyTable
from ingenium_book.studies.matter.causal import CausalSettings, CausalTransformer

WIDTH = 96
DRAWS = 8  # of the properties of an alloy
TUNED_ON, TUNED = 700, 99  # alloys and seed of the fits by which settings are chosen
ROUGH = 0.2  # deviations of noise on what is learned: a density of flags has no bound


@dataclass(frozen=True, eq=False)
class Guess:
    """Predictions of a way for some rows, and the losses of its training by step.

    Shapes: m draws, n rows, k properties.
    """

    drawn: Float64[np.ndarray, "m n k"]
    curve: Mapping[str, Sequence[float]] = field(default_factory=dict)


Way = Callable[[Tensor, Tensor, Tensor, int, float], Guess]  # x, cond, asked, seed, share of steps


@dataclass(frozen=True)
class PropertyDraws:
    """A family that draws properties under what an alloy is."""

    make: Callable[[int, int], Model]  # for so many properties and conditions
    plan: Plan

    def __call__(
        self,
        x: Float[Tensor, "n k"],
        cond: Float[Tensor, "n c"],
        requested: Float[Tensor, "m c"],
        seed: int,
        share: float,
    ) -> Guess:
        """Draws after a fit, standardised as the rows that it learns from are."""
        plan = replace(self.plan, seed=seed, steps=max(1, round(share * self.plan.steps)))
        with torch.random.fork_rng(devices=[]), one_thread():
            torch.manual_seed(seed)
            rng = block_rng(seed, 0, "alloys")
            family = self.make(x.shape[1], cond.shape[1])
            course = family.fit(x + ROUGH * gaussian(x, rng), cond, plan)
            drawn = [family.propose(requested, rng).double().numpy() for _ in range(DRAWS)]
        return Guess(np.stack(drawn), course)


def _gan(penalty: float) -> Callable[[int, int], Model]:
    settings = GANSettings(latent=8, width=WIDTH, penalty=penalty, repeats=1)
    return lambda k, c: GAN((k,), c, settings)


def _vae(beta: float) -> Callable[[int, int], Model]:
    return lambda k, c: VAE((k,), c, VAESettings(latent=min(k, 4), width=WIDTH, beta=beta))


def _diffusion(level_mean: float) -> Callable[[int, int], Model]:
    settings = DiffusionSettings(width=WIDTH, level_mean=level_mean)
    return lambda k, c: Diffusion((k,), c, settings)


def _transformer(depth: int) -> Callable[[int, int], Model]:
    settings = CausalSettings(width=WIDTH // 2, depth=depth)
    return lambda k, c: CausalTransformer((k,), c, settings)


def _boosted(
    leaf: int, x: Tensor, cond: Tensor, requested: Tensor, seed: int, share: float
) -> Guess:
    """Trees one after the other, for each property its own."""
    rounds = max(1, round(share * 100))
    reported, wanted = cond.numpy(), requested.numpy()
    made = [
        HistGradientBoostingRegressor(
            max_iter=rounds, learning_rate=0.1, min_samples_leaf=leaf, early_stopping=False
        )
        .fit(reported, own)
        .predict(wanted)
        for own in x.numpy().T
    ]
    return Guess(np.stack(made, 1)[None])


def _near(k: int, x: Tensor, cond: Tensor, requested: Tensor, seed: int, share: float) -> Guess:
    """The mean of the nearest known alloys."""
    rows = torch.cdist(requested, cond).topk(k, largest=False).indices
    return Guess(x[rows].mean(1).double().numpy()[None])


def _chance(x: Tensor, cond: Tensor, requested: Tensor, seed: int, share: float) -> Guess:
    """Any known alloy."""
    rng = block_rng(seed, 0, "chance")
    rows = torch.randint(len(x), (DRAWS, len(requested)), generator=rng)
    return Guess(x[rows].double().numpy())


# About as many seconds for each family; training stops earlier where few rows are soon learned.
_PLAN = Plan(steps=800, batch=256, learning_rate=3e-3, ema_decay=0.99, patience=4, check_every=50)
_ADVERSARIAL = replace(_PLAN, steps=500, learning_rate=2e-3)


FAMILIES = ("gan", "beta_vae", "diffusion", "transformer")
WAYS: Mapping[str, tuple[Way, ...]] = MappingProxyType(
    {
        "gan": tuple(PropertyDraws(_gan(penalty), _ADVERSARIAL) for penalty in (0.1, 1.0)),
        "beta_vae": tuple(PropertyDraws(_vae(beta), _PLAN) for beta in (0.5, 2.0)),
        "diffusion": tuple(PropertyDraws(_diffusion(level), _PLAN) for level in (-0.5, 0.5)),
        "transformer": tuple(PropertyDraws(_transformer(depth), _PLAN) for depth in (1, 2)),
        "boosting": tuple(partial(_boosted, leaf) for leaf in (5, 20)),
        "nearest": tuple(partial(_near, k) for k in (3, 10)),
        "chance": (_chance,),
    }
)


def guessed(
    table: AlloyTable, way: Way, own: Tensor, requested: Tensor, seed: int, share: float
) -> Guess:
    """Predictions of a way for the requested rows, in the units of the table."""
    x = table.found[own]
    spread = x.std(0)
    spread = torch.where(spread > 1e-6, spread, 1.0)
    centre = x.mean(0)
    made = way((x - centre) / spread, table.cond[own], table.cond[requested], seed, share)
    drawn = made.drawn * spread.double().numpy() + centre.double().numpy()
    return replace(made, drawn=drawn)


def fair_r2(
    drawn: Float64[np.ndarray, "m n k"], truth: Float64[np.ndarray, "n k"]
) -> Float64[np.ndarray, " k"]:
    """R2 of the mean of endless draws, of each property, by the draws that there are.

    The mean of m draws errs more than their law does by the variance of a draw over m.
    """
    off = np.square(drawn.mean(0) - truth)
    if len(drawn) > 1:
        off = off - drawn.var(0, ddof=1) / len(drawn)
    r2: np.ndarray = 1 - off.mean(0) / truth.var(0)
    return r2


@cache
def retained(table: AlloyTable, name: str, share: float) -> int:
    """The setting of a way that does best on the rows to tune on, by one fit each."""
    if len(WAYS[name]) == 1:
        return 0
    own = table.own(min(TUNED_ON, len(table.pool)), TUNED)
    truth = table.found[table.tuning].double().numpy()
    found = [
        fair_r2(guessed(table, way, own, table.tuning, TUNED, share).drawn, truth).mean()
        for way in WAYS[name]
    ]
    return int(np.argmax(found))
