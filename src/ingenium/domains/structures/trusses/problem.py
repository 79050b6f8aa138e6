"""Roof trusses as designs that can be proposed, searched and measured."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
import torch
import xarray as xr
from jaxtyping import Float
from torch import Tensor

from ingenium.core.codecs import Channels
from ingenium.core.designs import DESIGN, to_dataset
from ingenium.core.problem import Format, Problem, Projection
from ingenium.core.quantity import Condition, Variable
from ingenium.core.reading.documents import json_file
from ingenium.core.reading.files import refusing
from ingenium.core.spec import Fixed, Limit
from ingenium.domains.structures.trusses.front import exact_front
from ingenium.domains.structures.trusses.roof import GROUPS, KINDS, PANELS, Roof, RoofVerifier

ROOF = Roof()
FEWEST_TO_MOST = float(PANELS[0]), float(PANELS[-1])
DEPTHS_M, AREAS_M2, ANGLES_DEG = (0.8, 4.0), (2e-4, 2e-2), (30.0, 60.0)
VARIABLES = (
    Variable("kind", (), "1", "0 Pratt, 1 Howe, 2 Warren", 0.0, len(KINDS) - 1.0),
    Variable("panels", (), "1", "panels of the span, even", *FEWEST_TO_MOST),
    Variable("depth_m", (), "m", "between the middles of the chords", *DEPTHS_M),
    Variable("area_m2", ("group",), "m2", "area of the bars of a group", *AREAS_M2),
)


@dataclass(frozen=True)
class TrussSettings:
    """The roof, and how many drawn trusses a search begins with."""

    roof: Roof = ROOF
    drawn: int = 200


class RoofTruss(Problem):
    """Flat roof trusses of one span under one load."""

    name: ClassVar[str] = "structures.roof_truss"
    summary: ClassVar[str] = "flat roof trusses: light, stiff, strong enough"
    Settings: ClassVar[type] = TrussSettings
    default_family: ClassVar[str] = "gaussian_copula"
    licence = "CC0-1.0"

    def __init__(self, settings: TrussSettings = TrussSettings()) -> None:
        self.settings = settings
        self.variables, self.sizes = VARIABLES, {"group": len(GROUPS)}
        self.conditions = (
            Condition("depth", "asked depth", None, *DEPTHS_M, unit="m", middle=2.4),
        )
        self.limits = (
            Limit("stress_use", at_most=1.0, unit="1"),
            Limit("buckling_use", at_most=1.0, unit="1"),
            Limit("angle_deg", at_least=ANGLES_DEG[0], at_most=ANGLES_DEG[1], unit="degree"),
        )
        self.tiers = (RoofVerifier(settings.roof),)
        self.formats: Mapping[str, Format] = {"json": TrussTable()}
        bounds = ((0.0, len(KINDS) - 1.0), FEWEST_TO_MOST, DEPTHS_M, AREAS_M2)
        self.codec = Channels.between(bounds, own=((), (), (), (len(GROUPS),)), logs=(3,))

    def labels(self) -> dict[str, object]:
        """Names of groups of bars."""
        return {"group": list(GROUPS)}

    def data(self) -> xr.Dataset:
        """Trusses drawn evenly over all numbers: nothing is known of what is good."""
        x = torch.rand(
            (self.settings.drawn, *self.codec.shape), generator=torch.Generator().manual_seed(0)
        )
        arrays = whole(self.codec.decode(2 * x.double() - 1))
        held = np.arange(len(x)) % 10 == 9
        designs = to_dataset(arrays, self.variables, self.labels())
        return designs.assign_coords(depth=(DESIGN, arrays[2].numpy()), held_out=(DESIGN, held))

    def project(self, fixed: Mapping[str, Fixed], conditions: xr.Dataset) -> Projection:
        """Whole kinds and panels, everything within its range."""
        return whole

    def exact_front(self, steps: int = 400) -> Float[np.ndarray, "q 2"]:
        """Mass and deflection that nothing within the default limits betters."""
        return exact_front(
            self.settings.roof,
            depths_m=DEPTHS_M,
            areas_m2=AREAS_M2,
            angles_deg=ANGLES_DEG,
            steps=steps,
        )


def whole(arrays: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
    """The nearest trusses that can be drawn."""
    kind, panels, depth, area = arrays
    return (
        kind.round().clamp(0, len(KINDS) - 1),
        (2 * (panels / 2).round()).clamp(*FEWEST_TO_MOST),
        depth.clamp(*DEPTHS_M),
        area.clamp(*AREAS_M2),
    )


class TrussTable:
    """One JSON file for all trusses."""

    name = "json"
    endings = (".json",)

    def write(self, designs: xr.Dataset, folder: Path) -> dict[int, Path]:
        """Numbers in full."""
        index = designs[DESIGN].to_numpy().tolist()
        rows = {
            str(i): {
                v.name: designs[v.name].isel({DESIGN: k}).to_numpy().tolist() for v in VARIABLES
            }
            for k, i in enumerate(index)
        }
        path = folder / "trusses.json"
        path.write_text(json.dumps(rows))
        return dict.fromkeys(index, path)

    def read(self, path: Path) -> xr.Dataset:
        """What `write` wrote.

        Raises:
            InputError: for anything else.
        """
        file, what = path / "trusses.json" if path.is_dir() else path, "a JSON file of trusses"
        rows = json_file(file, what)
        with refusing(what, file):
            arrays = tuple(
                torch.tensor([row[v.name] for row in rows.values()], dtype=torch.float64)
                for v in VARIABLES
            )
            index = np.array([int(i) for i in rows])
        return to_dataset(arrays, VARIABLES, {"group": list(GROUPS)}, index=index)
