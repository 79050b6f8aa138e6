"""The recipe of the starting materials of routes.

Molecules of the training split of MOSES are split by reactions that join or close, and the parts
again; a part counts once for each molecule that leaves it. The smallest compounds with a measured
solubility or hydration are blocks too, since somebody had them in a flask. Larger ones are drugs
and pesticides, which are products.
"""

import gzip
import sys
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import torch
from rdkit.Chem import Descriptors
from safetensors.torch import save

from ingenium.core.folders import write_atomic
from ingenium.domains.molecules.data import moses
from ingenium.domains.molecules.route.bonds import JOINING
from ingenium.domains.molecules.route.reaction import molecule
from ingenium.domains.molecules.route.rings import CLOSING
from ingenium.domains.molecules.route.stock import FILE, WEIGHTS
from ingenium.domains.molecules.route.table import REACTIONS
from ingenium.kits.chemistry.measurements import hydration, solubility
from ingenium.kits.chemistry.parsing import canonical, parsed
from ingenium.kits.chemistry.safety import DualUseScreen
from ingenium.kits.chemistry.zinc import sampled

MOLECULES = 20_000
MEASURED, FEW = 100, 10  # count of a compound of a measured set; its heavy atoms at most
FEWEST = 3  # molecules that must leave a part for it to count as a block
HEAVIEST, LARGEST = 250.0, 16  # g/mol and heavy atoms of a block
DEPTH = 2  # times that a molecule is split
VARIANTS = frozenset(  # of a reaction that leaves the same part in another form
    {
        "direct amidation over boric acid",
        "acylation with an acyl chloride",
        "acetylation of an amine",
        "aminolysis of a methyl ester",
        "acylation of a hydroxyl with an acyl chloride",
        "acetylation of a hydroxyl",
        "reductive amination over palladium",
        "alkylation of an amine by an alcohol over ruthenium",
        "ether from a phenol and an alcohol (Mitsunobu)",
        "Friedel-Crafts acylation",
        "addition of a Grignard reagent",
    }
)


TAKEN = tuple(r for r in (*JOINING, *CLOSING) if r.name not in VARIANTS)


@dataclass
class Count:
    """Number of molecules that leave each part, and that each reaction splits."""

    parts: Counter[str] = field(default_factory=Counter)
    reactions: Counter[str] = field(default_factory=Counter)
    _distance: dict[str, tuple[tuple[str, tuple[str, ...]], ...]] = field(default_factory=dict)

    def add(self, smiles: str) -> None:
        """Split a molecule, and its parts again."""
        found: set[str] = set()
        front = {smiles}
        self.reactions.update({name for name, _ in self._steps(smiles)})
        for _ in range(DEPTH):
            made = {r for s in front for _, reactants in self._steps(s) for r in reactants}
            front = made - found
            found |= made
        self.parts.update(found)

    def _steps(self, smiles: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """Reactions that yield a molecule, verified forward, each with its reactants."""
        if smiles not in self._distance:
            self._distance[smiles] = tuple(
                (r.name, reactants)
                for r in TAKEN
                for reactants in r.precursors(molecule(smiles))
                if r.makes(reactants, smiles)
            )
        return self._distance[smiles]


def small(smiles: str) -> bool:
    """True if a part is small enough to be a block."""
    mol = molecule(smiles)
    return bool(mol.GetNumHeavyAtoms() <= LARGEST and Descriptors.MolWt(mol) < HEAVIEST)


def counted(molecules: int) -> Count:
    """Count the parts of molecules."""
    count = Count()
    for i, smiles in enumerate(sampled(moses("train"), molecules)):  # a molecule each
        count.add(str(smiles))
        if i % 1000 == 0:
            print(i, len(count.parts), file=sys.stderr, flush=True)
    return count


def measured() -> set[str]:
    """Compounds with a measured solubility or hydration free energy."""
    listed = (*hydration().smiles, *solubility("train").smiles, *solubility("test").smiles)
    mols = [m for m in map(parsed, listed) if m is not None]
    return {canonical(m) for m in mols if m.GetNumHeavyAtoms() <= FEW and "." not in canonical(m)}


def make(folder: Path, *, molecules: int = MOLECULES) -> None:
    """Split molecules into the blocks of routes; write `blocks.smi.gz` and the weights."""
    count = counted(molecules)
    for smiles in measured():
        count.parts[smiles] = max(count.parts[smiles], MEASURED)
    screen = DualUseScreen()
    retained = sorted(
        (s, n)
        for s, n in count.parts.items()
        if n >= FEWEST and small(s) and not screen.refuses(molecule(s))
    )
    text = "".join(f"{s} {n}\n" for s, n in retained)
    content = gzip.compress(text.encode("ascii"), 9, mtime=0)
    write_atomic(folder / FILE.name, content)
    share = torch.tensor([count.reactions[r.name] for r in REACTIONS], dtype=torch.float32)
    write_atomic(folder / WEIGHTS.name, save({"count": share}))
    print(f"{len(retained)} blocks of {len(count.parts)} parts, {len(content)} bytes")
