"""Transfer of channels to another place by the images of their base station.

A path by reflections at planes runs straight from an image of the base station. Where the terminal
moves and the planes stay, the image stays: delay and angles follow exactly as long as the
reflections still hit their planes. At the base station the azimuth turns with that of the last leg,
the same way after an even number of vertical walls and the other way after an odd one.

Source: Allen and Berkley, J. Acoust. Soc. Am. 65, 1979 (images); McKown and Hamilton, IEEE
Network 5, 1991 (of radio paths between walls).

Shapes: n channels, p paths, m known channels, c features.
"""

import math
from dataclasses import dataclass, replace

import torch
from jaxtyping import Float, Float64
from torch import Tensor, nn

from ingenium.domains.radio.geometry import SiteFrame, turn
from ingenium.domains.radio.rays import LIGHT_M_S, Rays
from ingenium.generators.rows import check_cond, check_rows, check_steer
from ingenium.sampling.noise import uniform
from ingenium.sampling.steer import FREE, Steer
from ingenium.train.plan import Plan

NEAREST = 3  # known channels to sample from
REACH_M = 4.0  # by which nearer ones are preferred


def moved(
    rays: Rays, east: Float64[Tensor, " n"], north: Float64[Tensor, " n"], carrier_hz: float
) -> Rays:
    """Return the same paths, seen from other places at the same height."""
    length = rays.delay * LIGHT_M_S
    flat = rays.elevation_ue.cos() * length
    x = flat * rays.azimuth_ue.cos() - (east - rays.east)[:, None]
    y = flat * rays.azimuth_ue.sin() - (north - rays.north)[:, None]
    z = rays.elevation_ue.sin() * length
    far = (x.square() + y.square() + z.square()).sqrt()
    azimuth, elevation = torch.atan2(y, x), torch.asin((z / far).clamp(-1, 1))
    turned = turn(azimuth - rays.azimuth_ue)
    ground = rays.elevation_bs * rays.elevation_ue > 0  # turns upside down, and not left to right
    walls = rays.bounces.round() - ground.to(rays.bounces.dtype)
    sense = torch.where(walls.remainder(2) > 0.5, -1.0, 1.0)
    tilted = torch.where(ground, 1.0, -1.0)
    delay = far / LIGHT_M_S
    return replace(
        rays,
        delay=delay,
        azimuth_bs=turn(rays.azimuth_bs + sense * turned),
        elevation_bs=tilted * elevation,
        azimuth_ue=azimuth,
        elevation_ue=elevation,
        phase=turn(rays.phase - 2 * math.pi * carrier_hz * (delay - rays.delay)),
        east=east,
        north=north,
    )


@dataclass(frozen=True)
class ImageSettings:
    """Number of nearest known channels, and the preference for nearer ones."""

    nearest: int = NEAREST
    reach_m: float = REACH_M


class ImageNeighbours(nn.Module):
    """Nearest-neighbour baseline: a known channel, moved to the new place by its images."""

    known: Tensor  # (m, d) standardised
    places: Tensor  # (m, 2) in m

    def __init__(
        self,
        shape: tuple[int, ...],
        c: int,
        frame: SiteFrame,
        settings: ImageSettings = ImageSettings(),
    ) -> None:
        super().__init__()
        self.shape, self.c, self.frame, self.settings = shape, c, frame, settings
        self.register_buffer("known", torch.zeros(0, *shape))
        self.register_buffer("places", torch.zeros(0, 2))

    def fit(
        self, x: Float[Tensor, "n *shape"], cond: Float[Tensor, "n {self.c}"], plan: Plan
    ) -> dict[str, list[float]]:
        """Store channels and their places."""
        check_rows(x, cond, self.shape, self.c)
        self.known, self.places = x.clone(), self.frame.places(cond)
        return {}

    def propose(
        self, cond: Float[Tensor, "n {self.c}"], rng: torch.Generator, steer: Steer = FREE
    ) -> Float[Tensor, "n *shape"]:
        """Propose one channel for each place."""
        check_cond(cond, self.c)
        check_steer(steer, "image_neighbours")
        place = self.frame.places(cond)
        distance = torch.cdist(place, self.places)
        count = min(self.settings.nearest, len(self.known))
        far, near = distance.topk(count, dim=1, largest=False)
        share = torch.softmax(-0.5 * (far / self.settings.reach_m).square(), 1).cumsum(1)
        pick = (uniform(place.new_empty(len(place), 1), rng) > share).sum(1)
        chosen = near.gather(1, pick.clamp(max=near.shape[1] - 1)[:, None])[:, 0]
        rays = self.frame.rays(self.known[chosen], self.places[chosen])
        east, north = place.to(torch.float64).T
        return self.frame.numbers(moved(rays, east, north, self.frame.carrier_hz)).to(cond.dtype)

    def _load_from_state_dict(
        self, state_dict: dict[str, Tensor], prefix: str, *rest: object
    ) -> None:
        """Resize to the saved number of known channels, then load."""
        for name in ("known", "places"):
            if prefix + name in state_dict:
                setattr(self, name, torch.empty_like(state_dict[prefix + name]))
        super()._load_from_state_dict(state_dict, prefix, *rest)
