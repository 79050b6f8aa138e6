"""Folder of a plan: 3MF of the oriented part, CLI and G-code of its vectors, traveller as CSV."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import ClassVar, Literal

import numpy as np
import torch
import xarray as xr

from ingenium.core.designs import DESIGN, to_dataset
from ingenium.core.errors import InputError
from ingenium.core.folders import write_atomic
from ingenium.core.quantity import Variable
from ingenium.core.reading.files import content, numbered, refusing, text
from ingenium.core.reading.tables import read_table
from ingenium.domains.printing.builds.hatching import REGIONS, ScanVectors
from ingenium.domains.printing.builds.plan import BuildPlan, Planner, PlanNumbers, plans
from ingenium.domains.printing.builds.verifier import BuildMaking
from ingenium.kits.solids.printing.files import write_3mf

CLI, GCODE, PART, TRAVELLER = "vectors.cli", "build.gcode", "part.3mf", "traveller.csv"
OUTPUTS = ("layers", "vectors", "scanned", "hours", "price")  # rows of a traveller that follow
ROWS = tuple(f"{r.replace('-', '_')}_{what}" for r in REGIONS for what in ("power", "speed"))


@dataclass(frozen=True, eq=False)
class BuildFolders:
    """One folder for each plan, `plan_00012`; every file in it must be that of its numbers.

    Source: Common Layer Interface, version 2.0 (ASCII, `$$HATCHES`); 3MF Core Specification 1.3;
        NIST RS274NGC interpreter, version 3, 2000 (G0, G1, F), with S for watts of the laser.
    """

    planner: Planner
    making: BuildMaking
    density_kg_m3: float
    variables: tuple[Variable, ...]
    name: ClassVar[str] = "build-folder"
    endings: ClassVar[tuple[str, ...]] = (".csv",)
    separate: ClassVar[Literal[True]] = True

    def write(self, designs: xr.Dataset, folder: Path) -> dict[int, Path]:
        """Write every plan below the folder."""
        paths = {}
        arrays = [torch.from_numpy(designs[v.name].to_numpy()) for v in self.variables]
        for i, numbers in zip(designs[DESIGN].to_numpy().tolist(), plans(*arrays), strict=True):
            if numbers is None:
                raise InputError("whole numbers of a plan", "NaN")
            paths[i] = folder / f"plan_{i:05d}"
            paths[i].mkdir(parents=True, exist_ok=True)
            for name, data in self.contents(numbers):
                write_atomic(paths[i] / name, data)
        return paths

    def contents(self, numbers: PlanNumbers) -> Iterator[tuple[str, bytes]]:
        """Yield name and content of each file of a plan."""
        plan = self.planner.plan(numbers)
        yield TRAVELLER, self.traveller(plan).encode()
        yield CLI, cli(plan).encode()
        yield GCODE, gcode(plan).encode()
        with TemporaryDirectory() as folder:
            write_3mf(plan.mesh, Path(folder) / PART)
            yield PART, (Path(folder) / PART).read_bytes()

    def traveller(self, plan: BuildPlan) -> str:
        """Return the sheet that goes with a build: its numbers, and what follows from them."""
        hours = float(self.making.seconds(plan).sum()) / 3600
        price = self.making.price(plan, hours, self.density_kg_m3)
        length = 1e-6 * plan.vectors.length_um.sum()
        rows = [f"{v.name},{x:.10g},{v.unit},{v.long_name.replace(',', ';')}"
                for v, x in zip(self.variables, plan.numbers, strict=True)]  # fmt: skip
        rows += [
            f"layers,{plan.layers},1,number of layers",
            f"vectors,{len(plan.vectors.layer)},1,number of scan vectors",
            f"scanned,{length:.3f},m,length of all vectors",
            f"hours,{hours:.4f},h,of the machine",
            f"price,{price:.2f},EUR,of the build",
        ]
        return "\n".join(["item,value,unit,meaning", *rows]) + "\n"

    def read(self, path: Path) -> xr.Dataset:
        """Read the plan of a folder, or all plans below it.

        Raises:
            InputError: for other files, or files that are not those of the plan.
        """
        own = path.parent if path.is_file() else path
        if (own / TRAVELLER).is_file():
            paths, index = [own], [_index(own)]
        else:
            paths, index = numbered(own, "plan_*", "folders of plans")
        rows = [self.checked(p) for p in paths]
        arrays = tuple(torch.tensor(c, dtype=torch.float64) for c in zip(*rows, strict=True))
        return to_dataset(arrays, self.variables, {}, index=np.array(index))

    def checked(self, folder: Path) -> PlanNumbers:
        """Return the numbers of a plan, if every file is the plan's own.

        Raises:
            InputError: naming the file, and the layer for vectors.
        """
        numbers = self._numbers(folder / TRAVELLER)
        plan = self.planner.plan(numbers)
        found = read_cli(folder / CLI, plan.hatch.layer_um)
        at = _other(found, plan.vectors)
        if at is not None:
            raise InputError(
                "the vectors of the plan in its traveller, under [setup]",
                f"other ones from layer {at + 1} of {folder.name}/{CLI}",
                "Write the plan anew, or give the [setup] and the part that it was written under.",
            )
        extra = {p.name for p in folder.iterdir()} - {CLI, GCODE, PART, TRAVELLER}
        if extra:
            raise InputError("the four files of a plan", f"{sorted(extra)[0]} in {folder.name}")
        for name, due in self.contents(numbers):
            if content(folder / name, f"{name} of a plan") != due:
                raise InputError(
                    f"{name} of the plan in its traveller", f"another in {folder.name}",
                    "Write the plan anew, or give the [setup] that it was written under.",
                )  # fmt: skip
        return numbers

    def _numbers(self, path: Path) -> PlanNumbers:
        what = f"the traveller of a plan, {TRAVELLER}"
        table = read_table(path, what, delimiter=",", exact=True)
        with refusing(what, path):
            items, values = table.texts("item"), table.numbers("value")
        names = [v.name for v in self.variables]
        if items != [*names, *OUTPUTS]:
            raise InputError(f"{what} with the rows {', '.join([*names, *OUTPUTS])}",
                             f"{', '.join(items)[:200]} in {path.name}")  # fmt: skip
        for v, x in zip(self.variables, values, strict=False):
            low, high = float(v.lower or 0.0), float(v.upper or 0.0)
            if not low <= x <= high:
                raise InputError(f"{v.name} from {low:g} to {high:g} {v.unit}", f"{x:g}")
        return PlanNumbers(*(float(x) for x in values[: len(names)]))


def _index(folder: Path) -> int:
    tail = folder.name.rpartition("_")[2]
    return int(tail) if tail.isascii() and tail.isdigit() and len(tail) < 9 else 0


def cli(plan: BuildPlan) -> str:
    """Return the vectors as ASCII CLI, in micrometres."""
    vectors, layer_um = plan.vectors, plan.hatch.layer_um
    x, y, z = (f"{1e6 * s:.0f}" for s in plan.mesh.extents)
    out = ["$$HEADERSTART", "$$ASCII", "$$UNITS/0.001", "$$VERSION/200",
           *(f"$$LABEL/{i + 1},{name}" for i, name in enumerate(REGIONS)),
           f"$$DIMENSION/0,0,0,{x},{y},{z}", f"$$LAYERS/{plan.layers:06d}", "$$HEADEREND",
           "$$GEOMETRYSTART"]  # fmt: skip
    key = vectors.layer * len(REGIONS) + vectors.region
    ends = np.searchsorted(key, np.arange(plan.layers * len(REGIONS) + 1))
    for h in range(plan.layers):
        out.append(f"$$LAYER/{(h + 1) * layer_um:.0f}")
        for r in range(len(REGIONS)):
            a, b = ends[h * len(REGIONS) + r : h * len(REGIONS) + r + 2]
            if b > a:
                numbers = ",".join(map(str, vectors.ends_um[a:b].ravel().tolist()))
                out.append(f"$$HATCHES/{r + 1},{b - a},{numbers}")
    return "\n".join([*out, "$$GEOMETRYEND", ""])


def read_cli(path: Path, layer_um: float) -> ScanVectors:
    """Read the hatches of an ASCII CLI in micrometres, with layers of one thickness.

    Raises:
        InputError: for another file, a unit that is not 0.001 mm, or hatches with odd numbers.
    """
    what = "an ASCII CLI of hatches in $$UNITS/0.001"
    found = text(path, what, most=1_000_000_000).splitlines()
    if "$$ASCII" not in found[:3] or "$$UNITS/0.001" not in found[:4]:
        raise InputError(what, f"another head in {path.name}")
    layer, counts, regions, ends = -1, [], [], []
    layers: list[int] = []
    with refusing(what, path):
        for line in found[found.index("$$GEOMETRYSTART") + 1 : found.index("$$GEOMETRYEND")]:
            kind, _, rest = line.partition("/")
            if kind == "$$LAYER":
                layer += 1
                if not rest.isdigit() or int(rest) != round((layer + 1) * layer_um):
                    raise InputError(f"layers of {layer_um:g} µm", f"{line[:60]} in {path.name}")
                continue
            words = rest.split(",")
            if kind != "$$HATCHES" or layer < 0 or words[0] not in ("1", "2", "3"):
                raise InputError(what, f"{line[:60]} in {path.name}")
            if int(words[1]) * 4 != len(words) - 2:
                raise InputError(f"{4 * int(words[1])} numbers of hatches", f"{len(words) - 2}")
            layers.append(layer)
            regions.append(int(words[0]) - 1)
            counts.append(int(words[1]))
            ends.append(np.array(words[2:], dtype=np.int64).reshape(-1, 4))
    if not ends:
        raise InputError(what, f"no hatches in {path.name}")
    return ScanVectors(np.repeat(np.array(layers, np.int64), counts),
                   np.repeat(np.array(regions, np.int8), counts), np.concatenate(ends))  # fmt: skip


def _other(found: ScanVectors, due: ScanVectors) -> int | None:
    """The first layer with other vectors."""
    if len(found.layer) == len(due.layer):
        off = (found.layer != due.layer) | (found.region != due.region)
        off |= (found.ends_um != due.ends_um).any(1)
        return int(found.layer[off.argmax()]) if off.any() else None
    n = min(len(found.layer), len(due.layer))
    off = (found.layer[:n] != due.layer[:n]) | (found.ends_um[:n] != due.ends_um[:n]).any(1)
    return int(found.layer[off.argmax()] if off.any() else found.layer[n - 1])


def gcode(plan: BuildPlan) -> str:
    """Return the vectors as G-code: S in W, F in mm/min, the plate lowered by Z."""
    n, vectors = plan.numbers, plan.vectors
    laser = [(n.power_w, n.speed_m_s), (n.skin_power_w, n.skin_speed_m_s), (n.power_w, n.speed_m_s)]
    out = ["; ingenium, laser powder bed fusion", "G21 ; millimetres", "G90 ; absolute places"]
    ends = np.searchsorted(vectors.layer, np.arange(plan.layers + 1))
    for h in range(plan.layers):
        a, b = ends[h : h + 2]
        out.append(f";LAYER:{h}\nG0 Z{1e-3 * (h + 1) * plan.hatch.layer_um:.3f}")
        before = -1
        rows = zip(vectors.region[a:b].tolist(), (1e-3 * vectors.ends_um[a:b]).tolist(),
                   strict=True)  # fmt: skip
        for region, (x0, y0, x1, y1) in rows:
            power, speed = laser[region]
            head = f" S{power:.0f} F{6e4 * speed:.0f}" if region != before else ""
            out.append(f"G0 X{x0:.3f} Y{y0:.3f}\nG1 X{x1:.3f} Y{y1:.3f}{head}")
            before = region
    return "\n".join([*out, "M5", ""])
