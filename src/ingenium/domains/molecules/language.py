"""Molecules as texts: the variable of every problem, and the tokens that models learn."""

from collections.abc import Sequence
from types import MappingProxyType

from ingenium.core.quantity import Variable
from ingenium.generators.tokens.codec import TokenCodec
from ingenium.generators.tokens.vocabulary import Vocabulary, learn_merges

SMILES = "smiles"
ATOMS = r"\[[^\]]*\]|Br|Cl|%\d\d|."
"""An atom, a bond, a branch or a ring closure.

Source: Schwaller et al., Chem. Sci. 9:6091, 2018, for atoms in brackets as one token.
"""


PIECES = MappingProxyType(
    {
        "moses": "# ( ) - 1 2 3 4 5 6 = Br C Cl F N O S [H] [nH] c n o s",
        "zinc250k": "# ( ) - 1 2 3 4 5 6 7 8 = Br C Cl F I N O P S [CH-] [CH2-] [N+] [N-] [NH+] "
        "[NH-] [NH2+] [NH3+] [O+] [O-] [OH+] [P+] [PH+] [PH2] [PH] [S+] [S-] [SH+] [n+] [n-] "
        "[nH+] [nH] [o+] [s+] c n o s",
    }
)
"""All pieces in the molecules of each data set, so that a vocabulary does not hang on which are
known to a model."""


def variable(longest: int) -> Variable:
    """The SMILES of a molecule, of at most so many characters."""
    return Variable(SMILES, (), "1", "molecule as canonical SMILES", longest=longest)


def codec(source: str, smiles: Sequence[str], longest: int, merges: int = 0) -> TokenCodec:
    """The pieces of a data set and merges learned from molecules, for texts up to `longest`."""
    vocabulary = Vocabulary(tuple(PIECES[source].split()), ATOMS)
    if merges:
        learned = learn_merges(vocabulary, vocabulary.encode(smiles), merges)
        vocabulary = Vocabulary(vocabulary.pieces, ATOMS, learned)
    return TokenCodec(vocabulary, longest + 1, longest, name=SMILES)
