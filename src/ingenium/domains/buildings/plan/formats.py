"""Format of plans: a folder with the IFC model that is judged, and drawings made from it."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Literal

import numpy as np
import xarray as xr

from ingenium.core.designs import DESIGN, to_arrays, to_dataset
from ingenium.core.errors import InputError
from ingenium.core.quantity import Variable
from ingenium.core.reading.files import text as text_of
from ingenium.domains.buildings.plan.drawings import dxf, geojson
from ingenium.domains.buildings.plan.ifc import IfcModel
from ingenium.domains.buildings.plan.ifc_reader import IfcReader
from ingenium.domains.buildings.plan.plot import Plot
from ingenium.domains.buildings.plan.spaces import BuildingPlan, Spaces, arrays_of, plans

IFC, DXF, GEOJSON = "plan.ifc", "plan.dxf", "rooms.geojson"
MOST = 8 << 20  # bytes of a file


@dataclass(frozen=True, eq=False)
class BuildingFolders:
    """Folder of a plan: `plan_00000/plan.ifc`, `plan.dxf` and `rooms.geojson`."""

    spaces: Spaces
    plot: Plot
    height_mm: int
    variables: tuple[Variable, ...]
    title: str
    name: ClassVar[str] = "ifc"
    endings: ClassVar[tuple[str, ...]] = (".ifc", ".dxf", ".geojson")

    @property
    def separate(self) -> Literal[True]:
        """Marker: plans share no file."""
        return True

    def ifc(self, plan: BuildingPlan) -> str:
        """Return the model of a plan."""
        return IfcModel(self.spaces, plan, self.height_mm, self.title).text()

    def write(self, designs: xr.Dataset, folder: Path) -> dict[int, Path]:
        """Write one folder a plan.

        Raises:
            InputError: for a plan that is not of whole millimetres.
        """
        found = {}
        listed = plans(to_arrays(designs, self.variables))
        for i, plan in zip(designs[DESIGN].to_numpy().tolist(), listed, strict=True):
            if plan is None:
                raise InputError("plans of whole millimetres", f"others in plan {i}")
            place = folder / f"plan_{i:05d}"
            place.mkdir(parents=True, exist_ok=True)
            (place / IFC).write_text(self.ifc(plan), encoding="ascii")
            for name, content in self.drawings(plan).items():
                (place / name).write_text(content, encoding="utf-8")
            found[i] = place
        return found

    def drawings(self, plan: BuildingPlan) -> Mapping[str, str]:
        """Return the drawings of a plan by file name."""
        return {DXF: dxf(self.spaces, plan), GEOJSON: geojson(self.spaces, plan, self.plot)}

    def read(self, path: Path) -> xr.Dataset:
        """Read a plan, all plans of a folder, or a model alone.

        Raises:
            InputError: for a model that is no plan of this brief, or drawings of another plan.
        """
        if path.is_file():
            return self._dataset([self._model(path)], [_number(path.parent)])
        folders = [path] if (path / IFC).exists() else sorted(path.glob("plan_*"))
        if not folders:
            raise InputError("plans in folders, plan_00000", f"none in {path}")
        listed = [self._folder(place) for place in folders]
        numbers = [_number(place) for place in folders]
        return self._dataset(
            listed, numbers if len(set(numbers)) == len(numbers) else list(range(len(numbers)))
        )

    def _dataset(self, listed: list[BuildingPlan], numbers: list[int]) -> xr.Dataset:
        found = to_dataset(arrays_of(listed), self.variables, {})
        return found.assign_coords({DESIGN: np.array(numbers, dtype=np.int64)})

    def _model(self, path: Path) -> BuildingPlan:
        found = text_of(path, "an IFC4 model", most=MOST)
        return IfcReader(self.spaces, self.height_mm).plan(found)

    def _folder(self, place: Path) -> BuildingPlan:
        plan = self._model(place / IFC)
        wanted = self.drawings(plan)
        strange = sorted({p.name for p in place.iterdir()} - {IFC, *wanted})
        if strange:
            raise InputError(f"{IFC}, {', '.join(wanted)}, and nothing else", strange[0])
        for name, content in wanted.items():
            if text_of(place / name, "a drawing of the plan", most=MOST) != content:
                raise InputError(
                    f"{name} of the plan in {IFC}",
                    f"another drawing in {place}",
                    "Export it again.",
                )
        return plan


def _number(place: Path) -> int:
    word = place.name.rpartition("_")[2]
    return int(word) if word.isdecimal() else 0
