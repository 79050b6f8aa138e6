"""Physics-informed networks (PINN), each trained on one field's residual of the equation.

Many are trained together, each independently. Values and derivatives by both coordinates pass
through the layers together, so that no graph of derivatives is built. A circle is encoded by its
waves, edges at 0 are imposed by an envelope, and a start by an additive form; late residuals count
only once early ones are small.

Shapes: n fields, m points, w width; the r = 5 m rows of a jet are the values, the first and the
    second derivatives by both coordinates.
Source: Raissi, Perdikaris and Karniadakis, J. Comput. Phys. 378:686, 2019; Wang, Sankaran and
    Perdikaris, Comput. Methods Appl. Mech. Eng. 421:116813, 2024 (weights that respect causality).
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise

import torch
from jaxtyping import Float
from torch import Tensor

from ingenium.core.errors import InputError, choose
from ingenium.domains.equations.field.elliptic import Poisson
from ingenium.domains.equations.field.equation import FieldEquation, middles
from ingenium.domains.equations.field.lines import Heat, Wave
from ingenium.domains.equations.field.moving import AllenCahn, Burgers
from ingenium.domains.equations.field.spectral import waves

TAU, WAVES = 2 * math.pi, 6
FAINT = 0.1  # initial size of a network's output
SPANS = 8  # of time, whose residuals are weighed one after the other
ACTIVATIONS = ("tanh", "relu")


@dataclass(frozen=True)
class ResidualSettings:
    """Settings of a network and its training on residuals.

    Raises:
        InputError: for settings of which no network can be built.
    """

    width: int = 32  # units of a hidden layer
    layers: int = 3  # hidden layers
    steps: int = 1000  # training steps
    rate: float = 5e-3  # learning rate of Adam at the start; it falls to a fiftieth
    points: int = 512  # number of points at which the residual is minimised
    until: float = 1.0  # share of the time that the points cover
    activation: str = "tanh"  # of hidden units
    joined: bool = True  # periodic coordinates are encoded as periodic
    exact_start: bool = True  # the start is satisfied by construction
    start_weight: float = 1.0  # weight of the start's error, where it is not imposed
    causal: float = 5.0  # strength of causal weighting; 0 for none
    coordinate_unit: float = 1.0  # unit of encoded places and times, over half their range

    def __post_init__(self) -> None:
        choose(self.activation, dict.fromkeys(ACTIVATIONS), "activation")
        least = {"width": 1, "layers": 1, "steps": 1, "points": 1, "causal": 0}
        above = ("rate", "until", "start_weight", "coordinate_unit")
        wrong = [n for n, v in least.items() if getattr(self, n) < v]
        wrong += [n for n in above if getattr(self, n) <= 0 or (n == "until" and self.until > 1)]
        if wrong:
            raise InputError(
                "sizes, rates and units above 0, `until` at most 1, and `causal` at least 0",
                f"{wrong[0]} = {getattr(self, wrong[0])}",
            )


Jet = Float[Tensor, "n r w"]
Rest = Callable[[tuple[Tensor, ...], Tensor], Tensor]  # of the five rows, and the load there


def rest_of(equation: FieldEquation) -> Rest | None:
    """Return the residual of an equation; rows are u, u_x, u_t (u_y), u_xx, u_tt (u_yy)."""
    match equation:
        case Poisson():
            return lambda u, f: u[3] + u[4] + f
        case Heat(diffusion=d):
            return lambda u, f: u[2] - d * u[3]
        case Wave(speed=c):
            return lambda u, f: u[4] - c**2 * u[3]
        case Burgers(diffusion=d):
            return lambda u, f: u[2] + u[0] * u[1] - d * u[3]
        case AllenCahn(diffusion=d):
            return lambda u, f: u[2] - d * u[3] - 5 * (u[0] - u[0] ** 3)
        case _:
            return None


@dataclass(frozen=True, eq=False)
class ResidualNetworks:
    """Networks for some inputs of one equation, with the record of their training."""

    equation: FieldEquation
    own: ResidualSettings
    inputs: Float[Tensor, "n *grid"]
    size: float  # of solutions
    weights: list[Tensor]
    first: list[Tensor]  # weights before any step
    places: Float[Tensor, "m 2"]  # training points
    losses: list[float] = field(default_factory=list)  # mean over the fields, by step
    spread: list[Tensor] = field(default_factory=list)  # places, and the start there in time

    @classmethod
    def sampled(
        cls, equation: FieldEquation, own: ResidualSettings, inputs: Tensor, size: float,
        rng: torch.Generator,
    ) -> "ResidualNetworks":  # fmt: skip
        """Initialise weights and points at random."""
        condition = 2 if equation.axes == 2 or not own.joined else 2 * WAVES + 1
        widths = [condition, *[own.width] * own.layers, 1]
        weights = []
        for a, b in pairwise(widths):
            weights.append(torch.randn(len(inputs), a, b, generator=rng) / math.sqrt(a))
            weights.append(torch.zeros(len(inputs), 1, b))
        weights[-2] *= FAINT
        places = torch.rand(own.points, 2, generator=rng)
        if equation.axes == 1:
            places[:, 1] *= own.until
        first = [w.clone() for w in weights]
        return cls(equation, own, inputs.float(), size, weights, first, places)

    def condition(self, at: Float[Tensor, "m 2"]) -> Jet:
        """Encode places as network inputs, with derivatives."""
        zero, x = torch.zeros_like(at[:, 0]), at[:, 0]
        unit = self.own.coordinate_unit

        def line(values: Tensor, axis: int) -> Tensor:
            slope = torch.full_like(zero, 2 / unit)
            rows = [(2 * values - 1) / unit, zero, zero, zero, zero]
            rows[1 + axis] = slope
            return torch.cat(rows)

        columns = [line(at[:, 1], 1)]
        if self.equation.axes == 2 or not self.own.joined:
            columns.append(line(x, 0))
        else:
            for i in range(1, WAVES + 1):  # the finer, the fainter
                k = TAU * i
                c, s = torch.cos(k * x) / i, torch.sin(k * x) / i
                columns.append(torch.cat([c, -k * s, zero, -(k**2) * c, zero]))
                columns.append(torch.cat([s, k * c, zero, -(k**2) * s, zero]))
        return torch.stack(columns, -1).expand(len(self.inputs), -1, -1)

    def rows(self, at: Float[Tensor, "m 2"]) -> tuple[Float[Tensor, "n m"], ...]:
        """Return the fields at places, and their derivatives."""
        h = self.condition(at)
        pairs = list(zip(self.weights[::2], self.weights[1::2], strict=True))
        for i, (w, b) in enumerate(pairs):
            h = h @ w
            n, m = len(h), len(at)
            parts = h.view(n, 5, m, -1)
            value = parts[:, 0] + b
            if i == len(pairs) - 1:
                h = torch.cat([value, h[:, m:]], 1)
            else:
                h = self._bent(value, parts).flatten(1, 2)
        u = tuple(self.size * part[..., 0] for part in h.view(len(h), 5, len(at), 1).unbind(1))
        if not self.equation.periodic:
            return _held(u, at)
        return self._begun(u, at) if self.own.exact_start else u

    def _begun(self, u: tuple[Tensor, ...], at: Tensor) -> tuple[Tensor, ...]:
        """Add the start as it spreads to the network's output times time (squared for a string)."""
        if not self.spread or self.spread[0] is not at:
            self.spread[:] = [at, *self._spreading(at)]
        start, slope, moved, bend, turned = self.spread[1:]
        t = at[:, 1]
        g, dg, ddg = t, torch.ones_like(t), torch.zeros_like(t)
        if isinstance(self.equation, Wave):
            g, dg, ddg = t * t, 2 * t, torch.full_like(t, 2.0)
        return (
            start + g * u[0],
            slope + g * u[1],
            moved + dg * u[0] + g * u[2],
            bend + g * u[3],
            turned + ddg * u[0] + 2 * dg * u[2] + g * u[4],
        )

    def _spreading(self, at: Tensor) -> list[Tensor]:
        """Return the start by its series with derivatives, smoothed in time where fronts move."""
        points = self.equation.points
        (k,) = waves(points, 1)
        modes = torch.fft.rfft(self.inputs.double()) / points
        modes[:, 1:-1] *= 2
        moving = isinstance(self.equation, Burgers | AllenCahn)
        rate = getattr(self.equation, "diffusion", 0.0) * k**2 if moving else torch.zeros_like(k)
        x, t = at.double()[:, :1], at.double()[:, 1:]
        wave = torch.exp(1j * k * x - rate * t)
        by = (torch.ones_like(k), 1j * k, -rate, -(k**2), rate**2)
        return [(modes @ (wave * factor).T).real.to(at.dtype) for factor in by]

    def _bent(self, value: Tensor, parts: Tensor) -> Tensor:
        """Apply a layer's nonlinearity, with its derivatives."""
        if self.own.activation == "relu":
            y, slope = value.relu(), (value > 0).to(value.dtype)
            bend = torch.zeros_like(slope)
        else:
            y = value.tanh()
            slope = 1 - y.square()
            bend = -2 * y * slope
        a, b, aa, bb = parts[:, 1], parts[:, 2], parts[:, 3], parts[:, 4]
        second = (slope * aa + bend * a.square(), slope * bb + bend * b.square())
        return torch.stack([y, slope * a, slope * b, *second], 1)

    def residual(self, at: Float[Tensor, "m 2"]) -> Float[Tensor, "n m"]:
        """Residual of the equation, over the size of the fields (or of the load)."""
        rest = rest_of(self.equation)
        assert rest is not None
        load = self._load(at)
        size = self.size if self.equation.axes == 1 else float(self.inputs.std())
        return rest(self.rows(at), load) / size

    def _load(self, at: Tensor) -> Tensor:
        """Return the input at places of the grid of cells; unused for equations in time."""
        if self.equation.axes == 1:
            return torch.zeros(())
        index = (at * self.equation.points).long()
        return self.inputs[:, index[:, 1], index[:, 0]]

    def snapped(self, at: Float[Tensor, "m 2"]) -> Float[Tensor, "m 2"]:
        """Snap places to the centres of cells, where a load is known."""
        points = self.equation.points
        return at if self.equation.axes == 1 else ((at * points).long() + 0.5) / points

    def start(self) -> Float[Tensor, " n"]:
        """Mean squared relative error of the start; 0 for stationary equations."""
        if self.equation.axes == 2:
            return torch.zeros(len(self.inputs))
        u = self.rows(self._line(0.0))
        off = (u[0] - self.inputs).square().mean(1)
        if isinstance(self.equation, Wave):
            off = off + u[2].square().mean(1)
        return off / self.size**2

    def _line(self, time: float) -> Tensor:
        x = torch.arange(self.equation.points) / self.equation.points
        return torch.stack([x, torch.full_like(x, time)], -1)

    @torch.no_grad()
    def solution(self) -> Float[Tensor, "n *grid"]:
        """Evaluate on the grid: stationary, or at the time 1."""
        if self.equation.axes == 1:
            return self.rows(self._line(1.0))[0]
        side = middles(self.equation.points).float()
        y, x = torch.meshgrid(side, side, indexing="ij")
        at = torch.stack([x.ravel(), y.ravel()], -1)
        return self.rows(at)[0].view(self.inputs.shape)

    def train(self) -> None:
        """Train by Adam with a decaying rate."""
        own = self.own
        for w in self.weights:
            w.requires_grad = True
        adam = torch.optim.Adam(self.weights, lr=own.rate)
        shorter = torch.optim.lr_scheduler.ExponentialLR(adam, 0.02 ** (1 / own.steps))
        at = self.snapped(self.places)
        spans = (at[:, 1] * SPANS).long()
        own_start = self.equation.axes == 1 and not own.exact_start
        most = torch.zeros(len(self.inputs), 1)
        for step in range(own.steps):
            square = self.residual(at).square()
            condition = square.detach().mean(1)
            most = condition[:, None].clamp_min(1e-12) if not step else most
            loss = (square * self._waiting(square.detach() / most, spans)).mean(1)
            if own_start:
                start = self.start()
                loss, condition = loss + own.start_weight * start, condition + start.detach()
            adam.zero_grad()
            loss.sum().backward()
            adam.step()
            shorter.step()
            self.losses.append(float(condition.mean()))
        for w in self.weights:
            w.requires_grad = False

    def _waiting(self, square: Float[Tensor, "n m"], spans: Tensor) -> Float[Tensor, "n m"]:
        """Weights of points: small until earlier residuals are small."""
        if self.equation.axes == 2 or not self.own.causal:
            return torch.ones_like(square)
        which = torch.nn.functional.one_hot(spans, SPANS).to(square.dtype)
        mean = square @ which / which.sum(0).clamp_min(1)
        before = (mean.cumsum(1) - mean) / SPANS
        return torch.exp(-self.own.causal * before)[:, spans]


def _held(u: tuple[Tensor, ...], at: Tensor) -> tuple[Tensor, ...]:
    """Multiply by a bump that is 0 at the edges of the square."""
    x, y = at.unbind(-1)
    a, b = 4 * x * (1 - x), 4 * y * (1 - y)
    da, db = 4 - 8 * x, 4 - 8 * y
    return (
        a * b * u[0],
        b * (da * u[0] + a * u[1]),
        a * (db * u[0] + b * u[2]),
        b * (-8 * u[0] + 2 * da * u[1] + a * u[3]),
        a * (-8 * u[0] + 2 * db * u[2] + b * u[4]),
    )
