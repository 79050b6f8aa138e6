"""Problem `radio.site_channel`: channels at new places of a site, each verified by ray tracing."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
import torch
import xarray as xr
from jaxtyping import Float
from scipy.stats import wasserstein_distance
from torch import Tensor

from ingenium.core.codecs import Channels
from ingenium.core.designs import DESIGN, to_arrays, to_dataset
from ingenium.core.digest import digest
from ingenium.core.errors import InputError, choose
from ingenium.core.problem import Problem, Projection, Section, Watch, silent
from ingenium.core.quantity import Condition
from ingenium.core.spec import Fixed, Limit
from ingenium.domains.radio import site_report
from ingenium.domains.radio.formats import channel_file
from ingenium.domains.radio.geometry import FEATURES, SiteFrame
from ingenium.domains.radio.images import ImageNeighbours
from ingenium.domains.radio.known import PARTS, Survey, near, rays_of
from ingenium.domains.radio.rays import PATHS, VARIABLES, Rays
from ingenium.domains.radio.scene import SCENES, TracedScene
from ingenium.domains.radio.verifier import Retraced

NEW_PLACES = 4096


@dataclass(frozen=True)
class SiteSettings:
    """Settings of the site, its base station, and the known channels."""

    scene: str = "munich"  # name of a scene of Sionna
    bs_m: tuple[float, float, float] = (8.5, 21.0, 27.0)  # place of its array, facing east
    ue_height_m: float = 1.5  # height of the terminal above ground
    carrier_hz: float = 3.5e9  # carrier frequency
    antennas: int = 8  # antennas in a horizontal line, spaced by half a wavelength
    reach_east_m: float = 160.0  # reach of the region to the east of the base station
    reach_north_m: float = 120.0  # reach of the region to the north and the south
    block_m: float = 40.0  # side of a block; every fifth block is held out
    known: int = 300  # number of training channels
    held_out: int = 75  # channels in held-out blocks, and as many new places in known blocks
    new_within_m: float = 8.0  # largest distance of a new place from a known one
    depth: int = 3  # largest number of reflections of a path
    rays: int = 100_000  # number of rays that the tracer launches
    speed_m_s: float = 1.5  # speed of the terminal, for Doppler
    heading_rad: float = 0.0  # direction in which the terminal moves, from east
    seed: int = 0  # seed of the places

    def __post_init__(self) -> None:
        choose(self.scene, SCENES, "scene of Sionna")
        if not 1e8 <= self.carrier_hz <= 1e11:
            raise InputError(
                "a carrier from 0.1 to 100 GHz, in Hz", self.carrier_hz, "Write 3.5e9."
            )
        if not 1 <= self.antennas <= 256:
            raise InputError("1 to 256 antennas", self.antennas, "Write 8.")
        if not 20 <= self.known <= 100_000 or not 5 <= self.held_out <= 10_000:
            got = f"{self.known} known and {self.held_out} held out"
            raise InputError("at least 20 known and 5 held out channels", got, "Write 300 and 75.")
        if not 0 < self.ue_height_m < self.bs_m[2]:
            raise InputError("a terminal below the base station", f"{self.ue_height_m} m")
        if min(self.reach_east_m, self.reach_north_m, self.new_within_m) <= 0 or self.block_m < 5:
            raise InputError("reaches above 0 m and blocks of at least 5 m", "smaller ones")
        if not 1 <= self.depth <= 5 or not 1000 <= self.rays <= 10**7:
            raise InputError("1 to 5 reflections and 1,000 to 10 million rays", "others")


class SiteChannel(Problem):
    """Paths at new places, learned from a few hundred traced places."""

    name: ClassVar[str] = "radio.site_channel"
    summary: ClassVar[str] = "radio channels at new places of a site, each verified by ray tracing"
    Settings: ClassVar[type] = SiteSettings
    default_family: ClassVar[str] = "image_neighbours"
    judged: ClassVar[str] = (
        "The HDF5 file: its paths, compared with those of the ray tracer at the same places."
    )
    unchecked: ClassVar[tuple[str, ...]] = (
        "Whether the real street behaves like the scene: materials and façades are the scene's.",
        "Diffraction, diffuse scattering, foliage, cars and people; waves that arrive from behind.",
        "Everything except path loss, first delay and dominant angle; reports compare later paths.",
    )
    held: ClassVar[str] = "streets"  # the part that judges
    batch_size = 64
    licence = "Scenes of Sionna (Apache-2.0); munich and others from OpenStreetMap (ODbL 1.0)"

    def __init__(self, settings: SiteSettings) -> None:
        """Open the scene and its survey, which is traced on first use."""
        s = self.settings = settings
        self.scene = TracedScene(s.scene, s.bs_m, s.ue_height_m, s.carrier_hz, s.depth, s.rays)
        low = (s.bs_m[0] + 2.0, s.bs_m[1] - s.reach_north_m)
        high = (s.bs_m[0] + s.reach_east_m, s.bs_m[1] + s.reach_north_m)
        self.survey = Survey(low, high, s.block_m, s.known, s.held_out, s.seed)
        self.variables = VARIABLES
        self.conditions = (
            Condition("east", "place to the east", lower=low[0], upper=high[0], unit="m"),
            Condition("north", "place to the north", lower=low[1], upper=high[1], unit="m"),
        )
        self.sizes = {"path": PATHS}
        bare = SiteFrame(s.bs_m, s.ue_height_m, low, high, s.carrier_hz)
        self.limits = (
            Limit("path_loss_error", at_most=6.0),
            Limit("first_delay_error", at_most=20.0, unit="ns"),
            Limit("angle_error", at_most=10.0, unit="deg"),
            Limit("traced_paths", at_least=1.0),
        )
        self.notes = (
            f"{s.scene}: paths by up to {s.depth} reflections, none by diffraction; the array "
            "hears what leaves it to the east.",
        )
        self.system = digest([s.scene, s.bs_m, s.ue_height_m, s.carrier_hz, s.depth, s.rays])
        self._traced = self.survey.recipe(self.scene).complete()
        learned = self._traced["part"] == PARTS.index("known")
        left = bare.left(rays_of({k: v[learned] for k, v in self._traced.items()}))
        self.codec = Channels.of(left)
        self.frame = SiteFrame(s.bs_m, s.ue_height_m, low, high, s.carrier_hz, self.codec)
        self.tiers = (Retraced(self.scene, self.frame),)
        file = channel_file(self.frame, s.antennas, s.speed_m_s, s.heading_rad)
        self.formats = {file.name: file}

    def data(self) -> xr.Dataset:
        """Return traced channels; held-out ones are in blocks excluded from training."""
        return self._known

    @cached_property
    def _known(self) -> xr.Dataset:
        part = np.array(PARTS)[self._traced["part"]]
        whole = self._dataset(rays_of(self._traced))
        own = whole.assign_coords(
            held_out=(DESIGN, part == self.held), part=(DESIGN, part.astype(str))
        )
        return own.isel({DESIGN: np.flatnonzero((part == PARTS[0]) | (part == self.held))})

    def part(self, name: str) -> Rays:
        """Return the traced channels of one part of the survey."""
        own = self._traced["part"] == PARTS.index(name)
        return rays_of({k: v[own] for k, v in self._traced.items()})

    def _dataset(self, rays: Rays) -> xr.Dataset:
        under = {"east": (DESIGN, rays.east.numpy()), "north": (DESIGN, rays.north.numpy())}
        return to_dataset(rays.arrays, VARIABLES, under | self.labels())

    def queries(self, learned: xr.Dataset) -> xr.Dataset:
        """Return new places outdoors, near known ones."""
        return self._new

    @cached_property
    def _new(self) -> xr.Dataset:
        known = self.part("known")
        at = np.stack([known.east.numpy(), known.north.numpy()], 1)
        places = near(self.scene, self.survey, at, self.settings.new_within_m, NEW_PLACES)
        return xr.Dataset({"east": (DESIGN, places[:, 0]), "north": (DESIGN, places[:, 1])})

    def labels(self) -> dict[str, Any]:
        """Number paths by falling power."""
        return {"path": ("path", np.arange(PATHS), {"long_name": "by falling power"})}

    def features(self, designs: xr.Dataset) -> Float[Tensor, "n c"]:
        """Return map coordinates of places, and polar ones from the base station."""
        places = (torch.as_tensor(designs[k].to_numpy().copy()) for k in ("east", "north"))
        return self.frame.features(*places)

    def proposed(self, arrays: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        """Return the paths relative to the straight line."""
        return self.frame.left(Rays.of(arrays))

    def decode(self, x: Tensor, conditions: xr.Dataset) -> tuple[Tensor, ...]:
        """Decode paths at the places of the conditions."""
        east, north = (
            torch.as_tensor(conditions[k].to_numpy().astype(np.float64)) for k in ("east", "north")
        )
        return self.frame.rays_of(self.codec.decode(x), east, north).arrays

    def project(self, fixed: Mapping[str, Fixed], conditions: xr.Dataset) -> Projection:
        """Return the projection onto paths by falling power, as files store them."""

        def onto(arrays: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
            rays = Rays.of(arrays)
            power = rays.amplitude(self.settings.carrier_hz)
            order = power.argsort(dim=1, descending=True, stable=True)
            return (*(a.gather(1, order) for a in arrays[:8]), *arrays[8:])

        return onto

    def baselines(self) -> Mapping[str, Callable[[], Any]]:
        """Return the nearest known channel, moved to the place by its images."""
        return {"image_neighbours": lambda: ImageNeighbours(self.codec.shape, FEATURES, self.frame)}

    def sections(self, designs: xr.Dataset, verdicts: xr.Dataset) -> tuple[Section, ...]:
        """Show the map, and profiles of delay and angle alongside those of the ray tracer."""
        own = Rays.of(to_arrays(designs, VARIABLES))
        return site_report.sections(self.scene, self.frame, self.part("known"), own, verdicts)

    def scores(self, designs: xr.Dataset, held_out: xr.Dataset) -> Mapping[str, float]:
        """Score Wasserstein-1 distances of channel statistics, in spreads of real ones."""
        ours, real = (Rays.of(to_arrays(d, VARIABLES)) for d in (designs, held_out))
        hz, found = self.settings.carrier_hz, {}
        for name, read in STATISTICS.items():
            a, b = (np.asarray(read(r, hz)) for r in (ours, real))
            found[f"{name}_distance"] = float(wasserstein_distance(a, b) / (b.std() or 1.0))
        return found

    def prepare(self, watch: Watch = silent) -> None:
        """Find the new places."""
        watch("places", 0, 1)
        self.queries(self._known)

    def known_answers(self) -> tuple[tuple[xr.Dataset, Mapping[str, float], float], ...]:
        """Return a traced channel, which the ray tracer must reproduce."""
        one = self._known.isel({DESIGN: [0]})
        truth = {"path_loss_error": 0.0, "first_delay_error": 0.0, "angle_error": 0.0}
        return ((one, truth, 1e-9),)


STATISTICS: Mapping[str, Callable[[Rays, float], Tensor]] = {
    "path_loss": lambda r, hz: r.path_loss_db(hz),
    "first_delay": lambda r, hz: r.first_delay(),
    "delay_spread": lambda r, hz: r.delay_spread(hz),
    "angle": lambda r, hz: r.dominant(hz) / math.pi,
    "angle_spread": lambda r, hz: r.angle_spread(hz),
    "paths": lambda r, hz: r.present.sum(1).to(torch.float64),
}
