"""Verifier of crystals: spglib and CHGNet first, then pw.x for those that pass.

The distance from the hull is the larger of two: that from the two binaries into which the crystal
decomposes, both computed by pw.x, and that from the lowest structure type of the same formula, by
CHGNet alone, whose errors mostly cancel between types. Each is a quantity of its own. The gap is
computed before the binaries, which take several runs where it takes one.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from ingenium.core.quantity import Quantity
from ingenium.domains.matter import (
    espresso,
    phases,
    potential,
    powder,
    results,
    second_potential,
    symmetry,
)
from ingenium.domains.matter.charges import known
from ingenium.domains.matter.espresso import RELEASE, GroundState, NoAnswer
from ingenium.domains.matter.files import crystals
from ingenium.domains.matter.gap import GapEstimate
from ingenium.domains.matter.identity import CLOSEST, closest
from ingenium.domains.matter.packages import release_of
from ingenium.domains.matter.potential import Crystal
from ingenium.domains.matter.results import PlaneWaveRun, rounded

Part = Literal["matched", "screened", "lowest", "seconded", "gapped", "computed"]
BY_PW: tuple[Part, ...] = ("gapped", "computed")
ALL: tuple[Part, ...] = ("screened", "lowest", *BY_PW)
SYMPREC = 0.1  # angstrom: atoms within it of a higher group belong to that
SCREENED = (
    Quantity("closest", "1", "least distance of two ions over the sum of their radii"),
    Quantity(
        "symmetry_preserved", "1", "1 where the atoms have the group that is written, and no other"
    ),
    Quantity(
        "screened_hull", "eV", "energy of an atom above the two binaries, by CHGNet", rounding=1e-6
    ),
    Quantity("gap_estimate", "eV", "a guess of the gap from known ones", rounding=1e-9),
)
LOWEST = (
    Quantity(
        "polymorph",
        "eV",
        "energy of an atom above the lowest type of the same formula, by CHGNet",
        rounding=1e-6,
        expensive=True,
    ),
)
SECONDED = (
    Quantity(
        "second_hull",
        "eV",
        "energy of an atom above the two binaries, by SevenNet",
        rounding=1e-5,
        expensive=True,
    ),
)
GAPPED = (
    Quantity("band_gap", "eV", "gap of Kohn and Sham by PBE, without spin-orbit", expensive=True),
    Quantity("pressure", "Pa", "pressure of the cell by PBE", shown="GPa", expensive=True),
)
COMPUTED = (
    Quantity(
        "decomposition", "eV", "energy of an atom above the two binaries, by PBE", expensive=True
    ),
    Quantity(
        "hull_distance",
        "eV",
        "energy of an atom above the hull: the larger of decomposition and polymorph, at least 0",
        expensive=True,
    ),
)
QUANTITIES: Mapping[Part, tuple[Quantity, ...]] = {
    "matched": (powder.MISFIT,),
    "screened": SCREENED,
    "lowest": LOWEST,
    "seconded": SECONDED,
    "gapped": GAPPED,
    "computed": COMPUTED,
}


@dataclass(frozen=True, eq=False)
class CrystalVerifier:
    """Verifier by CHGNet, and by pw.x at a cutoff."""

    cutoff_ry: float
    processes: int
    gaps: GapEstimate
    parts: tuple[Part, ...] = ALL
    name: str = "pw.x"
    tier: Literal["cheap", "exact"] = "exact"
    wanted: powder.Profile | None = None  # the powder pattern that was given, if one was

    @property
    def version(self) -> str:
        """Versions of the programs, and their settings."""
        own = f"chgnet {potential.version()}, spglib {release_of('spglib')}"
        if "seconded" in self.parts:
            own = f"{own}, sevenn {second_potential.version()}"
        if not set(BY_PW) & set(self.parts):
            return own
        return f"{RELEASE} PBE SSSP 1.3.0 {self.cutoff_ry:g} Ry protocol {results.PROTOCOL}, {own}"

    @property
    def quantities(self) -> tuple[Quantity, ...]:
        """Quantities of its parts."""
        return tuple(q for part in self.parts for q in QUANTITIES[part])

    def only(self, names: Collection[str]) -> "CrystalVerifier":
        """Return the verifier of only the parts that measure these quantities."""
        requested = [p for p in self.parts if {q.name for q in QUANTITIES[p]} & set(names)]
        return replace(self, parts=tuple(requested))

    def measure(self, *arrays: Tensor) -> Float[Tensor, "n k"]:
        """Measure all quantities; NaN for overlap, unbalanced charges or no convergence."""
        made = crystals(arrays)
        sound = [k for k, c in enumerate(made) if c is not None and _sound(c)]
        out = np.full((len(made), len(self.quantities)), np.nan)
        some = [rounded(c) for k in sound if (c := made[k]) is not None]
        each = {
            "matched": self._matched,
            "screened": self._screened,
            "lowest": self._lowest,
            "seconded": self._seconded,
            "gapped": self._gapped,
            "computed": self._computed,
        }
        out[sound] = np.concatenate([each[part](some) for part in self.parts], 1)
        return torch.from_numpy(out)

    def explain(self, *arrays: Tensor) -> list[str]:
        """Return why each crystal has no answer: overlapping atoms, charges, or what pw.x said."""
        asks = {"gapped", "computed"} & set(self.parts)
        absent = (espresso.absent() or "") if asks else ""
        reported = []
        for c in crystals(arrays):
            if c is None:
                reported.append("its sites make no crystal of that space group")
            elif not _sound(c):
                reported.append("atoms overlap, or it is no perovskite of known elements")
            else:
                answer = results.known(PlaneWaveRun(rounded(c), self.cutoff_ry))
                reported.append(answer.reason if isinstance(answer, NoAnswer) else absent)
        return reported

    def _matched(self, made: Sequence[Crystal]) -> Float[np.ndarray, "n 1"]:
        seen: dict[str, float] = {}  # copies of one crystal have one pattern
        for c in made:
            key = PlaneWaveRun(c, 0.0).key
            if self.wanted is not None and key not in seen:
                seen[key] = powder.misfit(powder.profile(c), self.wanted)
        rows = [seen.get(PlaneWaveRun(c, 0.0).key, np.nan) for c in made]
        return np.array(rows, dtype=np.float64).reshape(-1, 1)

    def _screened(self, made: Sequence[Crystal]) -> Float[np.ndarray, "n 4"]:
        rows = [
            (
                closest(c.structure()),
                float(preserves_group(c)),
                _energy(c) - phases.screened(c.sites.reduced),
                float(self.gaps.ev([c])[0]),
            )
            for c in made
        ]
        return np.array(rows, dtype=np.float64).reshape(-1, len(SCREENED))

    def _lowest(self, made: Sequence[Crystal]) -> Float[np.ndarray, "n 1"]:
        lowest = [phases.perovskites(*c.sites.reduced)[0].energy_ev for c in made]
        above = np.array([_energy(c) for c in made]) - np.array(lowest)
        found: np.ndarray = np.maximum(above, 0.0)  # NaN stays: it is no answer
        return found.reshape(-1, 1)

    def _seconded(self, made: Sequence[Crystal]) -> Float[np.ndarray, "n 1"]:
        rows = [second_potential.above_ev(c) for c in made]
        return np.array(rows, dtype=np.float64).reshape(-1, 1)

    def _solved(self, made: Sequence[Crystal]) -> list[GroundState | NoAnswer]:
        return results.solve([PlaneWaveRun(c, self.cutoff_ry) for c in made], self.processes)

    def _gapped(self, made: Sequence[Crystal]) -> Float[np.ndarray, "n 2"]:
        rows = np.full((len(made), len(GAPPED)), np.nan)
        for row, answer in zip(rows, self._solved(made), strict=True):
            if isinstance(answer, GroundState):
                row[:] = answer.gap_ev, answer.pressure_pa
        return rows

    def _computed(self, made: Sequence[Crystal]) -> Float[np.ndarray, "n 2"]:
        higher = self._lowest(made)[:, 0]
        rows = np.full((len(made), len(COMPUTED)), np.nan)
        for row, crystal, answer, lowest in zip(
            rows, made, self._solved(made), higher, strict=True
        ):
            if isinstance(answer, GroundState):
                formula = crystal.sites.reduced
                parts = phases.computed(formula, self.cutoff_ry, self.processes)
                above = answer.energy_ev / crystal.atoms - parts
                row[:] = above, np.max([above, lowest, 0.0])
        return rows


def _energy(crystal: Crystal) -> float:
    """Energy per atom in eV, by CHGNet on this crystal alone: a batch changes the last digits."""
    (found,) = potential.slopes([crystal])
    return np.nan if found is None else found.energy_ev / crystal.atoms


def _sound(crystal: Crystal) -> bool:
    """Return True if engines can run: a neighbour list crashes the process on NaN."""
    formula = crystal.sites.reduced
    numbers = np.concatenate([crystal.edges_m, crystal.free])
    return (
        bool(np.isfinite(numbers).all())
        and bool((crystal.edges_m > 0).all())
        and list(formula.values()) == [1, 1, 3]
        and known(list(formula))
        and closest(crystal.structure()) > CLOSEST
    )


def preserves_group(crystal: Crystal) -> bool:
    """Return True if a primitive cell has exactly the group of the text, and no higher one."""
    found = symmetry.found(crystal.structure(), SYMPREC)
    same = found is not None and found.number == crystal.sites.group.number
    return same and len(np.unique(found.mapping_to_primitive)) == crystal.atoms
