"""Quantisation of a graph to integers, calibrated on its signals for real proposals.

Shapes: n rows, w numbers of a signal, o outputs, i inputs.
Source: Jacob et al., CVPR 2018, arXiv:1712.05877; Krishnamoorthi, 2018, arXiv:1806.08342 (a scale
for each output).
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from ingenium.core.errors import InputError
from ingenium.edge.graph import FUNCTIONS, GraphStep, NetworkGraph
from ingenium.edge.integer import (
    CODES,
    ENTRIES,
    MOST,
    SPARE,
    ByteCode,
    Dense,
    IntegerGraph,
    Joined,
    Lookup,
    Norm,
    Operator,
    Product,
    Rows,
    Slice,
    Sum,
)

FACTOR_BITS = 30
ROOM = 1.1  # margin over the largest calibrated value of a signal
QUICK = 33  # bits of a shift from which a processor of 32 bits needs the upper word alone
MOST_SHIFT = 61
STILL = 2.0**-10  # least range of a signal
LEAST_PLACES = 9  # places reserved for that
WIDEST = 14  # binary places of a signal at most
CLIPS = np.linspace(1.0, 0.5, 11)  # of the largest weight, tried at 4 bits
SATURATING = {"sigmoid": 8.0, "tanh": 8.0}  # beyond which the function does not change


@dataclass(frozen=True)
class Scheme:
    """Settings of the quantisation."""

    bits: int = 8  # of weights; 4 packs two into a byte
    per_channel: bool = True  # a scale for each output, and not one for all
    zero_points: bool = True  # codes of activations around a zero of their own

    @property
    def most(self) -> int:
        """The largest integer weight; the range is symmetric."""
        return int(2 ** (self.bits - 1)) - 1


def quantised(graph: NetworkGraph, seen: Mapping[str, Tensor], scheme: Scheme) -> IntegerGraph:
    """Quantise a graph, with ranges calibrated on the signals of `seen` inputs.

    Raises:
        InputError: if the inputs or the signals of the calibration are not finite.
    """
    signals = graph.run(seen)
    for name, values in signals.items():
        bad = int((~torch.isfinite(values.to(torch.float64))).sum())
        if bad:
            raise InputError(
                f"finite numbers to calibrate {graph.name} by",
                f"{bad} that are not, in {name}",
                "Leave such rows out of what the generator is calibrated by."
                if name in seen
                else "Fit the generator again: its weights are not finite, or pass all bounds.",
            )
    return _Writing(graph, signals, scheme).whole()


class _Writing:
    """One graph during its quantisation."""

    def __init__(self, graph: NetworkGraph, signals: Mapping[str, Tensor], scheme: Scheme) -> None:
        self.graph, self.signals, self.scheme = graph, signals, scheme
        self.places = {k: _places(v) for k, v in signals.items() if k not in graph.indices}
        for out, back in graph.ties.items():
            both = min(self.places[out], self.places[back])
            self.places[out] = self.places[back] = both
        self.operators: list[Operator] = []
        self.codes: dict[str, tuple[str, float, int]] = {}

    def whole(self) -> IntegerGraph:
        """Convert all steps in order."""
        for step in self.graph.steps:
            getattr(self, f"_{step.kind}")(step)
        g = self.graph
        ends = {k: self.places[k] for k in (*g.inputs, *g.outputs) if k not in g.indices}
        return IntegerGraph(
            g.name,
            dict(g.widths),
            ends,
            tuple(g.inputs),
            dict(g.indices),
            tuple(g.outputs),
            dict(g.ties),
            tuple(self.operators),
        )

    def _rows(self, step: GraphStep) -> None:
        table = step.weight.detach().double().numpy()
        places = min(WIDEST, _fitting(float(np.abs(table).max()), CODES[1]))
        self.places[step.out] = places
        whole = np.clip(np.rint(table * 2.0**places), *CODES).astype(np.int8)
        self.operators.append(Rows(step.out, step.inputs[0], whole))

    def _dense(self, step: GraphStep) -> None:
        x, scale, zero = self._code(step.inputs[0])
        weight, steps = codes_of(step.weight.detach().double(), self.scheme)
        bias = np.rint(step.bias.detach().double().numpy() / (scale * steps)).astype(np.int64)
        bias -= zero * weight.astype(np.int64).sum(1)
        most = 2**31 - 1 - int(np.abs(weight.astype(np.int64)).sum(1).max()) * 128
        bias = np.clip(bias, -most, most)
        both = [_factor(float(scale * s) * 2.0 ** self.places[step.out]) for s in steps]
        spare = min(QUICK - min(s for _, s in both), self.places[step.out] - LEAST_PLACES)
        if spare > 0 and step.out not in self.graph.ties:
            self.places[step.out] -= spare
            both = [(f, s + spare) for f, s in both]
        factor, shift = (np.array(v, np.int64) for v in zip(*both, strict=True))
        op = Dense(step.out, x, weight, bias, factor, shift, self.scheme.bits)
        self.operators.append(op)

    def _code(self, x: str) -> tuple[str, float, int]:
        """The 8-bit code of a signal, added once; its scale and its zero point."""
        if x not in self.codes:
            values = self.signals[x].double()
            low, high = min(0.0, float(values.min())), max(0.0, float(values.max()))
            if self.scheme.zero_points:
                scale = max(high - low, STILL) / (CODES[1] - CODES[0])
                zero = int(np.clip(CODES[0] - round(low / scale), *CODES))
            else:
                scale, zero = max(-low, high, STILL) / CODES[1], 0
            factor, shift = _factor(2.0 ** -self.places[x] / scale)
            self.operators.append(ByteCode(f"{x}_code", x, factor, shift, zero))
            self.codes[x] = f"{x}_code", scale, zero
        return self.codes[x]

    def _sum(self, step: GraphStep) -> None:
        own = [self.places[k] for k in step.inputs]
        common = max(own)
        up = (common - own[0], common - own[1])
        down = common - self.places[step.out]
        if max(up) > WIDEST:  # of very different sizes: the small one does not matter there
            up, down = (min(up[0], WIDEST), min(up[1], WIDEST)), down
        self.operators.append(Sum(step.out, step.inputs[0], step.inputs[1], up, down))

    def _product(self, step: GraphStep) -> None:
        down = sum(self.places[k] for k in step.inputs) - self.places[step.out]
        self.operators.append(Product(step.out, step.inputs[0], step.inputs[1], down))

    def _function(self, step: GraphStep) -> None:
        x = step.inputs[0]
        most = float(self.signals[x].abs().max()) * ROOM
        reach = SATURATING.get(step.name, max(8.0, 2.0 ** math.ceil(math.log2(max(most, 1e-9)))))
        step_size = 2 * reach / ENTRIES
        at = (torch.arange(ENTRIES, dtype=torch.float64) - ENTRIES // 2) * step_size
        values = FUNCTIONS[step.name](at).numpy() * 2.0 ** self.places[step.out]
        table = np.clip(np.rint(values), -MOST, MOST).astype(np.int16)
        down = self.places[x] + round(math.log2(step_size))
        self.operators.append(Lookup(step.out, x, down, table))

    def _norm(self, step: GraphStep) -> None:
        n = self.graph.widths[step.out]
        factor = round(math.sqrt(n) * 2.0 ** (SPARE / 2 + self.places[step.out] + 20))
        down = math.ceil(math.log2(n))
        self.operators.append(Norm(step.out, step.inputs[0], down, factor))

    def _part(self, step: GraphStep) -> None:
        self.places[step.out] = self.places[step.inputs[0]]  # it looks at what is there
        self.operators.append(Slice(step.out, step.inputs[0], *step.span))

    def _joined(self, step: GraphStep) -> None:
        downs = tuple(self.places[k] - self.places[step.out] for k in step.inputs)
        self.operators.append(Joined(step.out, step.inputs, downs))


def codes_of(
    weight: Float[Tensor, "o i"], scheme: Scheme
) -> tuple[Int[np.ndarray, "o i"], Float[np.ndarray, " o"]]:
    """Quantise weights; also return the scale of each output.

    At 4 bits the largest weights are clipped if that reduces the error of the rest.
    """
    most = scheme.most
    flat = weight if scheme.per_channel else weight.reshape(1, -1)
    peak = flat.abs().amax(1, keepdim=True).clamp(min=1e-9)
    best, scale = torch.full_like(peak, math.inf), peak / most
    for clip in CLIPS if scheme.bits < 8 else CLIPS[:1]:
        own = peak * float(clip) / most
        missed = (
            ((flat / own).round().clamp(-most, most) * own - flat).square().sum(1, keepdim=True)
        )
        scale, best = torch.where(missed < best, own, scale), torch.minimum(missed, best)
    whole = (flat / scale).round().clamp(-most, most).reshape(weight.shape)
    steps = scale.expand(len(weight), 1)[:, 0]
    return whole.numpy().astype(np.int8), steps.numpy()


def _places(values: Tensor) -> int:
    """Number of binary places with which all values fit."""
    return min(WIDEST, _fitting(float(values.abs().max()) * ROOM, MOST))


def _fitting(most: float, top: int) -> int:
    return math.floor(math.log2(top / max(most, 1e-9)))


def _factor(real: float) -> tuple[int, int]:
    """Convert a number to a 30-bit integer and a shift to the right."""
    if real <= 0:
        return 0, 1
    fraction, power = math.frexp(real)
    shift = FACTOR_BITS - power
    over = max(0, shift - MOST_SHIFT)  # of what is as good as nothing
    factor = round(fraction * 2.0 ** (FACTOR_BITS - over))
    return min(factor, 2**FACTOR_BITS - 1), shift - over
