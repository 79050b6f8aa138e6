"""Some steps of NeuralFoil's gradient from each proposal; XFOIL judges what comes of it."""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from ingenium.domains.airfoils.codec import SectionCodec
from ingenium.domains.airfoils.cst import Arrays, Surfaces, arrays_of, numbers_of
from ingenium.domains.airfoils.network import Flow, network
from ingenium.domains.airfoils.polar import followed
from ingenium.domains.airfoils.settings import SectionSettings
from ingenium.domains.airfoils.verifier import NeuralFoilVerifier

RATE = 0.05  # spreads of known sections a step
SURE = 0.9  # confidence below which it costs
UNSURE, TURNED = 1.0, 20.0  # what a lack of confidence costs, and a moment below the first one


@dataclass(frozen=True, eq=False)
class Refiner:
    """Adam on the components of a section: less drag at the asked lift, the moment not lower.

    Thickness and trailing edge stay what they are. In components of known sections a step along
    a direction in which these hardly differ, such as waves on the surface, is small.

    Source: Kingma and Ba, Adam, 2015, arXiv:1412.6980.
    """

    settings: SectionSettings
    codec: SectionCodec

    def refined(self, arrays: Arrays, steps: int) -> Arrays:
        """Each section after some steps; one that NeuralFoil cannot follow stays as it is."""
        if steps == 0:
            return arrays
        thickness, edge = Surfaces.of(arrays).thickness.amax(1), arrays[3]
        angle = NeuralFoilVerifier(self.settings).working(*arrays).angle_deg
        x = self.codec.encode(arrays).clone().requires_grad_()
        adam = torch.optim.Adam([x], lr=RATE)
        first: Tensor | None = None
        for _ in range(steps):
            with torch.enable_grad():
                numbers = numbers_of(self._whole(x, thickness, edge))
                flow, angle = self._flow(numbers, angle)
                n = len(x)
                moment = flow.moment.view(n, -1).amin(1)
                first = moment.detach() if first is None else first
                cost = self._cost(flow, n) + TURNED * (first - moment).clamp(0)
                (slope,) = torch.autograd.grad(cost.sum(), x)
            x.grad = slope.nan_to_num(0.0, 0.0, 0.0)
            adam.step()
        found = self._whole(x.detach(), thickness, edge)
        sound = ~Surfaces.of(found).crossed & numbers_of(found).isfinite().all(1)
        both = torch.where(sound[:, None], numbers_of(found), numbers_of(arrays))
        return arrays_of(both)

    def _whole(
        self, x: Float[Tensor, "n 18"], thickness: Float[Tensor, " n"], edge: Float[Tensor, " n"]
    ) -> Arrays:
        """The section of some components, as thick as it was."""
        upper, lower, front, _ = self.codec.decode(x)
        bare = Surfaces.of((upper, lower, front, torch.zeros_like(edge)))
        wedge = edge[:, None] * bare.x
        # Where the section is thickest the edge takes its part, and the weights give the rest.
        place = (bare.thickness + wedge).argmax(1, keepdim=True)
        own = bare.thickness.gather(1, place)
        scale = (thickness[:, None] - wedge.gather(1, place)) / own.clamp(1e-4)
        half, middle = 0.5 * scale * (upper - lower), 0.5 * (upper + lower)
        return middle + half, middle - half, front, edge

    def _flow(
        self, numbers: Float[Tensor, "n 18"], angle: Float[Tensor, " m"]
    ) -> tuple[Flow, Float[Tensor, " m"]]:
        s = self.settings
        n, p = len(numbers), len(s.points)
        lift = torch.tensor([q.lift for q in s.points], dtype=torch.float64).repeat(n)
        speed = torch.tensor([q.reynolds for q in s.points], dtype=torch.float64).repeat(n)
        net = network(s.network, s.amplification)
        return followed(net, numbers.repeat_interleave(p, 0), lift, speed, angle)

    def _cost(self, flow: Flow, n: int) -> Float[Tensor, " n"]:
        weight = torch.tensor(self.settings.weights, dtype=torch.float64)
        ratio = (flow.lift / flow.drag).view(n, -1) @ weight
        unsure = (SURE - flow.confidence).clamp(0).view(n, -1).sum(1)
        return -ratio.clamp(1e-3).log() + UNSURE * unsure
