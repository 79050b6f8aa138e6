"""Problem `radio.area_channel`: one channel model of several sites, conditioned on surroundings.

A network conditioned on the map of a site is valid there alone. This one is conditioned on
distances to walls, which mean the same everywhere, so it applies to sites outside its training set,
and can be fine-tuned on a few channels of a new one.

Shapes: n channels, k quantities, c features.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import Any, ClassVar, Literal

import numpy as np
import torch
import xarray as xr
from jaxtyping import Float, Float64
from torch import Tensor

from ingenium.core.codecs import Channels
from ingenium.core.designs import DESIGN, to_arrays, to_dataset
from ingenium.core.digest import digest
from ingenium.core.errors import InputError, choose
from ingenium.core.problem import Problem, Projection, Section
from ingenium.core.quantity import Condition, Quantity, Variable
from ingenium.core.spec import Fixed
from ingenium.domains.radio.area_files import NUMBER, SITE, AreaFolder
from ingenium.domains.radio.formats import channel_file
from ingenium.domains.radio.rays import PATHS, VARIABLES, Rays
from ingenium.domains.radio.scene import SCENES
from ingenium.domains.radio.site_channel import SiteChannel, SiteSettings
from ingenium.domains.radio.surroundings import FEATURES, surroundings
from ingenium.domains.radio.verifier import Retraced
from ingenium.generators.flow_matching import FlowMatching, FlowMatchingSettings
from ingenium.train.plan import Plan

# Scales of paths on streets, relative to the straight line: they depend on no site, so
# that a model of one site reads another.
MIDDLES = (2.2, 30.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.5)
SPREADS = (1.5, 30.0, 0.7, 0.2, 1.5, 0.2, 1.8, 1.0)
WIDTHS = {"surroundings_small": 32, "surroundings": 96, "surroundings_large": 192}
STEPS = 2000
SHARED = ("known", "held_out", "ue_height_m", "carrier_hz", "antennas", "depth", "rays", "seed")


@dataclass(frozen=True)
class MastSettings:
    """Site: a scene, and the place of a base station in it."""

    scene: str = "munich"  # name of a scene of Sionna
    bs_m: tuple[float, float, float] = (8.5, 21.0, 27.0)  # place of its array, facing east

    def __post_init__(self) -> None:
        choose(self.scene, SCENES, "scene of Sionna")


FOUR = (
    MastSettings(),
    MastSettings("munich", (-110.0, -100.0, 27.0)),
    MastSettings("etoile"),
    MastSettings("etoile", (-150.0, 60.0, 27.0)),
)


@dataclass(frozen=True)
class AreaSettings:
    """Settings of the sites, and of their known channels."""

    masts: tuple[MastSettings, ...] = FOUR
    known: int = 300  # number of training channels of each site
    held_out: int = 75  # number of channels of each site in held-out blocks
    ue_height_m: float = 1.5  # height of the terminal above ground
    carrier_hz: float = 3.5e9  # carrier frequency
    antennas: int = 8  # antennas in a horizontal line, spaced by half a wavelength
    depth: int = 3  # largest number of reflections of a path
    rays: int = 100_000  # number of rays that the tracer launches
    seed: int = 0  # seed of the places

    def __post_init__(self) -> None:
        if not self.masts:
            raise InputError(
                "at least one site", "none", 'Write [[setup.masts]] with scene = "munich".'
            )
        if len(set(self.masts)) < len(self.masts):
            raise InputError("sites that differ", "one that is written twice", "Leave it out.")
        for mast in self.masts:
            self.site(mast)  # which checks the rest

    def site(self, mast: MastSettings) -> SiteSettings:
        """Return the settings of a site's own problem."""
        own = {name: getattr(self, name) for name in SHARED}
        return SiteSettings(scene=mast.scene, bs_m=mast.bs_m, **own)

    @property
    def names(self) -> tuple[str, ...]:
        """Name of each site: its scene, numbered from its second mast on."""
        scenes = [m.scene for m in self.masts]
        counts = [scenes[: i + 1].count(s) for i, s in enumerate(scenes)]
        return tuple(s if c == 1 else f"{s}_{c}" for s, c in zip(scenes, counts, strict=True))


