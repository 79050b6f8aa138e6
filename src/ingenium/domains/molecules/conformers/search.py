"""Reference search for all low conformers of a molecule, evaluated by GFN2-xTB.

Half of the starts are by ETKDG, half have random torsions, so that conformers outside the range of
ETKDG are found too. All are relaxed by MMFF94; the lowest distinct ones get their energy by
GFN2-xTB, or are relaxed by it. It is a substitute for CREST, and only finds ring conformations that
distance geometry produces.

Source: Pracht, Bohle and Grimme, Phys. Chem. Chem. Phys. 22:7169, 2020 (CREST: 6 kcal/mol window,
    conformers that differ by 0.125 angstrom or 0.05 kcal/mol).
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Literal

import numpy as np
import torch
from jaxtyping import Float
from rdkit import Chem

from ingenium.core.errors import EngineError
from ingenium.core.problem import Watch, silent
from ingenium.core.recipe import Arrays, Recipe
from ingenium.domains.molecules.conformers import electrons, forces
from ingenium.domains.molecules.conformers.likeness import Likeness
from ingenium.domains.molecules.conformers.requested_molecule import molecule
from ingenium.domains.molecules.conformers.shape import Shape
from ingenium.domains.molecules.conformers.torsions import Torsions
from ingenium.kits.chemistry.packages import release_of

Level = Literal["mmff", "gfn2"]  # method that relaxes
SAME_ANGSTROM, SAME_KCAL = 0.125, 0.05
BROKEN = 0.2  # relative change of a bond's length from which it counts as broken or changed
PIECE = 8  # conformers per GFN2-xTB batch between two opportunities to stop


@dataclass(frozen=True)
class ConformerSearch:
    """Extent of a search."""

    starts: int = 100
    level: Level = "mmff"
    window_kcal: float = 6.0  # of GFN2-xTB above the lowest
    ahead_kcal: float = 10.0  # of MMFF94 above the lowest, for conformers that GFN2-xTB evaluates
    most: int = 30  # conformers that GFN2-xTB evaluates
    seed: int = 0


@dataclass(frozen=True)
class ConformerEnsemble:
    """Distinct conformers, lowest first.

    Shapes: r conformers, a atoms.
    """

    position: Float[np.ndarray, "r a 3"]  # angstrom
    gfn2_kcal: Float[np.ndarray, " r"]
    mmff_kcal: Float[np.ndarray, " r"]


def searched(smiles: str, how: ConformerSearch, watch: Watch = silent) -> ConformerEnsemble:
    """Return the low conformers of a molecule, from the cache if they were searched before.

    Structures that became another molecule, for example by proton transfer, are left out.

    Raises:
        EngineError: if no structure is left.
    """
    under = [smiles, asdict(how), release_of("rdkit"), release_of("tblite")]
    mol = molecule(smiles)
    first = Recipe("starts", under, lambda _: _starts(mol, how)).complete(watch)["position"]

    def judged(piece: int) -> Arrays:
        return _judged(mol, first[piece * PIECE : (piece + 1) * PIECE], how)

    joined = Recipe("conformers", under, judged, -(-len(first) // PIECE)).complete(watch)
    same = Shape.of(mol, first[0]).stretch(joined["position"]) <= BROKEN
    if not same.any():
        raise EngineError(f"{smiles} becomes another molecule when GFN2-xTB relaxes it")
    return _lowest(mol, {name: array[same] for name, array in joined.items()}, how)


def spun(
    mol: Chem.Mol, position: Float[np.ndarray, "n a 3"], rng: torch.Generator
) -> Float[np.ndarray, "n a 3"]:
    """Return conformers with random torsions."""
    torsions = Torsions.of(mol)
    size = (len(position), len(torsions.quartets))
    by = 2 * torch.pi * torch.rand(size, generator=rng, dtype=torch.float64)
    return np.asarray(torsions.turned(torch.from_numpy(position), by))


def _starts(mol: Chem.Mol, how: ConformerSearch) -> dict[str, np.ndarray]:
    """Distinct minima of the force field, lowest first."""
    local = forces.embedded(mol, how.starts // 2, how.seed + 1)
    turned = spun(mol, local, torch.Generator().manual_seed(how.seed))
    position, energy = forces.relaxed(mol, np.concatenate([local, turned]))
    low = np.argsort(energy, kind="stable")
    low = low[energy[low] <= energy[low[0]] + how.ahead_kcal]
    return {"position": position[low[distinct(mol, position[low], energy[low], how.most)]]}


def _judged(mol: Chem.Mol, position: np.ndarray, how: ConformerSearch) -> Arrays:
    """Energies of conformers by both methods, after relaxation if requested."""
    if how.level == "gfn2":
        position = np.array([electrons.relaxed(mol, x)[0] for x in position])
    return {
        "position": position,
        "gfn2": electrons.energies(mol, position),
        "mmff": forces.energies(mol, position),
    }


def _lowest(
    mol: Chem.Mol, joined: Mapping[str, np.ndarray], how: ConformerSearch
) -> ConformerEnsemble:
    energy = np.where(np.isfinite(joined["gfn2"]), joined["gfn2"], np.inf)
    low = np.argsort(energy, kind="stable")
    low = low[energy[low] <= energy[low[0]] + how.window_kcal]
    low = low[distinct(mol, joined["position"][low], energy[low], len(low))]
    return ConformerEnsemble(joined["position"][low], energy[low], joined["mmff"][low])


def distinct(
    mol: Chem.Mol,
    position: Float[np.ndarray, "n a 3"],
    energy: Float[np.ndarray, " n"],
    most: int,
) -> np.ndarray:
    """Select, from low energy to high, conformers that differ in shape or energy."""
    alike, taken = Likeness.of(mol), list[int]()
    for i in range(len(position)):  # each depends on the previous ones
        close = [j for j in taken if energy[i] - energy[j] < SAME_KCAL]
        if close and alike.between(position[i : i + 1], position[close]).min() < SAME_ANGSTROM:
            continue
        taken.append(i)
        if len(taken) == most:
            break
    return np.asarray(taken, dtype=np.int64)
