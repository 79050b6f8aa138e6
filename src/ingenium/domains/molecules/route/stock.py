"""Building blocks that count as bought: those derived from the data, or a list of the user's.

No catalogue comes with the package. The blocks are a stand-in for one: what is left when molecules
that were bought or made for screening (MOSES, of ZINC) are taken apart by the reactions of the
table, if at least a few of them leave it. What such a block costs, and whether a supplier has it
today, is not known here.
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
from ingenium.domains.molecules.route.common import COMMON
from ingenium.domains.molecules.route.reaction import molecule
from ingenium.kits.chemistry.parsing import canonical, readable
from ingenium.kits.chemistry.safety import DualUseScreen

FILE = Path(__file__).parent / "blocks.smi.gz"
WEIGHTS = Path(__file__).parent / "reactions.safetensors"  # made with it
COMMON_COUNT = 10_000  # a reagent of every shelf, as if so many molecules left it
UNSEEN = 10  # a block of a user's list, whose use is not known


@dataclass(frozen=True)
class BlockStock:
    """Molecules that can be bought, with how many known molecules hold each."""

    counts: Mapping[str, int]

    def __contains__(self, smiles: str) -> bool:
        return smiles in self.counts

    def __len__(self) -> int:
        return len(self.counts)

    @cached_property
    def digest(self) -> str:
        """Of all blocks."""
        return digest(sorted(self.counts.items()))

    def price(self, smiles: str) -> float:
        """A stand-in for the price of a mol, in that of the work of one step.

        A tenth for each heavy atom, and one for each power of ten by which the block is rarer than
        one that ten thousand known molecules hold. It orders routes; it is no money.
        """
        heavy = int(molecule(smiles).GetNumHeavyAtoms())
        return 0.1 * heavy + max(math.log10(COMMON_COUNT / self.counts.get(smiles, 1)), 0.0)


@cache
def shipped() -> BlockStock:
    """The blocks that come with the package, and common reagents."""
    words = gzip.decompress(FILE.read_bytes()).decode("ascii").split()
    counts = dict(zip(words[::2], map(int, words[1::2]), strict=True))
    return BlockStock(counts | dict.fromkeys(map(_constitution, COMMON), COMMON_COUNT))


def from_file(path: Path, screen: DualUseScreen) -> BlockStock:
    """The blocks of a list: SMILES, a line each, further words ignored.

    Raises:
        InputError: if there is no such file, it is empty, or a line is no molecule or refused.
    """
    listed = enumerate(lines(path, "stock as a file of SMILES, a line each"), 1)
    words = [(i, line.split()[0]) for i, line in listed if line.strip()]
    if not words:
        raise InputError(
            "at least one block in the stock",
            f"none in {path}",
            "Write SMILES, a line each, or leave stock out for the blocks of the package.",
        )
    what = "the block in line {} of " + str(path)
    mols = [(readable(text, what.format(i)), what.format(i)) for i, text in words]
    return BlockStock({canonical(screen.admit(mol, where)): UNSEEN for mol, where in mols})


def _constitution(smiles: str) -> str:
    return canonical(molecule(smiles))
