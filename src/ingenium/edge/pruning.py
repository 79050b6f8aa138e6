"""Fewer units, or fewer weights: a smaller copy of a family, and masks of what is zero.

Shapes: w units of a layer, k of them that remain.
Source: Li et al., ICLR 2017, arXiv:1608.08710 (units by the size of their weights); Han et al.,
NeurIPS 28, 2015, arXiv:1506.02626 (weights by their size).
"""

import copy
from collections.abc import Mapping
from typing import Any, Protocol, runtime_checkable

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from ingenium.core.errors import InputError
from ingenium.edge.parts import DenoiserCalls, FoundPart, Recorder, TokenSteps
from ingenium.generators.networks import ResidualBlock
from ingenium.generators.tokens.autoregressive import TokenAutoregressive
from ingenium.generators.tokens.decoders import Recurrent


@runtime_checkable
class HasNarrow(Protocol):
    """A part that declares how its family gets narrower."""

    def narrowed(self, family: Any, share: float, seen: Mapping[str, Recorder]) -> nn.Module:
        """Copy a family with a share of the units of each layer."""
        ...


EVEN = 8  # units remain in eights, as processors read them


def narrowed(
    family: nn.Module, found: FoundPart, share: float, seen: Mapping[str, Recorder]
) -> nn.Module:
    """Copy a family with a share of the units of each layer: those of largest weight.

    Raises:
        InputError: for a kind of network that is not narrowed.
    """
    own = copy.deepcopy(family)
    if share >= 1:
        return own
    if isinstance(found.part, HasNarrow):
        return found.part.narrowed(own, share, seen)
    if isinstance(found.part, TokenSteps):
        at = found.of(own)
        if type(at) is not TokenAutoregressive:
            raise InputError(
                "a network whose units can be left out",
                type(at).__name__,
                "The nearest recipe without it: 4 bits at full width.",
            )
        small = _fewer_states(at, share, seen["step"])
        if not found.path:
            return small
        parent, _, name = found.path.rpartition(".")
        setattr(own.get_submodule(parent) if parent else own, name, small)
        return own
    model: Any = found.of(own)
    trunk = model.network if isinstance(found.part, DenoiserCalls) else model.decode
    for block in trunk.blocks:
        _fewer_hidden(block, share)
    return own


def retained_units(weight: Float[Tensor, " w"], share: float) -> Int[Tensor, " k"]:
    """Select a share of the units, those of largest weight."""
    count = min(len(weight), max(EVEN, round(share * len(weight) / EVEN) * EVEN))
    return weight.topk(count).indices.sort().values


def _fewer_hidden(block: ResidualBlock, share: float) -> None:
    up, down = block.up, block.down
    with torch.no_grad():
        retained = retained_units(up.weight.norm(dim=1) * down.weight.norm(dim=0), share)
        block.up = nn.Linear(up.in_features, len(retained))
        block.down = nn.Linear(len(retained), down.out_features)
        block.up.weight.copy_(up.weight[retained])
        block.up.bias.copy_(up.bias[retained])
        block.down.weight.copy_(down.weight[:, retained])
        block.down.bias.copy_(down.bias)


def _fewer_states(family: TokenAutoregressive, share: float, seen: Recorder) -> TokenAutoregressive:
    """Prune inputs and the memory of each layer, by their spread and their weights."""
    decoder: Any = family.decoder
    memory = decoder.memory
    layers, signals = memory.num_layers, seen.graph.run(seen.seen())
    read = _read_of(seen, signals)
    with torch.no_grad():
        retained = [retained_units(read.std(0) * memory.weight_ih_l0.norm(dim=0), share)]
        for i in range(layers):
            out = family.head.weight if i == layers - 1 else getattr(memory, f"weight_ih_l{i + 1}")
            weighs = out.norm(dim=0) + getattr(memory, f"weight_hh_l{i}").norm(dim=0)
            retained.append(retained_units(signals[f"h{i}_next"].std(0) * weighs, share))
    width = len(retained[0])
    small = TokenAutoregressive(
        family.shape,
        family.c,
        family.tokens,
        Recurrent(width, layers),
        width=width,
        drawing=family.drawing,
        dropout=0.0,
    )
    with torch.no_grad():
        _fill(small, family, retained)
    return small


def _read_of(seen: Recorder, signals: Mapping[str, Tensor]) -> Tensor:
    """Inputs of the first layer."""
    first = next(s for s in seen.graph.steps if s.kind == "dense")
    return signals[first.inputs[0]]


def _fill(small: Any, family: Any, retained: list[Int[Tensor, " k"]]) -> None:
    """Copy the weights that remain."""
    enter, last = retained[0], retained[-1]
    small.told[0].weight.copy_(family.told[0].weight[enter])
    small.told[0].bias.copy_(family.told[0].bias[enter])
    small.told[2].weight.copy_(family.told[2].weight[enter][:, enter])
    small.told[2].bias.copy_(family.told[2].bias[enter])
    small.unknown.copy_(family.unknown[enter])
    small.embed.weight.copy_(family.embed.weight[:, enter])
    small.position.copy_(family.position[:, enter])
    retained_memory(small.decoder.memory, family.decoder.memory, retained)
    small.decoder.norm.weight.copy_(family.decoder.norm.weight[last])
    small.head.weight.copy_(family.head.weight[:, last])
    small.head.bias.copy_(family.head.bias)


def retained_memory(new: nn.LSTM, old: nn.LSTM, retained: list[Int[Tensor, " k"]]) -> None:
    """Copy an LSTM's weights for the inputs and the units of each layer that remain."""
    for i in range(old.num_layers):
        own = retained[i + 1]
        gates = torch.cat([own + k * old.hidden_size for k in range(4)])
        sources = {"weight_ih": retained[i], "weight_hh": own, "bias_ih": None, "bias_hh": None}
        for name, columns in sources.items():
            rows = getattr(old, f"{name}_l{i}")[gates]
            getattr(new, f"{name}_l{i}").copy_(rows if columns is None else rows[:, columns])


def masks(model: nn.Module, sparse: float) -> dict[str, Tensor]:
    """Masks of each matrix: 1 for its largest weights, 0 for the others."""
    if not sparse:
        return {}
    found = {}
    for name, weight in model.named_parameters():
        if weight.ndim == 2 and min(weight.shape) > 1:
            threshold = (
                weight.detach().abs().flatten().quantile(sparse) if weight.numel() < 10**7 else 0
            )
            found[name] = (weight.detach().abs() > threshold).to(weight.dtype)
    return found
