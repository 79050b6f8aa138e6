"""Operations and memory of a network for a design, as NeuroBench counts them.

Hooks inspect the inputs of each layer of weights while designs are proposed. Attention and other
parts without a layer of weights are not counted; a network with weights elsewhere is refused.

Source: Yik et al., NeuroBench, Nature Communications 16, 2025 (arXiv:2304.04640), algorithm track:
footprint, synaptic operations (dense, effective MACs).
"""

from collections import Counter
from collections.abc import Callable, Mapping
from copy import deepcopy
from functools import partial
from typing import TypeVar

import torch
from jaxtyping import Float
from torch import Tensor, nn

from ingenium.core.errors import InputError
from ingenium.kits.spikes.networks import SpikeLinear

M = TypeVar("M", bound=nn.Module)


def count(model: nn.Module, propose: Callable[[], object]) -> Mapping[str, int]:
    """Count the operations of a model's layers during `propose`.

    `dense` multiply-accumulates if nothing is skipped, `effective` ones with neither a weight nor
    an activation of 0, the `weights` of active layers, and `footprint_bytes` of parameters and
    buffers. Of the effective ones, `synaptic` are those caused by spikes, which only add; `spikes`
    are sent by neurons, each of which `updates` counts once in each step.

    Raises:
        InputError: if the model has matrices of weights outside of linear layers.
    """
    found: Counter[str] = Counter()
    busy: set[nn.Module] = set()
    hooks = [layer.register_forward_hook(partial(_seen, found, busy)) for layer in linear(model)]
    try:
        propose()
    finally:
        for hook in hooks:
            hook.remove()
    held = [*model.parameters(), *model.buffers()]
    found["weights"] = sum(layer.weight.numel() for layer in linear(model) if layer in busy)
    found["footprint_bytes"] = sum(t.numel() * t.element_size() for t in held)
    return found


def _seen(
    found: Counter[str],
    busy: set[nn.Module],
    layer: nn.Linear,
    inputs: tuple[Tensor, ...],
    _: object,
) -> None:
    x, links = inputs[0].detach() != 0, (weight(layer) != 0).sum(0)
    busy.add(layer)
    effective = int((x.flatten(0, -2).sum(0) * links).sum())
    found["dense"] += x[..., 0].numel() * layer.weight.numel()
    found["effective"] += effective
    if isinstance(layer, SpikeLinear):
        found["synaptic"] += effective
        found["spikes"] += int(x.sum())
        found["updates"] += x.numel()


def linear(model: nn.Module) -> list[nn.Linear]:
    """Return the layers of weights of a model.

    Raises:
        InputError: if there are matrices of weights elsewhere.
    """
    layers = [module for module in model.modules() if isinstance(module, nn.Linear)]
    known = {id(layer.weight) for layer in layers}
    other = [name for name, p in model.named_parameters() if p.ndim > 1 and id(p) not in known]
    if other:
        raise InputError("a model whose weights are in linear layers", f"one with {other[0]}")
    return layers


def weight(layer: nn.Linear) -> Float[Tensor, "o i"]:
    """Return the weights of a layer, with masked ones at 0."""
    mask = getattr(layer, "mask", None)
    found: Tensor = layer.weight.detach()
    return found if mask is None else found * mask


def quantised(w: Float[Tensor, "o i"], bits: int) -> Float[Tensor, "o i"]:
    """Quantise weights to a symmetric uniform grid of `bits` bits, with one step for each output.

    No weight moves by more than half its row's step, `largest / (2^(bits - 1) - 1)`.

    Raises:
        InputError: for fewer than 2 bits.
    """
    if bits < 2:
        raise InputError("2 bits or more, one of them the sign", bits)
    step = w.abs().amax(1, keepdim=True) / (2 ** (bits - 1) - 1)
    return torch.where(step > 0, torch.round(w / step.clamp_min(1e-30)) * step, w)


def at_bits(model: M, bits: int) -> M:
    """Copy a model with the weights of its layers quantised; biases do not change."""
    made = deepcopy(model)
    with torch.no_grad():
        for layer in linear(made):
            layer.weight.copy_(quantised(weight(layer), bits))
    return made
