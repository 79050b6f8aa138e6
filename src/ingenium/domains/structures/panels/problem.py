"""Problem: graded cores of sandwich panels, with a topology and a thickness for each row."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, ClassVar

import numpy as np
import torch
import xarray as xr
from jaxtyping import Float
from torch import Tensor

from ingenium.core.codecs import Channels
from ingenium.core.designs import DESIGN, to_dataset
from ingenium.core.digest import digest
from ingenium.core.errors import InputError
from ingenium.core.problem import Problem, Projection, SearchDefaults, Section
from ingenium.core.quantity import Condition, Variable
from ingenium.core.spec import Fixed, Limit
from ingenium.core.text import codes
from ingenium.domains.structures.lattices.material import STEEL_316L, Ductile
from ingenium.domains.structures.panels import report
from ingenium.domains.structures.panels.files import StrutTable
from ingenium.domains.structures.panels.layout import TOPOLOGIES, CoreLayout
from ingenium.domains.structures.panels.verifier import CoreVerifier
from ingenium.generators.tokens.codec import TokenCodec
from ingenium.generators.tokens.two_kinds import ExactLength, TwoKindCodec
from ingenium.generators.tokens.vocabulary import Vocabulary

FEWEST, HELD_OUT_EVERY = 50, 5


@dataclass(frozen=True)
class PanelSettings:
    """Settings of a core: box, cells, metal, and the number of known cores.

    Raises:
        InputError: for too few known cores.
    """

    layout: CoreLayout = field(default_factory=CoreLayout)
    material: Ductile = STEEL_316L
    known: int = 2000  # cores to learn from, drawn by chance and measured

    def __post_init__(self) -> None:
        if not FEWEST <= self.known <= 100_000:
            raise InputError(
                f"from {FEWEST} to 100000 known cores", self.known, "Write known = 2000."
            )


def _reported(
    name: str, meaning: str, measured: str, unit: str, middle: float, spread: float
) -> Condition:
    """Target quantity of cores, conditioned on its logarithm; extreme values are not refused."""
    most = 1e12 if unit == "Pa" else 1.0
    return Condition(
        name,
        meaning,
        None,
        1e-4 * middle,
        min(1e4 * middle, most),
        unit,
        middle,
        spread,
        log=True,
        measured=measured,
    )


class Panel(Problem):
    """Cores of a panel, by relative density, shear modulus and compressive strength."""

    name: ClassVar[str] = "structures.panel"
    summary: ClassVar[str] = "sandwich-panel cores: a topology and a thickness for each row"
    Settings: ClassVar[type] = PanelSettings
    judged: ClassVar[str] = "The listed struts: their positions and thicknesses."
    unchecked: ClassVar[tuple[str, ...]] = (
        "The plates are rigid, and joints have no size; fatigue and fracture are not judged.",
        "A strut buckles as if hinged at its ends; post-buckling of a core is not computed.",
    )
    default_family: ClassVar[str] = "tokens_flow_matching"
    searches: ClassVar[SearchDefaults] = SearchDefaults("reweighted")
    licence = "CC0-1.0"

    def __init__(self, settings: PanelSettings) -> None:
        """Open the problem."""
        self.settings, layout = settings, settings.layout
        self.system = digest(asdict(settings.layout) | asdict(settings.material))
        bounds = layout.thinnest_m, layout.thickest_m
        kinds = "; ".join(f"{letter}: {what}" for letter, what in TOPOLOGIES.items())
        self.variables = (
            Variable(
                "topology", (), "1", f"a letter a row from below ({kinds})", longest=layout.rows
            ),
            Variable("thickness_m", ("row",), "m", "of the struts of each row", *bounds),
        )
        self.sizes = {"row": layout.rows}
        self.conditions = (
            _reported("density", "relative density", "relative_density", "1", 0.2, 0.5),
            _reported("shear", "modulus in shear", "shear_modulus", "Pa", 5e8, 1.8),
            _reported("withstands", "pressure that it bears", "strength", "Pa", 7e6, 1.3),
        )
        self.limits = (Limit("strength", at_least=1e6, unit="Pa"),)
        self.exact = CoreVerifier(layout, settings.material)
        self.tiers = (self.exact,)
        form = StrutTable(layout, self.variables)
        self.formats = {form.name: form}
        words = TokenCodec(
            Vocabulary(tuple(TOPOLOGIES)),
            layout.rows + 1,
            layout.rows,
            ExactLength(layout.rows),
            "topology",
        )
        self.codec = TwoKindCodec(
            words, Channels.between((bounds,), own=((layout.rows,),), logs=(0,))
        )
        self._known = self._drawn()

    def _drawn(self) -> xr.Dataset:
        """Random cores: any topologies, and thicknesses that rise or fall over the rows."""
        rng, layout, n = np.random.default_rng(0), self.settings.layout, self.settings.known
        letters = rng.choice(list(TOPOLOGIES), (n, layout.rows))
        text = codes(["".join(row) for row in letters], layout.rows)
        low, high = np.log(layout.thinnest_m), np.log(layout.thickest_m)
        ends = rng.uniform(low, high, (n, 2, 1))
        share = np.linspace(0, 1, layout.rows)
        trace = ends[:, 0] * (1 - share) + ends[:, 1] * share
        row_m = np.exp(trace + rng.normal(0, 0.1, (n, layout.rows)))
        arrays = text, torch.from_numpy(np.clip(row_m, layout.thinnest_m, layout.thickest_m))
        measured = self.exact.measure(*arrays).numpy()
        names = [q.name for q in self.quantities]
        under = {c.name: measured[:, names.index(c.measured or "")] for c in self.conditions}
        held = np.arange(n) % HELD_OUT_EVERY == HELD_OUT_EVERY - 1
        coords: dict[str, Any] = {k: (DESIGN, v) for k, v in (under | {"held_out": held}).items()}
        return to_dataset(arrays, self.variables, coords)

    def data(self) -> xr.Dataset:
        """Return random cores with their measurements as conditions; every fifth is held out."""
        return self._known

    def project(self, fixed: Mapping[str, Fixed], conditions: xr.Dataset) -> Projection:
        """Impose printable thicknesses."""
        layout = self.settings.layout

        def onto(arrays: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
            return arrays[0], arrays[1].clamp(layout.thinnest_m, layout.thickest_m)

        return onto

    def steerable(self) -> Mapping[str, Callable[..., Float[Tensor, " n"]]]:
        """Quantities of the engine, with gradients by the thicknesses."""
        names = [q.name for q in self.quantities]

        def column(name: str) -> Callable[..., Float[Tensor, " n"]]:
            return lambda *arrays: self.exact.measure(*arrays)[:, names.index(name)]

        return {name: column(name) for name in ("modulus", "shear_modulus", "relative_density")}

    def sections(self, designs: xr.Dataset, verdicts: xr.Dataset) -> tuple[Section, ...]:
        """Report the best cores, and the stiffness of all in both directions."""
        return report.sections(self.exact, self._known, designs, verdicts)

    def known_answers(self) -> tuple[tuple[xr.Dataset, Mapping[str, float], float], ...]:
        """Uprights only, whose rows are springs in series."""
        layout, metal = self.settings.layout, self.settings.material
        ends = layout.thinnest_m, layout.thickest_m
        row_m = torch.linspace(*ends, layout.rows, dtype=torch.float64)[None]
        arrays = codes(["I" * layout.rows], layout.rows), row_m
        posts, height = layout.columns + 1, layout.cell_m[1]
        gives = (height / (metal.modulus_pa * row_m * layout.depth_m * posts)).sum()
        area = layout.width_m * layout.depth_m
        truth = {"modulus": float(layout.height_m / area / gives)}
        return ((to_dataset(arrays, self.variables, {}), truth, 1e-9),)
