"""CIF and POSCAR files of crystals: all atoms of the conventional cell, read back as atoms.

The symmetry stated in a file is not trusted: its atoms must match a space group, letters and
elements of the problem, or it is refused.
"""

import warnings
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import torch
import xarray as xr

from ingenium.core.designs import DESIGN, to_arrays, to_dataset
from ingenium.core.errors import InputError
from ingenium.core.quantity import Variable
from ingenium.core.reading.files import check_numbers, lines, refusing
from ingenium.core.text import codes, texts
from ingenium.domains.matter.charges import check
from ingenium.domains.matter.cif_words import check_words
from ingenium.domains.matter.identity import identified
from ingenium.domains.matter.packages import package
from ingenium.domains.matter.potential import Crystal
from ingenium.domains.matter.results import rounded
from ingenium.domains.matter.wyckoff import ANGSTROM, Wyckoff

STEM = "crystal_"
LARGEST, MOST_LINES = 100_000, 500  # bytes and lines of a file of a few atoms
HEAD = 8  # lines of a POSCAR above its places


@dataclass(frozen=True)
class CrystalFile(ABC):
    """Base class of both formats."""

    listed: Mapping[str, tuple[str, ...]]  # texts of the problem
    variables: tuple[Variable, ...]
    wide: int  # free coordinates of a design
    name: ClassVar[str]
    endings: ClassVar[tuple[str, ...]]

    def write(self, designs: xr.Dataset, folder: Path) -> dict[int, Path]:
        """Write `crystal_000000.cif` and so on."""
        paths = {}
        made = crystals(to_arrays(designs, self.variables))
        for crystal, index in zip(made, designs[DESIGN].to_numpy().tolist(), strict=True):
            if crystal is None:
                raise InputError("crystals", f"another text as design {index}", "Leave it out.")
            paths[int(index)] = folder / f"{STEM}{index:06d}{self.endings[0]}"
            paths[int(index)].write_text(self.text(rounded(crystal)))
        return paths

    @abstractmethod
    def text(self, crystal: Crystal) -> str:
        """The content of a file."""

    @abstractmethod
    def structure(self, text: str) -> Any:
        """The atoms of a file, for pymatgen."""

    def read(self, path: Path) -> xr.Dataset:
        """Read a file, or a folder of such files.

        Raises:
            InputError: for an invalid file, partial occupancy, overlapping atoms, charges that do
                not balance, or atoms of no listed crystal.
        """
        files = sorted(path.glob(f"*{self.endings[0]}")) if path.is_dir() else [path]
        if not files:
            raise InputError(f"crystals as {self.name}", f"none in {path}", "Name the file.")
        found = [self._one(file) for file in files]
        stems = [file.stem.removeprefix(STEM) for file in files]
        index = [int(s) if s.isdecimal() else i for i, s in enumerate(stems)]
        return to_dataset(
            arrays(found, self.variables, self.wide), self.variables, {}, index=np.array(index)
        )

    def _one(self, file: Path) -> Crystal:
        what = f"a crystal as {self.name}"
        rows = lines(file, what, most=LARGEST)
        if len(rows) > MOST_LINES:
            reported = f"{len(rows)} in {file}"
            raise InputError(f"{what} of at most {MOST_LINES} lines", reported, "Write one cell.")
        with refusing(what, file), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            check_numbers("\n".join(rows), what, file)
            structure = self.structure("\n".join(rows))
        if not structure.is_ordered:
            raise InputError(
                "one element at each place", f"partial occupancy in {file}", "Choose one of them."
            )
        check(
            {e.symbol: int(n) for e, n in structure.composition.items()}
            if all(hasattr(e, "symbol") for e in structure.composition)
            else {}
        )
        return rounded(identified(structure, self.listed, str(file)))


