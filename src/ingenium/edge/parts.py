"""Networks of a family that run on a device, and the family with them replaced.

A family samples, solves and obeys grammars as usual; calls of its network go to the device. So one
mechanism serves the designs of all domains.

Shapes: n rows, w numbers of a step.
"""

import copy
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from ingenium.core.errors import InputError
from ingenium.edge.graph import NetworkGraph
from ingenium.edge.integer import MOST, IntegerGraph
from ingenium.edge.onnx_file import GraphFile
from ingenium.generators.denoising import Denoising
from ingenium.generators.networks import FromVector, Modulation, ToVector, Trunk
from ingenium.generators.tokens.autoregressive import TokenAutoregressive
from ingenium.generators.tokens.decoders import Recurrent
from ingenium.generators.vae import VAE

Runner = Callable[[Mapping[str, Tensor]], Mapping[str, Tensor]]
Signals = dict[str, Tensor]


@dataclass
class Recorder:
    """Runs a graph in floating point and stores its inputs."""

    graph: NetworkGraph
    most: int = 4096  # rows that are stored
    rows: int = 0  # of all calls
    cached: list[Signals] = field(default_factory=list)

    def __call__(self, given: Mapping[str, Tensor]) -> Mapping[str, Tensor]:
        count = len(next(iter(given.values())))
        if self.rows < self.most:
            self.cached.append({k: v.detach().clone() for k, v in given.items()})
        self.rows += count
        return self.graph.run(given)

    def seen(self) -> Signals:
        """All stored inputs, row after row."""
        return {k: torch.cat([part[k] for part in self.cached]) for k in self.cached[0]}


@dataclass
class FileRunner:
    """Runs an exported file; real numbers in and out, integers inside."""

    file: GraphFile
    rows: int = 0

    def __call__(self, given: Mapping[str, Tensor]) -> Mapping[str, Tensor]:
        fed = {k: whole(v, self.file.places.get(k)) for k, v in given.items()}
        self.rows += len(next(iter(given.values())))
        found = self.file.run(fed)
        return {k: real(v, self.file.places[k]) for k, v in found.items()}


@dataclass
class GraphRunner:
    """Runs a graph in integers without a file: slower, and the same numbers."""

    graph: IntegerGraph

    def __call__(self, given: Mapping[str, Tensor]) -> Mapping[str, Tensor]:
        places = self.graph.places
        found = self.graph.run({k: whole(v, places.get(k)) for k, v in given.items()})
        return {k: real(found[k], places[k]) for k in self.graph.outputs}


def real(x: np.ndarray, places: int) -> Tensor:
    """Convert a signal of integers to the real numbers it represents."""
    return torch.from_numpy(x.astype(np.float32) * np.float32(2.0**-places))


def whole(x: Tensor, places: int | None) -> np.ndarray:
    """Convert a signal to integers with `places` binary places; a row number stays as it is."""
    values = x.detach().double().numpy()
    if places is None:
        return values.astype(np.int64).reshape(-1, 1)
    return np.clip(np.rint(values * 2.0**places), -MOST, MOST).astype(np.int64)


@runtime_checkable
class EdgePart(Protocol):
    """One network of a family, as graphs that a device runs."""

    def graphs(self, family: Any) -> dict[str, NetworkGraph]:
        """Graphs of the part by name."""
        ...

    def seat(self, family: Any, runners: Mapping[str, Runner]) -> None:
        """Send the calls of the family's network to the runners."""
        ...


@dataclass(frozen=True)
class TokenSteps:
    """A recurrent network that generates tokens: conditioned once, then a step for each token."""

    def graphs(self, family: TokenAutoregressive) -> dict[str, NetworkGraph]:
        """Graphs `told`, called once a design, and `step`."""
        told = NetworkGraph("told")
        given = told.given("cond", family.c)
        told.told(_perceptron(told, given, family.told), "about")
        return {"told": told, "step": _recurrent(family)}

    def seat(self, family: TokenAutoregressive, runners: Mapping[str, Runner]) -> None:
        """Replace `told` and `follow`."""
        instead(family, "told", lambda cond: runners["told"]({"cond": cond})["about"])
        instead(family, "follow", _TokenCalls(runners["step"]))


