"""Molecules as tokens of their Kekulé structures: single, double and triple bonds, no others."""

from collections.abc import Sequence
from dataclasses import dataclass

from jaxtyping import Float
from rdkit import Chem
from torch import Tensor

from ingenium.core.errors import InputError
from ingenium.generators.tokens.codec import TokenCodec
from ingenium.kits.chemistry.parsing import canonical, kekulized, parsed


def bonds_of(smiles: str) -> str:
    """The SMILES of a molecule's Kekulé structure.

    Raises:
        InputError: if it is no molecule.
    """
    mol = parsed(smiles)
    if mol is None:
        raise InputError("a molecule as SMILES", f'"{smiles}"', "Write such as CCO.")
    return kekulized(mol)


def fitting(mol: Chem.Mol, text: str, longest: int) -> str:
    """The canonical SMILES of what a text says; the text itself where that has no room."""
    written = canonical(mol)
    return written if len(written) <= longest else text


@dataclass(frozen=True)
class KekuleTokens(TokenCodec):
    """The tokens of a molecule's Kekulé structure; read back, canonical SMILES.

    Shapes: n designs, s steps.
    """

    def of_texts(self, listed: Sequence[str]) -> Float[Tensor, "n {self.steps}"]:
        """The numbers of the tokens of each molecule.

        Raises:
            InputError: for a text that is no molecule, has unknown tokens, or too many.
        """
        return super().of_texts([bonds_of(text) for text in listed])

    def to_texts(self, x: Float[Tensor, "n {self.steps}"]) -> list[str]:
        """Canonical SMILES of molecules, as far as they have room; other text as it is."""
        found = []
        for text in super().to_texts(x):  # RDKit reads one text at a time
            mol = parsed(text)
            found.append(text if mol is None else fitting(mol, text, self.longest))
        return found