class Cif(CrystalFile):
    """CIF with the operations of the group and one atom of each orbit."""

    name: ClassVar[str] = "cif"
    endings: ClassVar[tuple[str, ...]] = (".cif",)

    def text(self, crystal: Crystal) -> str:
        sites, group = crystal.sites, crystal.sites.group
        edges = crystal.edges_m / ANGSTROM
        gamma = 120 if group.hexagonal else 90
        rows = [
            f"{element}{k} {element} {letter} " + " ".join(f"{x:.6f}" for x in point)
            for k, ((element, letter), point) in enumerate(
                zip(sites.orbits, sites.first_points(crystal.free), strict=True), 1
            )
        ]
        return "\n".join(
            [
                "data_" + "".join(f"{e}{n if n > 1 else ''}" for e, n in sites.reduced.items()),
                f"_symmetry_space_group_name_H-M '{group.symbol}'",
                f"_symmetry_Int_Tables_number {group.number}",
                *(f"_cell_length_{k} {x:.4f}" for k, x in zip("abc", edges, strict=True)),
                "_cell_angle_alpha 90",
                "_cell_angle_beta 90",
                f"_cell_angle_gamma {gamma}",
                "loop_",
                " _symmetry_equiv_pos_as_xyz",
                *(f" '{operation}'" for operation in group.operations_xyz),
                "loop_",
                *(f" _atom_site_{k}" for k in ("label", "type_symbol", "Wyckoff_symbol")),
                *(f" _atom_site_fract_{k}" for k in "xyz"),
                *(" " + row for row in rows),
                "",
            ]
        )

    def structure(self, text: str) -> Any:
        parser = package("pymatgen.io.cif").CifParser.from_str(text, occupancy_tolerance=1.0)
        (structure,) = parser.parse_structures(primitive=False)
        check_words(text, structure)
        return structure


class Poscar(CrystalFile):
    """POSCAR of the conventional cell, as VASP reads it."""

    name: ClassVar[str] = "poscar"
    endings: ClassVar[tuple[str, ...]] = (".vasp",)

    def text(self, crystal: Crystal) -> str:
        cell = crystal.sites.cell_m(crystal.edges_m) / ANGSTROM
        elements, points = crystal.sites.conventional(crystal.free)
        kinds = list(crystal.sites.formula)
        order = [k for e in kinds for k, own in enumerate(elements) if own == e]
        return "\n".join(
            [
                crystal.sites.text,
                "1.0",
                *(" ".join(f"{x:.9f}" for x in row) for row in cell),
                " ".join(kinds),
                " ".join(str(elements.count(e)) for e in kinds),
                "Direct",
                *(" ".join(f"{x:.9f}" for x in points[k]) for k in order),
                "",
            ]
        )

    def structure(self, text: str) -> Any:
        found = package("pymatgen.io.vasp").Poscar.from_str(text)
        rows = text.split("\n")
        own = HEAD + bool(found.selective_dynamics) + len(found.structure)
        beyond = [row for row in rows[own:] if any(word.strip("0.E+-") for word in row.split())]
        if beyond:  # velocities of 0 may follow
            raise InputError("one crystal in a file, at rest", beyond[0][:60], "Take out the rest.")
        return found.structure

    def _one(self, file: Path) -> Crystal:
        """Read one file; also refuses a header of ours that describes another crystal."""
        found = super()._one(file)
        said = lines(file, "a crystal as POSCAR", most=LARGEST)[0].strip()
        if said != found.sites.text and _known(said):
            raise InputError(f"{found.sites.text} above its atoms", f"{said} in {file}")
        return found


def _known(text: str) -> bool:
    """Return True if a text describes a crystal."""
    try:
        return bool(Wyckoff.of(text))
    except InputError:
        return False


def crystals(batch: tuple[torch.Tensor, ...]) -> list[Crystal | None]:
    """Build crystals from the arrays of the variables; None for an invalid text."""
    words, edges, free = batch
    rows = zip(texts(words, name="crystal"), edges.numpy(), free.numpy(), strict=True)
    return [_crystal(text, edge, own) for text, edge, own in rows]


def _crystal(text: str, edges_m: np.ndarray, free: np.ndarray) -> Crystal | None:
    try:
        sites = Wyckoff.of(text)
    except InputError:
        return None
    return Crystal(sites, sites.tied(edges_m), free) if sites.free <= len(free) else None


def arrays(
    found: Sequence[Crystal], variables: tuple[Variable, ...], wide: int
) -> tuple[torch.Tensor, ...]:
    """Build the arrays of some crystals; coordinates beyond those of a type are 0."""
    longest = variables[0].longest or 0
    free = np.zeros((len(found), wide))
    for row, c in zip(free, found, strict=True):
        row[: c.sites.free] = c.free[: c.sites.free]
    return (
        codes([c.sites.text for c in found], longest, name="crystal"),
        torch.from_numpy(np.stack([c.edges_m for c in found])),
        torch.from_numpy(free),
    )
