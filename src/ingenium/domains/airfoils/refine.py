"""Some steps of NeuralFoil's gradient from each proposal; XFOIL judges what comes of it."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from ingenium.core.problem import Codec
from ingenium.domains.airfoils.cst import Arrays, Surfaces
from ingenium.domains.airfoils.network import SectionFlow, network
from ingenium.domains.airfoils.polar import EVALUATIONS, followed
from ingenium.domains.airfoils.settings import SectionSettings
from ingenium.domains.airfoils.verifier import Cases, NeuralFoilVerifier, rigid

RATE = 0.05  # spreads of known sections a step
SURE = 0.9  # confidence below which it costs
A_STEP = 4  # evaluations of the network: three towards the lift, one where it was most
DECIMALS = 10  # that are kept: the order of sums, which memory decides, changes the last of all
# What a lack of confidence costs, a moment below the first one, and a most lift below the first.
UNSURE, TURNED, STALLED = 1.0, 20.0, 4.0
# Chords by which camber may differ from what was asked, and what each chord beyond them costs. So
# held, 48 known sections gain 8 % of lift over drag in 30 steps and move by 0.0006; free, 11 %
# and 0.0059.
NEAR, BOWED = 0.001, 50.0


@dataclass(frozen=True, eq=False)
class Refiner:
    """Adam on the components of a section: less drag at the requested lift, moment and stall kept.

    Thickness and trailing edge stay what they are. In components of known sections a step along
    a direction in which these hardly differ, such as waves on the surface, is small.

    Source: Kingma and Ba, Adam, 2015, arXiv:1412.6980.
    """

    settings: SectionSettings
    codec: Codec
    cases: Cases = rigid
    price: Callable[[Arrays], Tensor] | None = None  # what else a design costs, such as work

    def refined(self, arrays: Arrays, steps: int) -> Arrays:
        """Each section after some steps; one that NeuralFoil cannot follow stays as it is."""
        if steps == 0:
            return arrays
        thickness, edge = Surfaces.of(arrays[:4]).thickness.amax(1), arrays[3]
        start = NeuralFoilVerifier(self.settings, self.cases).working(*arrays)
        angle, stall = start.angle_deg, start.most_at_deg
        x = self.codec.encode(arrays).clone().requires_grad_()
        adam = torch.optim.Adam([x], lr=RATE)
        first: tuple[Tensor, Tensor] | None = None
        for _ in range(steps):
            with torch.enable_grad():
                whole, n = self._whole(x, thickness, edge), len(x)
                flow, angle, most = self._flow(whole, angle, stall)
                moment, most = flow.moment.view(n, -1).amin(1), most.view(n, -1).amin(1)
                first = (moment.detach(), most.detach()) if first is None else first
                lost = TURNED * (first[0] - moment).clamp(0) + STALLED * (first[1] - most).clamp(0)
                cost = self._cost(flow, n) + lost
                if self.price is not None:
                    cost = cost + self.price(whole)
                (slope,) = torch.autograd.grad(cost.sum(), x)
            x.grad = slope.nan_to_num(0.0, 0.0, 0.0)
            adam.step()
        found = tuple(
            new if new is edge else new.round(decimals=DECIMALS)
            for new in self._whole(x.detach(), thickness, edge)
        )
        finite = torch.stack([a.flatten(1).isfinite().all(1) for a in map(_tall, found)]).all(0)
        sound = finite & ~Surfaces.of(found[:4]).crossed
        return tuple(
            torch.where(sound.view(-1, *[1] * (new.ndim - 1)), new, old)
            for new, old in zip(found, arrays, strict=True)
        )

    def _whole(
        self, x: Float[Tensor, "n d"], thickness: Float[Tensor, " n"], edge: Float[Tensor, " n"]
    ) -> Arrays:
        """The section of some components, as thick as it was."""
        upper, lower, front, _, *more = self.codec.decode(x)
        bare = Surfaces.of((upper, lower, front, torch.zeros_like(edge)))
        wedge = edge[:, None] * bare.x
        # Where the section is thickest the edge takes its part, and the weights give the rest.
        place = (bare.thickness + wedge).argmax(1, keepdim=True)
        own = bare.thickness.gather(1, place)
        scale = (thickness[:, None] - wedge.gather(1, place)) / own.clamp(1e-4)
        half, middle = 0.5 * scale * (upper - lower), 0.5 * (upper + lower)
        return middle + half, middle - half, front, edge, *more

    def _flow(
        self, arrays: Arrays, angle: Float[Tensor, " m"], stall: Float[Tensor, " m"]
    ) -> tuple[SectionFlow, Float[Tensor, " m"], Float[Tensor, " m"]]:
        """The flow nearer to the lift, its angle, and the lift where it was most at first."""
        s = self.settings
        n, p = len(arrays[0]), len(s.points)
        lift = torch.tensor([q.lift for q in s.points], dtype=torch.float64).repeat(n)
        speed = torch.tensor([q.reynolds for q in s.points], dtype=torch.float64).repeat(n)
        net, numbers = network(s.network, s.amplification), self.cases(arrays, p)
        flow, moved = followed(net, numbers, lift, speed, angle)
        return flow, moved, net(numbers, stall, speed).lift

    def _cost(self, flow: SectionFlow, n: int) -> Float[Tensor, " n"]:
        weight = torch.tensor(self.settings.weights, dtype=torch.float64)
        ratio = (flow.lift / flow.drag).view(n, -1) @ weight
        unsure = (SURE - flow.confidence).clamp(0).view(n, -1).sum(1)
        return -ratio.clamp(1e-3).log() + UNSURE * unsure


def bowed(arrays: Arrays, camber: Float[Tensor, " n"]) -> Float[Tensor, " n"]:
    """What sections cost whose camber is not near to that which was asked."""
    middle = Surfaces.of(arrays[:4]).camber
    own = middle.gather(1, middle.abs().argmax(1, keepdim=True))[:, 0]
    return BOWED * ((own - camber).abs() - NEAR).clamp(0)


def measurements(steps: int) -> float:
    """What some steps take, in measurements of a section: one to begin with, and their own."""
    return 1 + steps * A_STEP / EVALUATIONS if steps else 0.0


def _tall(array: Tensor) -> Tensor:
    return array if array.ndim > 1 else array[:, None]
