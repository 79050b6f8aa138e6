"""Problem: flat roof trusses of standard sections for a roof, by mass and cost."""

from collections.abc import Mapping
from dataclasses import asdict
from functools import cached_property
from typing import ClassVar

import numpy as np
import torch
import xarray as xr
from torch import Tensor

from ingenium.core.codecs import Channels
from ingenium.core.designs import DESIGN, to_dataset
from ingenium.core.digest import digest
from ingenium.core.problem import Problem, Projection, SearchDefaults, Second, Section
from ingenium.core.quantity import Condition, Variable
from ingenium.core.recipe import Arrays, Recipe
from ingenium.core.spec import Fixed, Limit, Objective
from ingenium.domains.structures.roof import report
from ingenium.domains.structures.roof.equilibrium import TrussEquilibrium
from ingenium.domains.structures.roof.formats import TrussDeck, TrussDrawing
from ingenium.domains.structures.roof.hollow import SECTIONS
from ingenium.domains.structures.roof.layout import GROUPS, KINDS, PANELS
from ingenium.domains.structures.roof.rule import PER_M, MassBound, mass_bound, sized
from ingenium.domains.structures.roof.settings import RoofSettings
from ingenium.domains.structures.roof.stiffness import TrussStiffness

ANGLES_DEG = (30.0, 60.0)
SHARE, MOST = 0.05, 50  # of the trusses, that equilibrium measures again
STRONGER = 8  # sections, by which known trusses exceed their rule at most

SEED = 0


