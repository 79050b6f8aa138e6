"""Measurements of sections: shape, and flow at the operating points."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor

from ingenium.core.quantity import Quantity
from ingenium.domains.airfoils.cst import Surfaces, nose_radius, numbers_of, tail_angle
from ingenium.domains.airfoils.network import network
from ingenium.domains.airfoils.packages import release_of
from ingenium.domains.airfoils.polar import OperatingPoints, at_lift
from ingenium.domains.airfoils.settings import Point, SectionSettings

SHAPE = (
    Quantity("max_thickness", "1", "largest thickness, in chords", where=("thickest_at",)),
    Quantity("thickest_at", "1", "place of the largest thickness, in chords from the nose"),
    Quantity("max_camber", "1", "height of the middle line where it is farthest from the chord"),
    Quantity("edge_thickness", "1", "thickness of the trailing edge, in chords"),
    Quantity("nose_radius", "1", "radius of the leading edge, in chords"),
    Quantity("tail_angle", "degree", "angle between the surfaces at the trailing edge"),
)
FLIGHT = (
    Quantity(
        "lift_to_drag", "1", "lift over drag at the requested lift, weighted mean over points"
    ),
    Quantity("least_lift_to_drag", "1", "lift over drag of the worst point"),
    Quantity("drag", "1", "drag coefficient at the requested lift, weighted mean over points"),
    Quantity(
        "lift_missing",
        "1",
        "largest shortfall of a requested lift that is never reached",
        rounding=1e-12,
    ),
    Quantity("moment", "1", "lowest pitching moment about the quarter chord; below 0 is nose down"),
    Quantity("max_lift", "1", "largest lift coefficient, at the point where it is least"),
)


Cases = Callable[[tuple[Tensor, ...], int], Tensor]


def rigid(arrays: tuple[Tensor, ...], points: int) -> Float[Tensor, "m 18"]:
    """Return the numbers of the section at each point, points running fastest: the same for all."""
    return numbers_of(arrays).repeat_interleave(points, 0)


def quantities(points: tuple[Point, ...]) -> tuple[Quantity, ...]:
    """Return the quantities of both engines: of the shape, over all points, and at each point."""
    each = [
        q
        for p in points
        for q in (
            Quantity(f"lift_to_drag_{p.name}", "1", f"lift over drag at the point {p.name}"),
            Quantity(f"angle_{p.name}", "degree", f"angle of attack at the point {p.name}"),
        )
    ]
    return (*SHAPE, *FLIGHT, *each)


def of_shape(*arrays: Tensor) -> Float[Tensor, "n 6"]:
    """Return measurements that need no flow; NaN where the surfaces cross."""
    s = Surfaces.of(arrays)
    thick, place = s.thickness.max(1)
    far = s.camber.abs().argmax(1, keepdim=True)
    columns = [
        thick,
        s.x[place],
        s.camber.gather(1, far)[:, 0],
        arrays[3],
        nose_radius(arrays),
        tail_angle(arrays),
    ]
    return torch.stack(columns, 1).masked_fill(s.crossed[:, None], torch.nan)


@dataclass(frozen=True)
class AtPoints:
    """Results of an engine at each point.

    Shapes: n designs, p points; NaN where the engine failed.
    """

    angle_deg: Float[Tensor, "n p"]
    lift: Float[Tensor, "n p"]
    drag: Float[Tensor, "n p"]
    moment: Float[Tensor, "n p"]
    most_lift: Float[Tensor, "n p"]

    def columns(self, settings: SectionSettings) -> Float[Tensor, "n k"]:
        """Return the measurements in the order of the quantities of flight and of each point."""
        weight = torch.tensor(settings.weights, dtype=torch.float64)
        requested = torch.tensor([p.lift for p in settings.points], dtype=torch.float64)
        ratio = self.lift / self.drag
        whole = [
            ratio @ weight,
            ratio.amin(1),
            self.drag @ weight,
            (self.lift - requested).abs().amax(1),
            self.moment.amin(1),
            self.most_lift.amin(1),
        ]
        each = torch.stack([ratio, self.angle_deg], 2).flatten(1)
        return torch.cat([torch.stack(whole, 1), each], 1)


@dataclass(frozen=True)
class NeuralFoilVerifier:
    """Verifier of sections by NeuralFoil, which is trained on XFOIL's results.

    Where its confidence that XFOIL would converge is too low, the result is NaN.
    """

    settings: SectionSettings
    cases: Cases = rigid
    name: str = "neuralfoil"
    tier: Literal["cheap"] = "cheap"

    @property
    def version(self) -> str:
        """Version of the package, and the size of its network."""
        return f"{release_of('neuralfoil')} {self.settings.network}"

    @property
    def quantities(self) -> tuple[Quantity, ...]:
        """Quantities of the shape, over all points, and at each point."""
        return quantities(self.settings.points)

    def measure(self, *arrays: Tensor) -> Float[Tensor, "n k"]:
        """All quantities; NaN where surfaces cross or the network is too unsure."""
        shape = of_shape(*arrays[:4])
        whole = torch.cat([shape, self.at_points(*arrays).columns(self.settings)], 1)
        return whole.masked_fill(shape.isnan().any(1)[:, None], torch.nan)

    def at_points(self, *arrays: Tensor) -> AtPoints:
        """Compute the flow at each point, with gradients where the arrays have them."""
        n, p = len(arrays[0]), len(self.settings.points)
        found = self.working(*arrays)
        unsure = found.flow.confidence < self.settings.least_confidence
        parts = (
            found.angle_deg,
            found.flow.lift,
            found.flow.drag,
            found.flow.moment,
            found.most_lift,
        )
        return AtPoints(*(a.masked_fill(unsure, torch.nan).view(n, p) for a in parts))

    def working(self, *arrays: Tensor) -> OperatingPoints:
        """Solve every section at every point, points running fastest."""
        s = self.settings
        net, n, p = network(s.network, s.amplification), len(arrays[0]), len(s.points)
        lift = torch.tensor([x.lift for x in s.points], dtype=torch.float64).repeat(n)
        reynolds = torch.tensor([x.reynolds for x in s.points], dtype=torch.float64).repeat(n)
        return at_lift(net, self.cases(arrays, p), lift, reynolds, s.least_confidence)

    def glide(self, *arrays: Tensor) -> Float[Tensor, " n"]:
        """Return the mean lift over drag with its gradient, whatever the confidence."""
        flow = self.working(*arrays).flow
        weight = torch.tensor(self.settings.weights, dtype=torch.float64)
        ratio: Tensor = (flow.lift / flow.drag).view(len(arrays[0]), -1) @ weight
        return ratio
