"""Files of controllers: C sources, and FMI 2.0 units for co-simulation."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Literal

import numpy as np
import torch
import xarray as xr

from ingenium.core.designs import DESIGN, to_arrays, to_dataset
from ingenium.core.errors import InputError
from ingenium.core.quantity import Variable
from ingenium.core.reading.archives import members
from ingenium.core.reading.files import text
from ingenium.domains.autonomy import fmi
from ingenium.domains.autonomy.compiled import CompiledLaws
from ingenium.domains.autonomy.engine import FILED, answered, laws
from ingenium.domains.autonomy.machines import NOMINAL, ControlledMachine
from ingenium.domains.autonomy.source import LawNumbers
from ingenium.operate.rollout import rollout

STEM = "controller"
MOST_BYTES = 200_000


@dataclass(frozen=True, eq=False)
class LawFiles:
    """Base class of both formats: numbers of designs, and responses of their compiled code."""

    machine: ControlledMachine
    variables: tuple[Variable, ...]
    labels: dict[str, Any]
    separate: ClassVar[Literal[True]] = True

    def numbers(self, designs: xr.Dataset) -> list[tuple[int, LawNumbers]]:
        """Return the numbers of each design, by its index."""
        law = laws(to_arrays(designs, self.variables), self.machine.wiring)
        index = designs[DESIGN].to_numpy().tolist()
        return [(i, LawNumbers.of(law, row)) for row, i in enumerate(index)]

    def designs(self, found: list[tuple[int, LawNumbers, str, str]]) -> xr.Dataset:
        """Build designs from index, numbers, name and source, with the compiled code's response."""
        columns = []
        for v, key in zip(self.variables, found[0][1].values, strict=True):
            rows = np.array([numbers.values[key] for _, numbers, _, _ in found])
            columns.append(torch.from_numpy(rows if v.dims else rows[:, 0]))
        index = np.array([i for i, *_ in found])
        designs = to_dataset(columns, self.variables, self.labels, index=index)
        return designs.assign({FILED: ((DESIGN, "period", "main"), self._response(found))})

    def _response(self, found: list[tuple[int, LawNumbers, str, str]]) -> np.ndarray:
        m, q = self.machine.wiring.senses.shape
        code = CompiledLaws.of({name: source for _, _, name, source in found}, q, m)
        at = np.full(len(found), NOMINAL)
        with np.errstate(over="ignore", invalid="ignore"):
            trajectory = rollout(self.machine.bench, code, at, self.machine.load_period)
        y: np.ndarray = answered(self.machine, trajectory)
        whole: np.ndarray = np.nan_to_num(y, nan=1e9, posinf=1e9, neginf=-1e9)
        return whole

    def read_source(self, source: str, stem: str, where: str) -> tuple[int, LawNumbers, str, str]:
        """Parse index, numbers, name and source of one text."""
        tail = stem.removeprefix(f"{STEM}_")
        name = stem if stem.startswith(f"{STEM}_") and tail.isdecimal() else f"{STEM}_0"
        numbers = LawNumbers.read(source, name, self.machine.wiring, where)
        return int(tail) if tail.isdecimal() else 0, numbers, name, source


@dataclass(frozen=True, eq=False)
class CSources(LawFiles):
    """C format: `controller_000012.c` for each design."""

    name: ClassVar[str] = "c-source"
    endings: ClassVar[tuple[str, ...]] = (".c",)

    def write(self, designs: xr.Dataset, folder: Path) -> dict[int, Path]:
        """Write one file for each design."""
        paths = {}
        for index, numbers in self.numbers(designs):
            paths[index] = folder / f"{STEM}_{index:06d}.c"
            paths[index].write_text(numbers.text(f"{STEM}_{index:06d}", self.machine.wiring))
        return paths

    def read(self, path: Path) -> xr.Dataset:
        """Read one or a folder of them, compile them, and run each on the nominal machine.

        Raises:
            InputError: for any text other than our source around numbers.
        """
        files = _files(path, ".c")
        what = "the C source of a control law"
        own = [(p, text(p, what, most=MOST_BYTES)) for p in files]
        return self.designs([self.read_source(t, p.stem, str(p)) for p, t in own])


@dataclass(frozen=True, eq=False)
class Units(LawFiles):
    """FMU format: `controller_000012.fmu` for each design, with source and local binary."""

    name: ClassVar[str] = "fmu"
    endings: ClassVar[tuple[str, ...]] = (".fmu",)

    def write(self, designs: xr.Dataset, folder: Path) -> dict[int, Path]:
        """Write one file for each design."""
        paths = {}
        for index, numbers in self.numbers(designs):
            stem = f"{STEM}_{index:06d}"
            source = numbers.text(stem, self.machine.wiring)
            paths[index] = folder / f"{stem}.fmu"
            paths[index].write_bytes(fmi.unit(stem, source, self.machine.wiring))
        return paths

    def read(self, path: Path) -> xr.Dataset:
        """Read one or a folder of them; the binary must equal that of the source here.

        Raises:
            InputError: for a unit with a part that is not ours.
        """
        found = []
        for file in _files(path, ".fmu"):
            parts = members(file, "a unit of FMI")
            law = f"sources/{file.stem}.c"
            names = [n for n in parts if n.startswith(f"sources/{STEM}_") and n.endswith(".c")]
            if len(names) != 1:
                raise InputError(f"a unit with {law}", f"{file}, which holds no control law")
            stem = Path(names[0]).stem
            source = parts[names[0]].decode("utf-8", errors="replace")
            one = self.read_source(source, stem, str(file))
            whole = fmi.parts(stem, source, self.machine.wiring)
            odd = sorted(k for k in {*whole, *parts} if whole.get(k) != parts.get(k))
            if odd:
                raise InputError(
                    "a unit whose every part is what its control law gives with this compiler",
                    f"another {odd[0]} in {file}",
                    "Export it again on this machine.",
                )
            found.append(one)
        return self.designs(found)


def _files(path: Path, ending: str) -> list[Path]:
    files = sorted(path.glob(f"*{ending}")) if path.is_dir() else [path]
    if not files or any(p.suffix != ending or not p.is_file() for p in files):
        raise InputError(f"a controller as {STEM}_000000{ending}, or a folder of them", str(path))
    return files
