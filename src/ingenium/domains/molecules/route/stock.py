"""Building blocks that count as purchasable: derived from the data, or the user's list.

The package contains no catalogue. The blocks are a substitute for one: the leaves of screening
molecules (MOSES, of ZINC) that are taken apart by the reactions of the table, if they occur in at
least a few of them. Prices and availability of the blocks are not known.
"""

import gzip
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

from ingenium.core.digest import digest
from ingenium.core.errors import InputError
from ingenium.core.reading.files import lines
from ingenium.domains.molecules.formats import check_name
from ingenium.domains.molecules.route.common import COMMON
from ingenium.domains.molecules.route.reaction import molecule
from ingenium.kits.chemistry.parsing import canonical, readable
from ingenium.kits.chemistry.safety import DualUseScreen

FILE = Path(__file__).parent / "blocks.smi.gz"
WEIGHTS = Path(__file__).parent / "reactions.safetensors"  # made with it
COMMON_COUNT = 10_000  # a common reagent, as if it occurred in this many molecules
UNSEEN = 10  # a block of a user's list, whose frequency is not known


@dataclass(frozen=True)
class BlockStock:
    """Purchasable molecules, with the number of known molecules that contain each."""

    counts: Mapping[str, int]

    def __contains__(self, smiles: str) -> bool:
        return smiles in self.counts

    def __len__(self) -> int:
        return len(self.counts)

    @cached_property
    def digest(self) -> str:
        """Digest of all blocks."""
        return digest(sorted(self.counts.items()))

    def price(self, smiles: str) -> float:
        """Return a proxy for the price of a mol, in units of the work of one step.

        It is a tenth for each heavy atom, plus one for each power of ten by which the block is
        rarer than one in ten thousand known molecules. It orders routes; it is no currency.
        """
        heavy = int(molecule(smiles).GetNumHeavyAtoms())
        return 0.1 * heavy + max(math.log10(COMMON_COUNT / self.counts.get(smiles, 1)), 0.0)


@cache
def pretrained() -> BlockStock:
    """Return the blocks of the package, and common reagents."""
    words = gzip.decompress(FILE.read_bytes()).decode("ascii").split()
    counts = dict(zip(words[::2], map(int, words[1::2]), strict=True))
    return BlockStock(counts | dict.fromkeys(map(_constitution, COMMON), COMMON_COUNT))


def from_file(path: Path, screen: DualUseScreen) -> BlockStock:
    """Read the blocks of a list: SMILES, a line each, further words ignored.

    Raises:
        InputError: if there is no such file, it is empty, or a line is no molecule or refused.
    """
    listed = enumerate(lines(path, "stock as a file of SMILES, a line each"), 1)
    words = [(i, line.split()) for i, line in listed if line.strip()]
    if not words:
        raise InputError(
            "at least one block in the stock",
            f"none in {path}",
            "Write SMILES, a line each, or leave stock out for the blocks of the package.",
        )
    what = "the block in line {} of " + str(path)
    for i, (_, *further) in words:
        check_name(further, what.format(i))
    mols = [(readable(first, what.format(i)), what.format(i)) for i, (first, *_) in words]
    return BlockStock({canonical(screen.admit(mol, where)): UNSEEN for mol, where in mols})


def _constitution(smiles: str) -> str:
    return canonical(molecule(smiles))