@dataclass(frozen=True)
class _TokenCalls:
    runner: Runner

    def __call__(
        self, token: Int[Tensor, " n"], told: Float[Tensor, "n w"], step: int, memory: Any
    ) -> tuple[Tensor, Any]:
        h, c = memory
        given = {"token": token[:, None], "step": torch.full_like(token, step)[:, None]}
        given["told"] = told
        for i in range(len(h)):
            given |= {f"h{i}": h[i], f"c{i}": c[i]}
        out = self.runner(given)
        h, c = (torch.stack([out[f"{k}{i}_next"] for i in range(len(h))]) for k in "hc")
        return out["scores"], (h, c)


@dataclass(frozen=True)
class DenoiserCalls:
    """A perceptron that denoises vectors, called at each level of a solver."""

    def graphs(self, family: Denoising) -> dict[str, NetworkGraph]:
        """The graph that is called at each level."""
        return {"denoise": _trunk(_checked(family.network, family), "denoise", level=True)}

    def seat(self, family: Denoising, runners: Mapping[str, Runner]) -> None:
        """Replace the network."""
        waves = _checked(family.network, family).conditioning.frequencies

        def run(
            x: Tensor, cond: Tensor, level: Tensor, conditioned: Bool[Tensor, " n"] | None
        ) -> Tensor:
            if conditioned is not None and not bool(conditioned.all()):
                raise InputError(
                    "guidance of 1 from a compressed generator",
                    "one that asks its network without conditions",
                    "Leave guidance out of the spec.",
                )
            angle = 2 * math.pi * level[:, None] * waves
            wave = torch.cat([angle.cos(), angle.sin()], 1)
            return runners["denoise"]({"x": x, "cond": cond, "wave": wave})["out"]

        instead(family, "network", run)


@dataclass(frozen=True)
class DecoderCalls:
    """A perceptron that decodes latent numbers, called once a design."""

    def graphs(self, family: VAE) -> dict[str, NetworkGraph]:
        """The graph of the decoder."""
        return {"decode": _trunk(_checked(family.decode, family), "decode", level=False)}

    def seat(self, family: VAE, runners: Mapping[str, Runner]) -> None:
        """Replace the decoder."""
        run = runners["decode"]
        instead(family, "decode", lambda z, cond: run({"x": z, "cond": cond})["out"])


@runtime_checkable
class HasEdgePart(Protocol):
    """A module that declares its own part for a device."""

    def edge_part(self) -> EdgePart:
        """The part for a device."""
        ...


def instead(family: nn.Module, name: str, call: Callable[..., Any]) -> None:
    """Replace a method that calls a network; its weights stay in place."""
    object.__setattr__(family, name, call)


@dataclass(frozen=True)
class FoundPart:
    """A part, and the place of its network in a family."""

    part: EdgePart
    path: str  # of the module that holds the network; empty for the family itself

    def of(self, family: nn.Module) -> nn.Module:
        """The module that holds the network."""
        return family.get_submodule(self.path) if self.path else family

    def graphs(self, family: nn.Module) -> dict[str, NetworkGraph]:
        """All graphs for a device."""
        return self.part.graphs(self.of(family))

    def seated(self, family: nn.Module, runners: Mapping[str, Runner]) -> nn.Module:
        """Copy the family with its network replaced by the runners."""
        own = copy.deepcopy(family)
        self.part.seat(self.of(own), runners)
        return own


def part_of(family: object, name: str) -> FoundPart:
    """Find the network of a family that can run on a device: the first of its modules that has one.

    Raises:
        InputError: for a family without one, naming what cannot be exported and what can.
    """
    refused = []
    for path, module in family.named_modules() if isinstance(family, nn.Module) else ():
        try:
            found = _found(module)
        except InputError as error:
            refused.append(error)
            continue
        if found is not None:
            return FoundPart(found, path)
    if refused:
        raise refused[0]
    raise InputError(
        "a family with a network that writes tokens, denoises or decodes vectors",
        f"{name}, which has none",
        "Name one with --family, such as lstm for texts and vae or diffusion for numbers.",
    )


def _found(module: nn.Module) -> EdgePart | None:
    if isinstance(module, HasEdgePart):
        return module.edge_part()
    if isinstance(module, TokenAutoregressive):
        if not isinstance(module.decoder, Recurrent):
            raise unsupported("attention", type(module.decoder).__name__, "--family lstm")
        return TokenSteps()
    if isinstance(module, Denoising):
        _checked(module.network, module)
        return DenoiserCalls()
    if isinstance(module, VAE):
        _checked(module.decode, module)
        return DecoderCalls()
    return None


def unsupported(operator: str, where: str, instead: str) -> InputError:
    """Build the error for an operator, with the nearest alternative."""
    return InputError(
        "operators that whole numbers on a device have (dense, sum, product, function, norm)",
        f"{operator}, in {where}",
        f"The nearest recipe without it: {instead}.",
    )