class RoofTruss(Problem):
    """Flat roof trusses of one span under one load."""

    name: ClassVar[str] = "structures.roof"
    summary: ClassVar[str] = (
        "flat roof trusses of standard sections by Eurocode 3: light, cheap, stiff"
    )
    Settings: ClassVar[type] = RoofSettings
    default_family: ClassVar[str] = "gaussian_copula"
    searches: ClassVar[SearchDefaults] = SearchDefaults(objectives=(Objective("mass", "minimise"),))
    judged: ClassVar[str] = (
        "Joints, bars, sections, supports and loads of the deck, or lines and layers of the "
        "drawing: a file that differs in any of these from the truss that it describes is refused."
    )
    unchecked: ClassVar[tuple[str, ...]] = (
        "Joints are pinned and loads act on them: welds and bending of chords are not judged.",
        "Secondary moments of rigid joints are neglected; they raise the utilisation by some per "
        "cent, so a design that just satisfies its limit may violate it with welded joints.",
        "Both chords count as restrained sideways at each joint; wind uplift is neglected.",
        "Partial factors and a deflection of a 250th of the span are the recommended values: "
        "nations set their own.",
        "Prices of steel and of joints are assumptions.",
    )
    licence = "CC0-1.0"

    def __init__(self, settings: RoofSettings) -> None:
        """Open the problem."""
        self.settings, self.system = settings, digest(asdict(settings))
        low, high = settings.depths_m
        kinds, last = (0.0, len(KINDS) - 1.0), (0.0, len(SECTIONS) - 1.0)
        self.panels = float(PANELS[0]), float(PANELS[-1])
        self.variables = (
            Variable("kind", (), "1", "Pratt, Howe or Warren, from 0", *kinds, labels=KINDS),
            Variable("panels", (), "1", "panels of the span, even", *self.panels),
            Variable("depth_m", (), "m", "between the middles of the chords", low, high, "depth"),
            Variable("profile", ("group",), "1", "place of the section, by area", *last),
        )
        self.sizes = {"group": len(GROUPS)}
        self.conditions = (
            Condition(
                "depth",
                "requested depth",
                lower=low,
                upper=high,
                unit="m",
                middle=(low + high) / 2,
                measured="height",
            ),
        )
        self.limits = (
            Limit("strength_used", at_most=1.0, unit="1"),
            Limit("buckling_used", at_most=1.0, unit="1"),
            Limit("deflection", at_most=settings.sag_mm, unit="mm"),
            Limit("angle", at_least=ANGLES_DEG[0], at_most=ANGLES_DEG[1], unit="degree"),
            Limit("brace_width", at_most=1.0, unit="1"),
        )
        self.tiers = (TrussStiffness(settings),)
        self.second = Second(TrussEquilibrium(settings), SHARE, MOST)
        both = (TrussDeck(settings, self.variables), TrussDrawing(settings, self.variables))
        self.formats = {form.name: form for form in both}
        bounds = (kinds, self.panels, last)
        self.codec = Channels.between(bounds, own=((), (), (len(GROUPS),)))

    def labels(self) -> dict[str, object]:
        """Return the names of groups of bars."""
        return {"group": list(GROUPS)}

    def data(self) -> xr.Dataset:
        """Return trusses with usual slopes, sized by rule and then strengthened at random."""
        rng = np.random.default_rng(SEED)
        low, high = self.settings.depths_m
        rows: list[tuple[int, int, float, np.ndarray]] = []
        while len(rows) < self.settings.known:
            kind, panels = int(rng.integers(len(KINDS))), int(rng.choice(PANELS))
            depth = round(float(rng.uniform(low, high)), 2)
            least = sized(self.settings, kind, panels, depth)
            slope = np.rad2deg(np.arctan2(depth, self.settings.span_m / panels))
            if least is not None and ANGLES_DEG[0] <= slope <= ANGLES_DEG[1]:
                more = rng.integers(0, STRONGER + 1, len(GROUPS))
                rows.append((kind, panels, depth, np.minimum(least + more, len(SECTIONS) - 1)))
        columns = (torch.from_numpy(np.array(c, dtype=np.float64)) for c in zip(*rows, strict=True))
        arrays = tuple(columns)
        under = {"depth": (DESIGN, arrays[2].numpy())}
        held = np.arange(len(rows)) % 10 == 9
        designs = to_dataset(arrays, self.variables, self.labels())
        return designs.assign_coords(under | {"held_out": (DESIGN, held)})

    def project(self, fixed: Mapping[str, Fixed], conditions: xr.Dataset) -> Projection:
        """Round kinds, panels, centimetres and sections."""
        low, high = self.settings.depths_m

        def whole(arrays: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
            kind, panels, depth, profile = arrays
            return (
                kind.round().clamp(0, len(KINDS) - 1),
                (2 * (panels / 2).round()).clamp(*self.panels),
                ((depth * PER_M).round() / PER_M).clamp(low, high),
                profile.round().clamp(0, len(SECTIONS) - 1),
            )

        return whole

    @cached_property
    def bound(self) -> MassBound:
        """Lower bound of mass and deflection, stored: it takes seconds and depends on no design."""

        def make(_: int) -> Arrays:
            return vars(mass_bound(self.settings, ANGLES_DEG))

        under = [self.settings, ANGLES_DEG]
        return MassBound(**Recipe("roof-bound", under, make).complete_or_made())

    def sections(self, designs: xr.Dataset, verdicts: xr.Dataset) -> tuple[Section, ...]:
        """Report the front of mass and deflection, its trusses, and the feasible variants."""
        return report.sections(self.settings, self.bound, designs, verdicts)

    def known_answers(self) -> tuple[tuple[xr.Dataset, Mapping[str, float], float], ...]:
        """Mass of a Pratt truss, bar by bar, from the mass a metre in the table of sections.

        Eight panels, 2 m deep: 24 m of each chord, nine posts, eight diagonals. The lower chord is
        150 x 8 (35.1 kg/m), the upper one 200 x 10 (58.8), posts 60 x 4 (6.90), diagonals 100 x 5
        (14.7).
        """
        names = ("SHS150x150x8", "SHS200x200x10", "SHS60x60x4", "SHS100x100x5")
        profile = [float(SECTIONS.names.index(name)) for name in names]
        rows = [[0.0], [8.0], [2.0], [profile]]
        arrays = tuple(torch.tensor(row, dtype=torch.float64) for row in rows)
        design = to_dataset(arrays, self.variables, self.labels())
        panel = self.settings.span_m / 8
        lengths = (8 * panel, 8 * panel, 9 * 2.0, 8 * float(np.hypot(panel, 2.0)))
        mass = float(np.dot(lengths, (35.1, 58.8, 6.90, 14.7)))
        return ((design, {"mass": mass * self.settings.density_kg_m3 / 7850.0}, 3e-3),)
