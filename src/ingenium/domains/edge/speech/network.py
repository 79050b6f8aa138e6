"""Network of gains for the noisy input and for its Wiener-filtered version, in bands.

A Wiener filter resolves each frequency but models only steady noise; a network of bands models
speech, but does not resolve the harmonics of a voice. Causal, frame by frame.

Shapes: n recordings, s samples, t frames, b bands, w units.
"""

import copy
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn

from ingenium.domains.edge.speech.restoring import Restores
from ingenium.domains.edge.speech.spectra import BANDS, heard, sound, spectra, spread
from ingenium.domains.edge.speech.wiener import WienerSettings, filter_gains
from ingenium.edge.graph import NetworkGraph
from ingenium.edge.parts import EdgePart, Recorder, Runner, dense_of, instead, remembered
from ingenium.edge.pruning import retained_memory, retained_units
from ingenium.generators.model import Model

SEEN = 2 * BANDS  # of the noisy recording, and of the filtered one
FLOOR = 10 ** (-50 / 20)  # of a gain: residual noise is inaudible, but not 0
ALONGSIDE = WienerSettings()  # of the filter whose output it takes, as in training
LEAST = 1e-3  # of the power of speech: errors below 30 dB count alike


class MaskNetwork(Restores, Model):
    """Recurrent network of band gains; designs are speech, conditions the noisy recording.

    Shapes: k numbers of a frame, twice as many as bands.
    Source: Valin, IEEE MMSP 2018, arXiv:1709.08243 (gains of bands, from a small memory).
    """

    def __init__(self, samples: int, *, width: int) -> None:
        super().__init__((samples,), samples)
        self.enter = nn.Linear(SEEN, width)
        self.memory = nn.LSTM(width, width, batch_first=True)
        self.leave = nn.Linear(width, SEEN)

    def gains(self, seen: Float[Tensor, "n t k"]) -> Float[Tensor, "n t k"]:
        """Gain of each band in each frame."""
        known = self.memory(nn.functional.silu(self.enter(seen)))[0]
        found: Tensor = self.leave(known).sigmoid()
        return found

    def restored(self, cond: Float[Tensor, "n s"]) -> Float[Tensor, "n s"]:
        """Restore speech from the noisy recording."""
        spectrum = spectra(cond)
        cleaned = spectrum * filter_gains(spectrum, ALONGSIDE)
        seen = torch.cat([heard(spectrum), heard(cleaned)], -1)
        bare, more = self.gains(seen).clamp(min=FLOOR).chunk(2, -1)
        return sound(spectrum * spread(bare) + cleaned * spread(more))

    def loss(
        self, x: Float[Tensor, "n *shape"], cond: Float[Tensor, "n {self.c}"], rng: torch.Generator
    ) -> Float[Tensor, " n"]:
        """Logarithm of error power over that of speech: -1 for 10 dB."""
        return missed(self.restored(cond), x)

    def taught_loss(
        self, teacher: "MaskNetwork", x: Tensor, cond: Tensor, rng: torch.Generator
    ) -> Float[Tensor, " n"]:
        """Distillation loss: half against speech, half against the teacher's output."""
        own = self.restored(cond)
        with torch.no_grad():
            told = teacher.restored(cond)
        return 0.5 * (missed(own, x) + missed(own, told))

    def edge_part(self) -> EdgePart:
        """Return the part that runs on a device."""
        return MaskSteps()


def missed(own: Float[Tensor, "n s"], x: Float[Tensor, "n s"]) -> Float[Tensor, " n"]:
    """Error power over that of speech, as a logarithm."""
    share = (own - x).square().sum(1) / x.square().sum(1).clamp(min=1e-9)
    return (share + LEAST).log10()


@dataclass(frozen=True)
class MaskSteps:
    """Step of one frame: bands in, gains out, and a recurrent state."""

    def graphs(self, family: MaskNetwork) -> dict[str, NetworkGraph]:
        """Build the graph of the step."""
        g = NetworkGraph("gain")
        seen = g.given("seen", SEEN)
        memory = family.memory
        state = [(g.given("h0", memory.hidden_size), g.given("c0", memory.hidden_size))]
        x, ends = remembered(g, g.function(dense_of(g, seen, family.enter), "silu"), memory, state)
        gains = g.function(dense_of(g, x, family.leave), "sigmoid")
        for i, (h, c) in enumerate(ends):
            g.told(h, f"h{i}_next", back=f"h{i}")
            g.told(c, f"c{i}_next", back=f"c{i}")
        g.told(gains, "gains")
        return {"gain": g}

    def seat(self, family: MaskNetwork, runners: Mapping[str, Runner]) -> None:
        """Replace the network's `gains` by calls of the step."""
        instead(family, "gains", _MaskCalls(runners["gain"], family.memory.hidden_size))

    def narrowed(
        self, family: MaskNetwork, share: float, seen: Mapping[str, Recorder]
    ) -> MaskNetwork:
        """Return a copy with a share of the units of the first layer and of the memory."""
        enter, leave, memory = family.enter, family.leave, family.memory
        with torch.no_grad():
            weighs: Any = memory.weight_ih_l0
            first = retained_units(enter.weight.norm(dim=1) * weighs.norm(dim=0), share)
            back: Any = memory.weight_hh_l0
            signal = seen["gain"].graph.run(seen["gain"].seen())["h0_next"].std(0)
            last = retained_units(signal * (leave.weight.norm(dim=0) + back.norm(dim=0)), share)
            small = copy.deepcopy(family)
            small.enter = nn.Linear(SEEN, len(first))
            small.enter.weight.copy_(enter.weight[first])
            small.enter.bias.copy_(enter.bias[first])
            small.memory = nn.LSTM(len(first), len(last), batch_first=True)
            retained_memory(small.memory, memory, [first, last])
            small.leave = nn.Linear(len(last), SEEN)
            small.leave.weight.copy_(leave.weight[:, last])
            small.leave.bias.copy_(leave.bias)
        return small


@dataclass(frozen=True)
class _MaskCalls:
    runner: Runner
    width: int

    def __call__(self, seen: Float[Tensor, "n t k"]) -> Float[Tensor, "n t k"]:
        h = c = seen.new_zeros(len(seen), self.width)
        found = []
        for frame in seen.float().unbind(1):  # each needs the memory of the one before
            out = self.runner({"seen": frame, "h0": h, "c0": c})
            h, c = out["h0_next"], out["c0_next"]
            found.append(out["gains"])
        return torch.stack(found, 1)