@dataclass(frozen=True, eq=False)
class AreaRetraced:
    """Verifier of channels against the ray tracer on their own sites."""

    sites: Sequence[Retraced]
    name: ClassVar[str] = Retraced.name
    tier: ClassVar[Literal["exact"]] = "exact"
    quantities: ClassVar[tuple[Quantity, ...]] = Retraced.quantities

    @cached_property
    def version(self) -> str:
        """Version of the ray tracer."""
        return self.sites[0].version

    def measure(self, *arrays: Tensor) -> Float64[Tensor, "n k"]:
        """Measure each row independently; a row of an unknown site has no answer."""
        site = arrays[-1]
        found = torch.full((len(site), len(self.quantities)), torch.nan, dtype=torch.float64)
        for i, own in enumerate(self.sites):
            rows = torch.nonzero(site == i)[:, 0]
            if len(rows):
                found[rows] = own.measure(*(a[rows] for a in arrays[:-1]))
        return found


class AreaChannel(Problem):
    """Paths at new places of several sites."""

    name: ClassVar[str] = "radio.area_channel"
    summary: ClassVar[str] = (
        "radio channels of several sites by one model conditioned on the surroundings"
    )
    Settings: ClassVar[type] = AreaSettings
    default_family: ClassVar[str] = "surroundings"
    judged: ClassVar[str] = (
        "The HDF5 file of each site: its paths, compared with those of the ray tracer."
    )
    unchecked: ClassVar[tuple[str, ...]] = SiteChannel.unchecked
    batch_size = SiteChannel.batch_size
    licence = SiteChannel.licence

    def __init__(self, settings: AreaSettings) -> None:
        """Open all sites; their surveys are traced on first use."""
        self.settings, self.names = settings, settings.names
        self.sites = [SiteChannel(settings.site(mast)) for mast in settings.masts]
        number = Variable(NUMBER, (), "1", "number of the site", 0.0)  # as its condition names it
        self.variables = (*VARIABLES, number)
        places = zip(*(site.conditions for site in self.sites), strict=True)
        wide = [
            Condition(
                c[0].name,
                c[0].long_name,
                lower=min(x.lower for x in c),
                upper=max(x.upper for x in c),
                unit="m",
            )
            for c in places
        ]
        self.conditions = (Condition(SITE, "site of the terminal", choices=self.names), *wide)
        self.sizes, self.limits = self.sites[0].sizes, self.sites[0].limits
        self.notes = tuple(
            f"{n}: {s.notes[0]}" for n, s in zip(self.names, self.sites, strict=True)
        )
        self.system = digest([site.system for site in self.sites])
        middle, spread = (
            torch.tensor(x, dtype=torch.float64).repeat_interleave(PATHS)
            for x in (MIDDLES, SPREADS)
        )
        self.codec = Channels(((PATHS,),) * len(MIDDLES), (), middle, spread)
        self.tiers = (AreaRetraced([Retraced(s.scene, s.frame) for s in self.sites]),)
        first = self.sites[0].settings
        files = [
            channel_file(s.frame, settings.antennas, first.speed_m_s, first.heading_rad)
            for s in self.sites
        ]
        self.formats = {AreaFolder.name: AreaFolder(self.names, files)}

    def data(self) -> xr.Dataset:
        """Return traced channels of all sites; held-out ones are in blocks of their own."""
        return self._known

    @cached_property
    def _known(self) -> xr.Dataset:
        parts = []
        for i, site in enumerate(self.sites):
            own = site.data()
            number = torch.full((own.sizes[DESIGN],), float(i), dtype=torch.float64)
            under = {k: (DESIGN, own[k].to_numpy()) for k in ("east", "north", "held_out", "part")}
            under |= self._named(i, len(number)) | self.labels()
            arrays = (*to_arrays(own, VARIABLES), number)
            parts.append(to_dataset(arrays, self.variables, under))
        whole = xr.concat(parts, DESIGN)
        return whole.assign_coords({DESIGN: np.arange(whole.sizes[DESIGN])})

    def _named(self, i: int, n: int) -> dict[str, Any]:
        return {SITE: (DESIGN, np.full(n, self.names[i]))}

    def part(self, name: str, part: str) -> Rays:
        """Return the traced channels of one part of a site's survey."""
        return self.sites[self.names.index(name)].part(part)

    def queries(self, learned: xr.Dataset) -> xr.Dataset:
        """Return new places of each site in turn, near known ones."""
        return self._new

    @cached_property
    def _new(self) -> xr.Dataset:
        new = [site.queries(site.data()) for site in self.sites]
        named = [x.assign(self._named(i, x.sizes[DESIGN])) for i, x in enumerate(new)]
        whole = xr.concat(named, DESIGN)
        turns = np.arange(whole.sizes[DESIGN]).reshape(len(new), -1).T.ravel()
        return whole.isel({DESIGN: turns})

    def labels(self) -> dict[str, Any]:
        """Number paths by falling power."""
        return self.sites[0].labels()

    def features(self, designs: xr.Dataset) -> Float[Tensor, "n c"]:
        """Return the surroundings of each place on its own site."""
        found = torch.zeros(designs.sizes[DESIGN], FEATURES)
        for rows, i, (east, north) in self._places(designs):
            site = self.sites[i]
            found[rows] = surroundings(site.scene, site.frame, east, north)
        return found

    def _places(self, designs: xr.Dataset) -> Iterator[tuple[Tensor, int, tuple[Tensor, ...]]]:
        """Yield the rows of each site that has any, and their places."""
        named = designs[SITE].to_numpy()
        for i, name in enumerate(self.names):
            rows = np.flatnonzero(named == name)
            if len(rows):
                at = (torch.as_tensor(designs[k].to_numpy()[rows]) for k in ("east", "north"))
                yield torch.from_numpy(rows), i, tuple(x.to(torch.float64) for x in at)

    def proposed(self, arrays: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        """Return the paths relative to the straight line from each site's base station."""
        found = tuple(torch.zeros_like(a) for a in arrays[: len(MIDDLES)])
        for i, site in enumerate(self.sites):
            rows = arrays[-1] == i
            for whole, own in zip(
                found, site.proposed(tuple(a[rows] for a in arrays[:-1])), strict=True
            ):
                whole[rows] = own
        return found

    def decode(self, x: Tensor, conditions: xr.Dataset) -> tuple[Tensor, ...]:
        """Decode paths at the places of the conditions."""
        left = self.codec.decode(x)
        blank = [torch.zeros_like(a) for a in left]
        found = [*blank, *(torch.zeros(len(x), dtype=torch.float64) for _ in range(3))]
        for rows, i, place in self._places(conditions):
            rays = self.sites[i].frame.rays_of(tuple(a[rows] for a in left), *place)
            number = torch.full((len(rows),), float(i), dtype=torch.float64)
            for whole, own in zip(found, (*rays.arrays, number), strict=True):
                whole[rows] = own
        return tuple(found)

    def project(self, fixed: Mapping[str, Fixed], conditions: xr.Dataset) -> Projection:
        """Return the projection onto paths by falling power, as files store them."""
        onto = self.sites[0].project(fixed, conditions)
        return lambda arrays: (*onto(arrays[:-1]), arrays[-1])

    def baselines(self) -> Mapping[str, Callable[[], Any]]:
        """Return the model in three sizes, by the width of its network."""
        return {name: partial(self._network, width) for name, width in WIDTHS.items()}

    def _network(self, width: int) -> FlowMatching:
        return FlowMatching(self.codec.shape, FEATURES, FlowMatchingSettings(width=width))

    def budgets(self) -> Mapping[str, Plan]:
        """Return training plans of equally many steps for each size."""
        return dict.fromkeys(WIDTHS, Plan(steps=STEPS))

    def sections(self, designs: xr.Dataset, verdicts: xr.Dataset) -> tuple[Section, ...]:
        """Show the sections of each site's own problem."""
        found: list[Section] = []
        for i, (name, site) in enumerate(zip(self.names, self.sites, strict=True)):
            rows = {DESIGN: np.flatnonzero(designs[NUMBER].to_numpy() == i)}
            if len(rows[DESIGN]):
                own = site.sections(designs.isel(rows), verdicts.isel(rows))
                found += [replace(s, heading=f"{name}: {s.heading}") for s in own]
        return tuple(found)

    def scores(self, designs: xr.Dataset, held_out: xr.Dataset) -> Mapping[str, float]:
        """Score Wasserstein-1 distances of channel statistics, over all sites."""
        return self.sites[0].scores(designs, held_out)

    def known_answers(self) -> tuple[tuple[xr.Dataset, Mapping[str, float], float], ...]:
        """Return a traced channel of the last site, which the ray tracer must reproduce."""
        one = self._known.isel({DESIGN: [self._known.sizes[DESIGN] - 1]})
        truth = {"path_loss_error": 0.0, "first_delay_error": 0.0, "angle_error": 0.0}
        return ((one, truth, 1e-9),)
