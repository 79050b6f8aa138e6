"""Row 20.3: diffusion, latent diffusion and a score-based equation on cells of Perov-5.

Each learns 3,787 cubes of five atoms, as period and group of the atoms, log edge and shifts, all
standardised, by the same trunk with as many parameters to 3 %, and as many steps of 128 cells. DDPM
has the levels of its linear schedule and an unweighted error of the noise, and draws anew in each
of 1,000 steps; latent diffusion is an autoencoder of half of the steps and DDPM on its numbers, in
50 steps without new noise; the score-based equation has levels spread evenly in their logarithm,
and 500 steps each with a corrector. The bound on a held-out cell, in nats for each of its 15
numbers, is the density along the probability flow, and for latent diffusion that of its numbers
with what its autoencoder adds. Elements are whole numbers and files are rounded, so that a little
noise is added to all cells, on which the bound depends. A cell is valid if its atoms lie 0.5
angstrom apart and common charges balance; diversity is the mean distance of two standardised cells
over that of two held-out ones. Beside them: cells that were learned from.
Budget: 5 seeds, 2,000 steps, 400 cells; quick: 1 seed, 200, 40.
"""

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
import torch
from jaxtyping import Bool, Float
from numpy.typing import ArrayLike
from torch import Tensor

from ingenium.core.digest import digest
from ingenium.core.seeds import one_thread
from ingenium.evaluate.measured import Value
from ingenium.evaluate.trials import Readings, Trials, ratio
from ingenium.generators.diffusion import Diffusion, DiffusionSettings
from ingenium.generators.vae import VAE, VAESettings
from ingenium.sampling.noise import gaussian, uniform
from ingenium.sampling.solvers import Ancestral, Ddim, Denoiser, Stepwise
from ingenium.train.plan import Plan
from ingenium_book.studies.matter import perov

STEPS_DDPM, STEPS_LATENT, STEPS_SDE = 1000, 50, 500
BETAS = 1e-4, 0.02  # of DDPM's linear schedule
SIGMAS = 0.01, 20.0  # of the score-based equation; the most is the largest distance of two cells
SNR = 0.16  # of its corrector
WIDTHS = {"plain": 96, "latent": 56, "autoencoder": 56}
LATENT, DRAWS, LEAST = 12, 8, 0.5  # latent numbers, draws of a bound, angstrom


@dataclass(frozen=True)
class CellDraws:
    """Steps of a fit, and cells of an arm and seed."""

    steps: int
    cells: int


def schedule() -> tuple[float, ...]:
    """DDPM's noise levels in the frame where the signal is not scaled, falling.

    Source: Ho et al., 2020, arXiv:2006.11239, sec. 4.
    """
    retained = np.cumprod(1 - np.linspace(*BETAS, STEPS_DDPM))
    return tuple(np.sqrt((1 - retained) / retained)[::-1].tolist())


class NoiseDiffusion(Diffusion):
    """Diffusion that learns the noise, all of whose levels count alike."""

    def __init__(
        self,
        size: int,
        width: int,
        levels: tuple[float, ...],
        solver: Stepwise,
        *,
        even: bool = False,
    ) -> None:
        super().__init__(
            (size,),
            1,
            DiffusionSettings(width=width, least=min(levels), most=max(levels), solver=solver),
        )
        self.levels, self.even = (*levels, 0.0), even
        self.ladder = torch.tensor(levels)

    def error(
        self, x: Tensor, cond: Tensor, rng: torch.Generator, conditioned: Bool[Tensor, " n"] | None
    ) -> Float[Tensor, " n"]:
        """Mean squared error of the noise; 1 a row for a network that knows nothing of it."""
        u = uniform(x[:, 0], rng)
        spread = math.log(self.settings.most / self.settings.least)
        sigma = self.settings.least * (spread * u).exp()
        if not self.even:
            sigma = self.ladder[(u * len(self.ladder)).long()]
        noisy = x + sigma[:, None] * gaussian(x, rng)
        off = (self.denoise(noisy, sigma, cond, conditioned) - x) / sigma[:, None]
        return off.square().mean(1)


