"""Generating network: the decoder of a spiking VAE, quantised to a number of bits.

It ships with the package, with the encoded rates of the known digits; the recipe is
`ingenium make digit_drawer`, a few minutes of one processor.

Shapes: n digits, m latent rates.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float64
from torch import Tensor
from torch.nn import functional

from ingenium.core.recipe import Recipe, printed
from ingenium.core.seeds import one_thread
from ingenium.domains.neuro.digits.data import LEVELS, SIDE, digits, held_out
from ingenium.generators.vae import VAESettings
from ingenium.kits.spikes.families import SpikingVAE
from ingenium.kits.spikes.layered import LayeredNetwork, Rhythm
from ingenium.kits.spikes.networks import SpikingDecoder, SpikingSettings
from ingenium.kits.spikes.operations import quantised
from ingenium.train.plan import Plan

PACKAGED = Path(__file__).parent / "drawer.npz"
LATENT, STEPS, CONDITION = 16, 6000, 2500  # rates; of training; digits whose rates are stored
RHYTHM = Rhythm(steps=12, step_ms=1.0, tau_ms=8.0)
SPIKING = SpikingSettings(width=128, rhythm=RHYTHM)
VAE_SETTINGS = VAESettings(latent=LATENT, beta=4.0, drawn=False)
LAYERS = 3


@dataclass(frozen=True, eq=False)
class Drawer:
    """Generating network, the rates of known digits, and its prior over rates for each digit."""

    network: LayeredNetwork
    rates: Float64[Tensor, "n m"]
    centre: Float64[Tensor, "10 m"]  # of the prior's logit
    spread: Float64[Tensor, "10 m"]

    def drives(self, rates: Float64[Tensor, "n m"], digit: Tensor) -> Float64[Tensor, "n d"]:
        """Return the inputs of the network: rates, and the digit as one-hot."""
        condition = functional.one_hot(digit.to(torch.int64), 10).to(torch.float64)
        return torch.cat([rates, condition], 1)

    def images(self, read: Float64[Tensor, "n d"]) -> Float64[Tensor, "n 28 28"]:
        """Convert output voltages (-1 paper, 1 ink) to grey levels."""
        return ((read + 1) / 2).clamp(0, 1).view(-1, SIDE, SIDE)


@cache
def drawer(bits: int) -> Drawer:
    """Load the network with weights of this many bits; each output has its own scale."""
    arrays = {k: torch.from_numpy(a.astype(np.float64)) for k, a in RECIPE.complete().items()}
    weights = tuple(quantised(arrays[f"weight_{i}"], bits) for i in range(LAYERS))
    biases = tuple(arrays[f"bias_{i}"] for i in range(LAYERS))
    network = LayeredNetwork(weights, biases, RHYTHM)
    return Drawer(network, arrays["rates"], arrays["centre"], arrays["spread"])


def _trained(_: int) -> Mapping[str, np.ndarray]:
    """Train the weights in half precision, the rates of known digits, and the prior."""
    grey, labels = digits()
    known = ~held_out()
    x = torch.from_numpy(2 * (grey[known] / LEVELS) - 1).float()[:, None]
    condition = functional.one_hot(torch.from_numpy(labels.astype(np.int64)), 10).float()
    with torch.random.fork_rng(devices=[]), one_thread():
        torch.manual_seed(0)
        made = SpikingVAE((1, SIDE, SIDE), 10, VAE_SETTINGS, SPIKING)
        plan = Plan(
            steps=STEPS,
            learning_rate=2e-3,
            ema_decay=0.995,
            progress=lambda i, n, _: printed("train the drawer", i, n),
        )
        made.fit(x, condition[known], plan)
        every = torch.from_numpy(2 * (grey[:CONDITION] / LEVELS) - 1).float()[:, None]
        with torch.no_grad():
            mean, spread = made.posterior(every, condition[:CONDITION])
            noise = torch.randn(mean.shape, generator=torch.Generator().manual_seed(0))
            centre, width = made.believed(torch.eye(10))
    assert isinstance(made.decode, SpikingDecoder)
    network = made.decode.stack.network
    found = {f"weight_{i}": w for i, w in enumerate(network.weights)}
    found |= {f"bias_{i}": b for i, b in enumerate(network.biases)}
    found |= {"rates": torch.sigmoid(mean + spread * noise), "centre": centre, "spread": width}
    return {k: a.detach().numpy().astype(np.float16) for k, a in found.items()}


RECIPE = Recipe(
    "digit_drawer",
    {"steps": STEPS, "rhythm": str(RHYTHM), "vae": str(VAE_SETTINGS), "told": CONDITION},
    _trained,
    packaged=PACKAGED,
)
