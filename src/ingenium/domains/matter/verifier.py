"""What is measured of crystals, by whom: spglib and CHGNet at first, and pw.x where these allow it.

The distance from the hull is the larger of two: that from the two binaries into which the crystal
splits, both computed by pw.x, and that from the lowest structure type of the same formula, by
CHGNet alone, whose errors mostly cancel between types. Each is a quantity of its own.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from ingenium.core.quantity import Quantity
from ingenium.domains.matter import phases, potential, results
from ingenium.domains.matter.charges import balanced
from ingenium.domains.matter.espresso import RELEASE, GroundState
from ingenium.domains.matter.files import crystals
from ingenium.domains.matter.gap import GapEstimate
from ingenium.domains.matter.identity import closest
from ingenium.domains.matter.packages import package, release_of
from ingenium.domains.matter.potential import Crystal
from ingenium.domains.matter.results import Asked, rounded

Part = Literal["all", "screened", "computed"]
SYMPREC = 0.01  # angstrom
CLOSEST = 0.6  # of the sum of two radii: nearer ones are no crystal, and nothing is asked of them
SCREENED = (
    Quantity("closest", "1", "least distance of two ions over the sum of their radii"),
    Quantity("symmetry_kept", "1", "1 where the atoms have the group that is written, and no other"),
    Quantity(
        "screened_hull", "eV", "energy of an atom above the hull, by CHGNet alone", rounding=1e-6
    ),
    Quantity("gap_estimate", "eV", "a guess of the gap from known ones", rounding=1e-9),
    Quantity(
        "polymorph",
        "eV",
        "energy of an atom above the lowest type of the same formula, by CHGNet",
        rounding=1e-6,
    ),
)
COMPUTED = (
    Quantity("band_gap", "eV", "gap of Kohn and Sham by PBE, without spin-orbit", dear=True),
    Quantity(
        "decomposition", "eV", "energy of an atom above the two binaries, by PBE", dear=True
    ),
    Quantity(
        "hull_distance",
        "eV",
        "energy of an atom above the hull: the larger of decomposition and polymorph, at least 0",
        dear=True,
    ),
    Quantity("pressure", "Pa", "pressure of the cell by PBE", shown="GPa", dear=True),
)


@dataclass(frozen=True, eq=False)
class CrystalVerifier:
    """Crystals by CHGNet, and by pw.x at a cutoff."""

    cutoff_ry: float
    processes: int
    gaps: GapEstimate
    part: Part = "all"
    name: str = "pw.x"
    tier: Literal["cheap", "exact"] = "exact"

    @property
    def version(self) -> str:
        """Of the programs, and what sets them."""
        own = f"chgnet {potential.version()}, spglib {release_of('spglib')}"
        if self.part == "screened":
            return own
        return f"{RELEASE} PBE SSSP 1.3.0 {self.cutoff_ry:g} Ry protocol {results.PROTOCOL}, {own}"

    @property
    def quantities(self) -> tuple[Quantity, ...]:
        """Those of this part."""
        parts = {"all": SCREENED + COMPUTED, "screened": SCREENED, "computed": COMPUTED}
        return parts[self.part]

    def only(self, names: Collection[str]) -> "CrystalVerifier":
        """The part that measures them."""
        dear = {q.name for q in COMPUTED}
        part: Part = "all"
        if not dear & set(names):
            part = "screened"
        elif dear >= set(names):
            part = "computed"
        return replace(self, part=part)

    def measure(self, *arrays: Tensor) -> Float[Tensor, "n k"]:
        """All quantities; NaN for no crystal, overlapping atoms, charges that do not balance, or no convergence."""
        made = crystals(arrays)
        sound = [k for k, c in enumerate(made) if c is not None and _sound(c)]
        out = np.full((len(made), len(self.quantities)), np.nan)
        some = [rounded(c) for k in sound if (c := made[k]) is not None]
        # Crystals are looked at one by one: a batch would change the last digits of a network.
        light = np.array([self._screened(c) for c in some]).reshape(-1, len(SCREENED))
        parts = [] if self.part == "computed" else [light]
        if self.part != "screened":
            parts.append(self._computed(some, light[:, -1]))
        out[sound] = np.concatenate(parts, 1)
        return torch.from_numpy(out)

    def _screened(self, crystal: Crystal) -> list[float]:
        structure = crystal.structure()
        found = potential.slopes([crystal])[0]
        own = np.nan if found is None else found.energy_ev / crystal.atoms
        formula = crystal.sites.reduced
        above = own - phases.screened(formula)
        lowest = phases.perovskites(*formula)[0].energy_ev
        higher = max(0.0, own - lowest)
        return [
            closest(structure),
            float(_kept(crystal)),
            max(above, higher),
            float(self.gaps.ev([crystal])[0]),
            higher,
        ]

    def _computed(
        self, made: Sequence[Crystal], polymorph: Float[np.ndarray, " n"]
    ) -> Float[np.ndarray, "n 4"]:
        answers = results.solve([Asked(c, self.cutoff_ry) for c in made], self.processes)
        rows = np.full((len(made), len(COMPUTED)), np.nan)
        for row, crystal, answer, higher in zip(rows, made, answers, polymorph, strict=True):
            if isinstance(answer, GroundState):
                formula = crystal.sites.reduced
                parts = phases.computed(formula, self.cutoff_ry, self.processes)
                above = answer.energy_ev / crystal.atoms - parts
                row[:] = answer.gap_ev, above, max(above, higher, 0.0), answer.pressure_pa
        return rows


def _sound(crystal: Crystal) -> bool:
    formula = crystal.sites.reduced
    return (
        bool((crystal.edges_m > 0).all())
        and balanced(list(formula), list(formula.values())) is not None
        and list(formula.values()) == [1, 1, 3]
        and closest(crystal.structure()) > CLOSEST
    )


def _kept(crystal: Crystal) -> bool:
    """Whether the atoms have the group of the text, in a primitive cell, and no higher one."""
    cell = crystal.structure()
    spglib = package("spglib")
    atoms = (cell.lattice.matrix, cell.frac_coords, cell.atomic_numbers)
    found = spglib.get_symmetry_dataset(atoms, symprec=SYMPREC)
    same = found is not None and found.number == crystal.sites.group.number
    return same and len(np.unique(found.mapping_to_primitive)) == crystal.atoms