def _checked(network: nn.Module, family: nn.Module) -> Trunk:
    """Check that a trunk works on one vector, without attention."""
    name = type(family).__name__
    if not isinstance(network, Trunk):
        raise unsupported("convolution", f"{type(network).__name__} of {name}", "--family vae")
    one = isinstance(network.enter, FromVector) and network.enter.tokens == 1
    if not one or not isinstance(network.leave, ToVector):
        raise unsupported(
            "attention", f"the network of {name} on a series", "--family principal_flow_matching"
        )
    return network


def _perceptron(g: NetworkGraph, x: str, layers: nn.Sequential) -> str:
    first, _, last = layers
    hidden = g.function(dense_of(g, x, first), "silu")
    return dense_of(g, hidden, last)


def dense_of(g: NetworkGraph, x: str, layer: Any) -> str:
    """Add a linear layer."""
    return g.dense(x, layer.weight.detach(), layer.bias.detach())


def _recurrent(family: TokenAutoregressive) -> NetworkGraph:
    """Build one step: the last token, the condition, and the memory."""
    decoder: Any = family.decoder
    memory, g = decoder.memory, NetworkGraph("step")
    w = memory.hidden_size
    token, step = g.index("token", family.embed.num_embeddings), g.index("step", family.steps)
    told = g.given("told", memory.input_size)
    state = [(g.given(f"h{i}", w), g.given(f"c{i}", w)) for i in range(memory.num_layers)]
    x = g.sum(g.rows(token, family.embed.weight.detach()), g.rows(step, family.position.detach()))
    x = g.sum(x, told)
    x, ends = remembered(g, x, memory, state)
    weight = family.head.weight.detach() * decoder.norm.weight.detach()
    scores = g.dense(g.norm(x), weight, family.head.bias.detach())
    for i, (h, c) in enumerate(ends):
        g.told(h, f"h{i}_next", back=f"h{i}")
        g.told(c, f"c{i}_next", back=f"c{i}")
    g.told(scores, "scores")
    return g


_LSTM = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")


def remembered(
    g: NetworkGraph, x: str, memory: Any, state: Sequence[tuple[str, str]]
) -> tuple[str, list[tuple[str, str]]]:
    """Add one step of an LSTM; return its output, and its state layer by layer."""
    w, ends = memory.hidden_size, []
    for i, (h, c) in enumerate(state):
        own = {k: getattr(memory, f"{k}_l{i}").detach() for k in _LSTM}
        read = g.dense(x, own["weight_ih"], own["bias_ih"] + own["bias_hh"])
        gates = g.sum(read, g.dense(h, own["weight_hh"], None))
        enter, forget, new, leave = (g.part(gates, k * w, (k + 1) * w) for k in range(4))
        fresh = g.product(g.function(enter, "sigmoid"), g.function(new, "tanh"))
        cell = g.sum(g.product(g.function(forget, "sigmoid"), c), fresh)
        x = g.product(g.function(leave, "sigmoid"), g.function(cell, "tanh"))
        ends.append((x, cell))
    return x, ends


def _trunk(trunk: Trunk, name: str, *, level: bool) -> NetworkGraph:
    """Build conditioned blocks on one vector."""
    g = NetworkGraph(name)
    enter: Any = trunk.enter.linear
    told: Any = trunk.conditioning
    x = g.given("x", enter.in_features)
    e = _perceptron(g, g.given("cond", told.of_cond[0].in_features), told.of_cond)
    if level:
        wave = g.given("wave", told.of_level[0].in_features)
        e = g.sum(e, _perceptron(g, wave, told.of_level))
    e = g.function(e, "silu")
    h = dense_of(g, x, enter)
    blocks: Any = trunk.blocks
    for block in blocks:
        up = g.function(dense_of(g, _modulated(g, h, e, block.second), block.up), "silu")
        h = g.sum(h, dense_of(g, up, block.down))
    g.told(dense_of(g, _modulated(g, h, e, trunk.norm), trunk.leave.linear), "out")
    return g


def _modulated(g: NetworkGraph, h: str, e: str, layer: Modulation) -> str:
    """Normalise, scale by 1 plus the network's output, and shift."""
    w = layer.shift.out_features // 2
    bias = layer.shift.bias.detach().clone()
    bias[:w] += 1
    both = g.dense(e, layer.shift.weight.detach(), bias)
    return g.sum(g.product(g.norm(h), g.part(both, 0, w)), g.part(both, w, 2 * w))
