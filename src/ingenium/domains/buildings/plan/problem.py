"""Problem `buildings.plan`: plans of several storeys from a brief, verified on their own IFC."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from random import Random
from typing import Any, ClassVar

import numpy as np
import torch
import xarray as xr

from ingenium.core.designs import DESIGN, to_arrays, to_dataset
from ingenium.core.digest import digest
from ingenium.core.errors import InputError
from ingenium.core.given import NOTHING, Given, Input
from ingenium.core.problem import Problem, Projection, SearchDefaults, Second, Section
from ingenium.core.quantity import Variable
from ingenium.core.select import Metric
from ingenium.core.spec import Fixed, Limit, Objective
from ingenium.domains.buildings.plan import report, shell
from ingenium.domains.buildings.plan.codec import PlanCodec
from ingenium.domains.buildings.plan.dissection import DissectionRules
from ingenium.domains.buildings.plan.formats import BuildingFolders
from ingenium.domains.buildings.plan.layout import RowLayout
from ingenium.domains.buildings.plan.plot import Plot
from ingenium.domains.buildings.plan.programme import DEFAULT, Programme
from ingenium.domains.buildings.plan.quantities import ASSUMED, COLUMNS, factors
from ingenium.domains.buildings.plan.rivals import RivalRules
from ingenium.domains.buildings.plan.spaces import BuildingPlan, Spaces, arrays_of
from ingenium.domains.buildings.plan.verifier import PlanVerifier
from ingenium.generators.tokens.choices import TextChoices

CONSTANT, HELD_OUT_EVERY = 1, 4
TALLEST = 8  # storeys
HEIGHTS_M = (3.0, 6.0)
GROSS_BY_NET = 1.25  # least gross by net area of any plan, for a first check of the plot
INPUTS = (
    Input("rooms", "file", "rooms, adjacency and separation in TOML, as `draft rooms` writes them"),
    Input("plot", "file", "the plot as a GeoJSON polygon in metres"),
    Input("factors", "table", "cost and embodied carbon of elements", columns=COLUMNS, most=20),
)
NOTES = (
    "Cost and carbon follow from quantities by rounded factors, assumed unless a table is given.",
)


@dataclass(frozen=True)
class PlanSettings:
    """Settings of the building, and of the known plans."""

    storeys: int = 2  # number of storeys
    storey_height_m: float = 3.2  # from floor to floor
    width_m: float = 60.0  # of the plot, unless one is given
    depth_m: float = 40.0  # of the plot, without a drawing of it
    cross_check: bool = False  # read a share of the models by IfcOpenShell as well
    known: int = 64  # number of known plans
    seed: int = 0  # of the known plans


class BuildingPlans(Problem):
    """Plans with rooms, doors and windows, on storeys with corridors, stairs and a shaft."""

    name: ClassVar[str] = "buildings.plan"
    summary: ClassVar[str] = (
        "plans of a building from a brief: rooms, doors, escape, daylight, cost and carbon"
    )
    Settings: ClassVar[type] = PlanSettings
    inputs: ClassVar[tuple[Input, ...]] = INPUTS
    default_family: ClassVar[str] = "dissection"
    searches: ClassVar[SearchDefaults] = SearchDefaults(
        "reweighted",
        objectives=(Objective("efficiency", "maximise"), Objective("carbon", "minimise")),
    )
    judged: ClassVar[str] = (
        "The IFC4 model of each folder: its spaces, doors and windows are read back and measured; "
        "its walls must be those that follow, and both drawings those of the model."
    )
    unchecked: ClassVar[tuple[str, ...]] = (
        "Structure beyond spans: loads, foundations and stability.",
        "Building services, acoustics, accessibility beyond widths, and local codes.",
        "Travel in a single direction, and occupancy; the longest way to any exit is measured.",
        "Daylight by the average of a room under an overcast sky, without neighbouring buildings.",
    )
    conditions = ()
    tiers: tuple[PlanVerifier, ...]
    licence = "the brief's own"
    codec: PlanCodec

    def __init__(self, settings: PlanSettings, given: Given = NOTHING) -> None:
        """Read the brief and the plot.

        Raises:
            InputError: for a brief or plot that no plan can satisfy, saying why.
            MissingEnvironment: if the cross-check is requested and not installed.
        """
        _check(settings)
        if settings.cross_check:
            shell.check_installed()
        self.settings, self.given = settings, given
        data = given["rooms"] if "rooms" in given else DEFAULT.encode()
        programme = Programme.of(data)
        own = "plot" in given
        plot = Plot.of(given["plot"]) if own else Plot.rectangle(settings.width_m, settings.depth_m)
        _check_area(programme, plot, settings.storeys)
        height = round(1000 * settings.storey_height_m)
        table = factors(given["factors"]) if "factors" in given else dict(ASSUMED)
        self.spaces = Spaces(programme, settings.storeys)
        self.layout = RowLayout(self.spaces, plot, height)
        self.variables, self.sizes = _variables(), self._sizes()
        verifier = PlanVerifier(self.spaces, plot, height, table)
        self.tiers = (verifier,)
        self.system = digest(
            [programme.rooms, programme.together, programme.apart, settings.storeys]
        )
        self.limits = _limits()
        self.validity = ("overlap", "clashes", "unreached", "opening_faults")
        files = BuildingFolders(self.spaces, plot, height, self.variables, "Building from a brief")
        self.formats = {"ifc": files}
        self.second = (
            Second(shell.ShellVerifier(files), 0.05, most=8) if settings.cross_check else None
        )
        self.notes = (*NOTES, *programme.notes)
        self.codec = PlanCodec.of(self.layout)

    def _sizes(self) -> dict[str, int]:
        spaces = self.spaces
        return {
            "space": spaces.count(), "side": 4, "part": 4, "room": spaces.rooms,
            "opening": len(spaces.doors),
        }  # fmt: skip

    @cached_property
    def rules(self) -> DissectionRules:
        """Rules that write dissections."""
        return DissectionRules(self.layout)

    def data(self) -> xr.Dataset:
        """Return plans by the masked dissection; every fourth is held out."""
        rng = Random(self.settings.seed)
        texts = ["".join(self.rules.masked(rng)) for _ in range(self.settings.known)]
        listed = [self.layout.plan(t) for t in dict.fromkeys(texts)]
        held = np.arange(len(listed)) % HELD_OUT_EVERY == HELD_OUT_EVERY - 1
        coords = self.labels() | {"held_out": (DESIGN, held)}
        return to_dataset(arrays_of(listed), self.variables, coords)

    def labels(self) -> dict[str, Any]:
        """Return the names of spaces, rooms and doors."""
        spaces = self.spaces
        return {
            "space": ("space", np.array(spaces.names)),
            "room": ("room", np.array(spaces.names[: spaces.rooms])),
            "opening": ("opening", np.array(spaces.doors)),
        }

    def project(self, fixed: Mapping[str, Fixed], conditions: xr.Dataset) -> Projection:
        """Return the projection onto the grid of whole millimetres, as files store them."""
        return lambda arrays: tuple(a.to(torch.float64).round() for a in arrays)

    def metric(self, designs: xr.Dataset) -> Metric:
        """Return distances of plans: root mean square difference of sides in metres, by storey."""
        level, box, *_ = to_arrays(designs, self.variables)
        flat = torch.cat([10.0 * level, (box / 1000).flatten(1)], 1)
        return lambda i: (flat - flat[i]).square().mean(1).sqrt().numpy()

    def baselines(self) -> Mapping[str, Callable[[], Any]]:
        """Rules: masked and random dissections, simulated annealing, and CP-SAT (`packer`)."""
        rivals = RivalRules(self.rules)
        rules = {
            "dissection": self.rules.masked,
            "random": self.rules.random,
            "annealing": rivals.annealed,
            "packer": rivals.packed,
        }
        return {name: partial(self._choices, name, rule) for name, rule in rules.items()}

    def _choices(self, name: str, rule: Callable[[Random], list[str]]) -> TextChoices:
        return TextChoices(self.codec, CONSTANT, rule, name)

    def sections(self, designs: xr.Dataset, verdicts: xr.Dataset) -> tuple[Section, ...]:
        """Sheets of the best plans with dimensions, their axonometry, areas, cost and carbon."""
        return report.sections(self, designs, verdicts)

    def known_answers(self) -> tuple[tuple[xr.Dataset, Mapping[str, float], float], ...]:
        """Corridors of 10 m x 2 m alone: areas by hand, and everything else is missing."""
        spaces = self.spaces
        count, storeys = spaces.count(), spaces.storeys
        level, box = np.zeros(count, np.int64), np.zeros((count, 4), np.int64)
        for storey in range(storeys):
            level[[spaces.at(kind, storey) for kind in spaces.kinds]] = storey
            box[spaces.at("corridor", storey)] = (1000, 1000, 11200, 3200)
        door = np.zeros((len(spaces.doors), 4), np.int64)
        plan = BuildingPlan(level, box, door, np.zeros((spaces.rooms, 4), np.int64))
        truth = {
            "corridor_width": 2.0, "gross_area": 10.4 * 2.4 * storeys, "net_area": 0.0,
            "overlap": 0.0, "clashes": 0.0, "area_error": 1.0, "span": 2.2, "exits": 0.0,
            "unreached": float(count), "missing_adjacency": float(len(spaces.programme.together)),
        }  # fmt: skip
        return ((to_dataset(arrays_of([plan]), self.variables, self.labels()), truth, 1e-12),)


def _check(settings: PlanSettings) -> None:
    if not 1 <= settings.storeys <= TALLEST:
        raise InputError(f"1 to {TALLEST} storeys", settings.storeys, "Write storeys = 3.")
    low, high = HEIGHTS_M
    if not low <= settings.storey_height_m <= high:
        feet = " (feet?)" if 8 <= settings.storey_height_m <= 20 else ""
        raise InputError(
            f"storey_height_m from {low} to {high} m",
            f"{settings.storey_height_m:g}{feet}",
            "Write storey_height_m = 3.2.",
        )
    if settings.known < 8:
        raise InputError("at least 8 known plans", settings.known, "Write known = 64.")


def _check_area(programme: Programme, plot: Plot, storeys: int) -> None:
    """Refuse a brief with more area than its plot has on all storeys."""
    most = storeys * plot.polygon.area / 1e6
    if programme.area_m2 * GROSS_BY_NET > most:
        raise InputError(
            f"rooms of at most {most / GROSS_BY_NET:.0f} m2, for {storeys} storeys on this plot",
            f"{programme.area_m2:.0f} m2",
            "Write more storeys, smaller rooms or a larger plot.",
        )


def _variables() -> tuple[Variable, ...]:
    opening = "x and y of the middle in mm, axis of the wall (0 along x), clear width in mm"
    return (
        Variable("level", ("space",), "1", "storey of each space, from 0 on", 0.0, TALLEST - 1.0),
        Variable("box", ("space", "side"), "mm", "x0, y0, x1, y1 of the wall axes of each space"),
        Variable("door", ("opening", "part"), "1", opening),
        Variable("window", ("room", "part"), "1", opening),
    )


def _limits() -> tuple[Limit, ...]:
    """Limits of every plan; those on escape, daylight and spans can be replaced.

    Sources: Approved Document B, volume 2 (2019), table 2.1: 45 m where escape is possible in more
    than one direction. BS 8206-2:2008: an average daylight factor of 2 %. The span of a slab of
    250 mm, areas within 10 % and the widths are assumptions.
    """
    none = (
        "overlap", "outside_plot", "clashes", "missing_adjacency", "missing_separation",
        "unreached", "opening_faults", "shift", "short_stairs",
    )  # fmt: skip
    return (
        *(Limit(q, at_most=0.0) for q in none),
        Limit("area_error", at_most=0.1),
        Limit("daylight", at_least=2.0),
        Limit("travel", at_most=45.0),
        Limit("exits", at_least=2.0),
        Limit("span", at_most=7.5),
        Limit("narrowest", at_least=1.5),
        Limit("corridor_width", at_least=1.5),
    )
