"""Rows 19.10 to 19.12 and 19.18: families that spike, beside ordinary ones of equal size.

All arms learn the same 4,000 digits (1,000 more are held out) with as many weights in the network
that draws, and the same budget for both kinds, the problem's own. Quality is the
Fréchet distance of images under the conditions of held-out digits to those, in the features of the
problem's reader. Energies are operations, counted while images are drawn, times published energies:
arithmetic at 45 nm for both kinds, and a GPU for the ordinary beside Loihi for what spikes. The KL
divergence of a VAE's latent numbers is that of held-out digits, whose price rises over the first
third of the fit, or stands from the first step. How far generators lie apart is the energy of the
family nearest to real digits over that of the cheapest, each where it is at home. Weights are
rounded, a step for each output, and the same noise is drawn again: what the distance gains is lost.
A chip holds what its memory holds. Seeds draw first weights, batches and noise; they are 11 and on,
as settings and bounds were chosen after looks at others. Nothing was measured on a chip, and no
distance here is one of Inception's.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
import torch
import xarray as xr
from numpy.typing import ArrayLike
from torch import Tensor

from ingenium.core.designs import DESIGN
from ingenium.core.seeds import one_thread
from ingenium.core.spec import Spec
from ingenium.domains import open_problem
from ingenium.domains.neuro.digits.costs import costs, rounded
from ingenium.domains.neuro.digits.opponents import (
    BUDGETS,
    CLEANS,
    DIFFUSION_SETTINGS,
    DRAWS,
    FAMILIES,
    SHAPE,
    VAE_SETTINGS,
    C,
)
from ingenium.domains.neuro.digits.scores import frechet, scores, seen
from ingenium.evaluate.trials import Readings, Trials
from ingenium.generators.model import Model
from ingenium.generators.vae import VAE
from ingenium.kits.spikes import chips
from ingenium.kits.spikes.families import SpikingDiffusion, SpikingVAE
from ingenium.kits.spikes.layered import Rhythm
from ingenium.kits.spikes.networks import SpikingSettings

STEPS = (4, 8, 16)  # of spikes of the denoiser
BITS = (8, 4)  # of rounded weights
DRAWN = 0.2  # of images that are read as asked: twice of chance
FIRST = 11  # seed: settings were chosen on those below


def _denoiser(steps: int) -> Callable[[], Model]:
    rhythm = Rhythm(steps=steps, step_ms=1.0, tau_ms=8.0)
    settings: SpikingSettings = replace(CLEANS, rhythm=rhythm)
    return lambda: SpikingDiffusion(SHAPE, C, DIFFUSION_SETTINGS, settings)


def _priced_at_once() -> Model:
    settings = replace(VAE_SETTINGS, rise=1e-9)
    return SpikingVAE(SHAPE, C, settings, DRAWS)


ARMS: Mapping[str, tuple[str, Callable[[], object]]] = {
    **{name: (name, FAMILIES[name]) for name in FAMILIES if name != "spiking_diffusion"},
    "not_annealed": ("spiking_vae", _priced_at_once),
    **{f"diffusion_{n}": ("spiking_diffusion", _denoiser(n)) for n in STEPS},
}


ALIKE = (("vae", "spiking_vae"), ("gan", "spiking_gan"), ("diffusion", f"diffusion_{STEPS[-1]}"))
ROUNDED = tuple(name for name in FAMILIES if name in ARMS)


@dataclass(frozen=True)
class DigitTrial:
    """How much is learned and drawn."""

    share: float  # of the steps of a fit
    known: int


def run(
    arm: tuple[str, Callable[[], object]], seed: int, size: DigitTrial
) -> Mapping[str, ArrayLike]:
    """One family fitted, and what its images are and take."""
    name, make = arm
    problem = open_problem(Spec(problem="neuro.digits", setup={"known": size.known}))
    known = problem.data()
    distance = known["held_out"].to_numpy()
    own, held = known.isel({DESIGN: ~distance}), known.isel({DESIGN: distance})
    seed += FIRST
    plan = replace(BUDGETS[name], seed=seed, steps=max(10, round(BUDGETS[name].steps * size.share)))
    with torch.random.fork_rng(devices=[]), one_thread():
        torch.manual_seed(seed)
        family = make()
        assert isinstance(family, Model)
        family.fit(problem.encode(own).float(), problem.features(own), plan)
        cond = problem.features(held)

        def drawn(by: Model) -> xr.Dataset:
            """The same noise for each."""
            return _images(by.propose(cond, torch.Generator().manual_seed(seed)), held)

        def far(by: Model) -> float:
            return frechet(seen(drawn(by)).numpy(), real)

        real = seen(held).numpy()
        found = {**scores(drawn(family), held), **costs(family, cond)}
        for bits in BITS if make is FAMILIES.get(name) else ():
            found[f"at_{bits}_bits"] = far(rounded(family, bits))
    if isinstance(family, VAE):
        found["kl"] = _divergence(family, problem.encode(held).float(), cond)
    return {k: np.array(v) for k, v in found.items()}


def _images(x: Tensor, held: xr.Dataset) -> xr.Dataset:
    grey = ((x.double() + 1) / 2).clamp(0, 1)[:, 0].numpy()
    label = held["label"].to_numpy()
    return xr.Dataset({"image": ((DESIGN, "row", "column"), grey), "label": (DESIGN, label)})


@torch.no_grad()
def _divergence(family: VAE, x: Tensor, cond: Tensor) -> float:
    """Of the latent numbers of a digit from their prior (nats)."""
    mean, spread = family.posterior(x, cond)
    centre, width = family.believed(cond)
    distance, narrow = (mean - centre) / width, spread / width
    each = 0.5 * (distance.square() + narrow.square() - 1) - narrow.log()
    return float(each.sum(1).mean())


def read(found: Readings) -> Mapping[str, ArrayLike]:
    """Ratios of energy and distance between what spikes and what does not, a row a seed."""

    def ratio(name: str, over: str, under: str) -> np.ndarray:
        return np.asarray(found(over, name) / found(under, name))

    loihi, sizes = next(c for c in chips.CHIPS if c.name == "Loihi"), _sizes(found)
    longest, shortest = f"diffusion_{STEPS[-1]}", f"diffusion_{STEPS[0]}"
    values: dict[str, ArrayLike] = {
        "frugal": ratio("home_nj", "vae", "spiking_vae"),
        "frugal_arithmetic": ratio("arithmetic_nj", "vae", "spiking_vae"),
        "kept": ratio("kl", "spiking_vae", "not_annealed"),
        "vae_gap": ratio("frechet", "spiking_vae", "vae"),
        **_adversarial(found, ratio),
        "longer": 1 - ratio("frechet", longest, shortest),
        "diffusion_gap": ratio("frechet", longest, "diffusion"),
        "apart": _distance(found),
        "alike": np.prod([ratio("home_nj", *pair) for pair in ALIKE], 0) ** (1 / len(ALIKE)),
        "held": [np.mean([loihi.fits(n, BITS[0]) for n in sizes.values()])] * len(found.seeds),
    }
    for bits in BITS:
        lost = [found(arm, f"at_{bits}_bits") / found(arm, "frechet") - 1 for arm in ROUNDED]
        values[f"lost_at_{bits}_bits"] = np.mean(lost, 0)
    for arm in found.pieces:
        reported = ("frechet", "recognised_share", "operations", "arithmetic_nj", "home_nj")
        values |= {f"{arm}.{name}": found(arm, name) for name in reported}
    return values


def _adversarial(
    found: Readings, ratio: Callable[[str, str, str], np.ndarray]
) -> dict[str, np.ndarray]:
    """Of pairs of GANs; nothing where images of one are read as asked hardly more than by chance.

    What a network that draws nothing takes says nothing of those that draw.
    """
    parts = {
        "gan_frugal": ("arithmetic_nj", "gan", "fully_spiking_gan"),
        "hybrid_frugal": ("arithmetic_nj", "spiking_gan", "fully_spiking_gan"),
        "gan_gap": ("frechet", "fully_spiking_gan", "gan"),
        "hybrid_gap": ("frechet", "spiking_gan", "gan"),
    }
    reported = {arm: found(arm, "recognised_share") for _, *pair in parts.values() for arm in pair}
    return {
        name: np.where(np.minimum(reported[a], reported[b]) >= DRAWN, ratio(what, a, b), np.nan)
        for name, (what, a, b) in parts.items()
    }


def _distance(found: Readings) -> np.ndarray:
    """Energy of the family nearest to real digits over that of the cheapest, a number a seed.

    What draws nothing counts as neither.
    """
    draws = np.stack([found(arm, "recognised_share") for arm in ARMS]) >= DRAWN
    energy = np.where(draws, np.stack([found(arm, "home_nj") for arm in ARMS]), np.inf)
    far = np.stack([found(arm, "frechet") for arm in ARMS])
    far = np.where(draws, far, np.inf)
    best = energy[far.argmin(0), np.arange(energy.shape[1])]
    return np.asarray(best / energy.min(0))


def _sizes(found: Readings) -> dict[str, int]:
    """Weights of each network that draws."""
    return {arm: int(found(arm, "weights")[0]) for arm in ROUNDED}


def held_by_chips(found: Readings) -> tuple[str, ...]:
    """Which generators each chip holds."""
    reported = (f"{chip.name} {chip.holds(_sizes(found), BITS[0])}" for chip in chips.CHIPS)
    return (f"By memory alone: {'; '.join(reported)}.",)


measure = Trials(
    arms=ARMS,
    sizes=(DigitTrial(1.0, 5000), DigitTrial(0.01, 100)),
    run=run,
    read=read,
    notes=held_by_chips,
)
