"""Molecules as texts: the variable of every problem, and the tokens of models.

Models write Kekulé structures, under a grammar of valences (`grammar.py`).
"""

from types import MappingProxyType

from ingenium.core.quantity import Variable

SMILES = "smiles"
ATOMS_AT = "atoms_at"  # atomic numbers and positions, of designs that were read from a file
ATOMS = r"\[[^\]]*\]|Br|Cl|%\d\d|."
"""An atom, a bond, a branch or a ring closure.

Source: Schwaller et al., Chem. Sci. 9:6091, 2018, for atoms in brackets as one token.
"""
PIECES = MappingProxyType(
    {
        "moses": "# ( ) 1 2 3 4 5 6 = Br C Cl F N O S [H]",
        "zinc250k": "# ( ) 1 2 3 4 5 6 7 8 = Br C Cl F I N O P S [CH-] [CH2-] [N+] [N-] [NH+] "
        "[NH-] [NH2+] [NH3+] [O+] [O-] [OH+] [P+] [PH+] [PH2] [PH] [S+] [S-] [SH+]",
    }
)
"""All pieces in the Kekulé structures of each data set, so that a vocabulary does not hang on
which molecules are known to a model."""

SELFIES = MappingProxyType(
    {
        "moses": "[#Branch1] [#Branch2] [#C] [#N] [=Branch1] [=Branch2] [=C] [=N] [=O] [=S] [Br] "
        "[Branch1] [Branch2] [C] [Cl] [F] [N] [O] [P] [Ring1] [Ring2] [S]",
        "zinc250k": "[#Branch1] [#Branch2] [#C] [#N+1] [#N] [=Branch1] [=Branch2] [=C] [=N+1] "
        "[=N-1] [=NH1+1] [=NH2+1] [=N] [=O+1] [=O] [=P] [=S+1] [=S] [Br] [Branch1] [Branch2] [C] "
        "[Cl] [F] [I] [N+1] [N-1] [NH1+1] [NH1-1] [NH2+1] [NH3+1] [N] [O-1] [O] [P] [Ring1] "
        "[Ring2] [S-1] [S]",
    }
)
"""All symbols in the SELFIES of 20,000 molecules of each data set, drawn at random."""


def variable(longest: int) -> Variable:
    """Return the variable of a molecule's SMILES of at most `longest` characters."""
    return Variable(SMILES, (), "1", "molecule as canonical SMILES", longest=longest)