@dataclass(frozen=True)
class PredictorCorrector(Stepwise):
    """A reverse step of the equation, then one of Langevin at the level that it reached.

    Source: Song et al., 2021, arXiv:2011.13456, alg. 2 and 4.
    """

    def step(
        self, denoise: Denoiser, x: Tensor, span: tuple[float, float], rng: torch.Generator
    ) -> Tensor:
        """From a level to the next one."""
        now, then = span
        if then == 0:
            return denoise(x, now)
        lost = now**2 - then**2
        x = x + lost * (denoise(x, now) - x) / now**2 + math.sqrt(lost) * gaussian(x, rng)
        score, noise = (denoise(x, then) - x) / then**2, gaussian(x, rng)
        lengths = [torch.linalg.vector_norm(part, dim=1).mean() for part in (noise, score)]
        size = 2 * (SNR * lengths[0] / lengths[1]) ** 2
        drawn: Tensor = x + size * score + (2 * size).sqrt() * noise
        return drawn


class LatentDiffusion:
    """An autoencoder, and diffusion on its standardised latent numbers."""

    def __init__(self, size: int, levels: tuple[float, ...]) -> None:
        self.outer = VAE((size,), 1, VAESettings(latent=LATENT, width=WIDTHS["autoencoder"]))
        few = levels[:: len(levels) // STEPS_LATENT]
        self.inner = NoiseDiffusion(LATENT, WIDTHS["latent"], levels, Ddim())
        self.inner.levels = (*few, 0.0)
        self.centre, self.spread = torch.zeros(LATENT), torch.ones(LATENT)

    def parameters(self) -> list[Tensor]:
        """Of both."""
        return [*self.outer.parameters(), *self.inner.parameters()]

    def fit(self, x: Tensor, cond: Tensor, plan: Plan) -> None:
        """Half of the steps each."""
        half = replace(plan, steps=plan.steps // 2)
        self.outer.fit(x, cond, half)
        with torch.no_grad():
            mean, width = self.outer.posterior(x, cond)
            z = mean + width * gaussian(mean, torch.Generator().manual_seed(plan.seed))
        self.centre, self.spread = z.mean(0), z.std(0)
        self.inner.fit((z - self.centre) / self.spread, cond, half)

    def propose(self, cond: Tensor, rng: torch.Generator) -> Tensor:
        """Cells as the autoencoder draws them."""
        z = self.centre + self.spread * self.inner.propose(cond, rng)
        with torch.no_grad():
            made: Tensor = self.outer.decode(z, cond)
            return made + self.outer.deviation * gaussian(made, rng)

    @torch.no_grad()
    def log_density(self, x: Tensor, cond: Tensor) -> Tensor:
        """A lower bound, the mean of some draws."""
        mean, width = self.outer.posterior(x, cond)
        rng = torch.Generator().manual_seed(0)
        found = []
        for _ in range(DRAWS):
            noise = gaussian(mean, rng)
            z = mean + width * noise
            inner = self.inner.log_density((z - self.centre) / self.spread, cond)
            own = -0.5 * (noise.square() + math.log(2 * math.pi)) - width.log()
            prior = inner - self.spread.log().sum()
            found.append(self.outer.likelihood(x, z, cond) + prior - own.sum(1))
        return torch.stack(found).mean(0)


def _even() -> tuple[float, ...]:
    return tuple(np.geomspace(SIGMAS[1], SIGMAS[0], STEPS_SDE).tolist())


MAKERS: Mapping[str, Callable[[int], NoiseDiffusion | LatentDiffusion]] = {
    "ddpm": lambda d: NoiseDiffusion(d, WIDTHS["plain"], schedule(), Ancestral()),
    "latent": lambda d: LatentDiffusion(d, schedule()),
    "sde": lambda d: NoiseDiffusion(d, WIDTHS["plain"], _even(), PredictorCorrector(), even=True),
}
KNOWN = "known"


def run(arm: str, seed: int, size: CellDraws) -> dict[str, ArrayLike]:
    """Bound, validity, diversity and time of an arm."""
    rng = np.random.default_rng([seed, 203])
    learned, held = (perov.numbers(part, rng) for part in perov.parts())
    centre, spread = learned.mean(0), learned.std(0)
    x, y = (learned - centre) / spread, (held[: size.cells] - centre) / spread
    if arm == KNOWN:
        some = torch.from_numpy(rng.permutation(len(x))[: size.cells])
        return _reported(x[some], y, centre, spread)
    with one_thread(), torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        family = MAKERS[arm](x.shape[1])
        none = torch.zeros(len(x), 1)
        begun = time.process_time()
        family.fit(x, none, Plan(steps=size.steps, batch=128, seed=seed))
        fitted = time.process_time()
        made = family.propose(none[: size.cells], torch.Generator().manual_seed(seed))
        done = time.process_time()
        bound = -family.log_density(y, none[: len(y)]) / x.shape[1]
    return {
        **_reported(made, y, centre, spread),
        "bound": float(bound.mean()),
        "fit_s": fitted - begun,
        "cell_s": (done - fitted) / size.cells,
        "parameters": float(sum(p.numel() for p in family.parameters())),
    }


def _reported(made: Tensor, held: Tensor, centre: Tensor, spread: Tensor) -> dict[str, ArrayLike]:
    """Shares of valid and unlike cells, and how far they lie apart and from held-out ones."""
    cells = perov.cells_of((centre + spread * made).numpy())
    known = set(perov.parts()[0].elements)
    distance = [s.distance_matrix[np.triu_indices(5, 1)].min() for s in cells.structures()]  # type: ignore[attr-defined]
    sound = np.array(distance) >= LEAST
    balanced = np.array([perov.neutral(names) for names in cells.elements])
    within, others = _distance(made, made), _distance(held, held)
    return {
        "valid": (sound & balanced).mean(),
        "sound": sound.mean(),
        "unlike": len(set(cells.elements)) / len(made),
        "new": np.mean([names not in known for names in cells.elements]),
        "diversity": within / others,
        "far": 2 * float(torch.cdist(made, held).mean()) - within - others,
    }


def _distance(x: Tensor, y: Tensor) -> float:
    """Mean distance of two different cells."""
    return float(torch.cdist(x, y).sum()) / (len(x) * (len(x) - 1))


def read(found: Readings) -> dict[str, ArrayLike | Value]:
    """How far latent diffusion lies below the better of the others, and what stands beside it."""
    table: dict[str, ArrayLike | Value] = {
        f"{key}_{arm}": found(arm, key)
        for arm in MAKERS
        for key in ("bound", "valid", "sound", "unlike", "new", "diversity", "far", "parameters")
    }
    known = {
        f"{key}_{KNOWN}": found(KNOWN, key)
        for key in ("valid", "sound", "unlike", "diversity", "far")
    }
    others = np.minimum(found("ddpm", "bound"), found("sde", "bound"))
    varied = np.maximum(found("ddpm", "diversity"), found("latent", "diversity"))
    return {
        **table,
        **known,
        "lower": others - found("latent", "bound"),
        "faster": ratio(found("ddpm", "cell_s"), found("latent", "cell_s")),
        "slower": ratio(found("sde", "cell_s"), found("ddpm", "cell_s")),
        "more_diverse": found("sde", "diversity") - varied,
        "fit_s": ratio(found("latent", "fit_s"), found("ddpm", "fit_s")),
    }


measure = Trials(
    arms={name: name for name in (*MAKERS, KNOWN)},
    sizes=(CellDraws(2000, 400), CellDraws(200, 40)),
    run=run,
    read=read,
    data=lambda size: digest([part.data for part in perov.parts()]),
)
