"""Molecules as texts: the variable of every problem, and the tokens that models learn."""

from collections.abc import Sequence

from ingenium.core.quantity import Variable
from ingenium.generators.tokens.codec import TokenCodec
from ingenium.generators.tokens.vocabulary import Vocabulary

SMILES = "smiles"
ATOMS = r"\[[^\]]*\]|Br|Cl|%\d\d|."
"""An atom, a bond, a branch or a ring closure.

Source: Schwaller et al., Chem. Sci. 9:6091, 2018, for atoms in brackets as one token.
"""


def variable(longest: int) -> Variable:
    """The SMILES of a molecule, of at most so many characters."""
    return Variable(SMILES, (), "1", "molecule as canonical SMILES", longest=longest)


def codec(smiles: Sequence[str], longest: int, merges: int = 0) -> TokenCodec:
    """Tokens of all the molecules, and room for texts of `longest` characters."""
    vocabulary = Vocabulary.of(smiles, pattern=ATOMS, merges=merges)
    return TokenCodec(vocabulary, longest + 1, longest, name=SMILES)
