"""Molecules as tokens of their Kekulé structures, with single, double and triple bonds only."""

from collections.abc import Sequence
from dataclasses import dataclass

from jaxtyping import Float
from rdkit import Chem
from torch import Tensor

from ingenium.core.errors import InputError
from ingenium.generators.tokens.codec import TokenCodec
from ingenium.kits.chemistry.parsing import canonical, kekulized, parsed


def bonds_of(smiles: str) -> str:
    """Return the SMILES of a molecule's Kekulé structure.

    Raises:
        InputError: if the text is no molecule.
    """
    mol = parsed(smiles)
    if mol is None:
        raise InputError("a molecule as SMILES", f'"{smiles}"', "Write such as CCO.")
    return kekulized(mol)


def fitting(mol: Chem.Mol, text: str, longest: int) -> str:
    """Return the canonical SMILES of `mol`, or `text` where that is longer than `longest`."""
    written = canonical(mol)
    return written if len(written) <= longest else text


@dataclass(frozen=True)
class KekuleTokens(TokenCodec):
    """Codec between canonical SMILES and the tokens of a molecule's Kekulé structure.

    Shapes: n designs, s steps.
    """

    def of_texts(self, listed: Sequence[str]) -> Float[Tensor, "n {self.steps}"]:
        """Return the token numbers of each molecule.

        Raises:
            InputError: for a text that is no molecule, has unknown tokens, or too many.
        """
        return super().of_texts([bonds_of(text) for text in listed])

    def to_texts(self, x: Float[Tensor, "n {self.steps}"]) -> list[str]:
        """Return canonical SMILES where these fit, and the decoded text elsewhere."""
        found = []
        for text in super().to_texts(x):  # RDKit reads one text at a time
            mol = parsed(text)
            found.append(text if mol is None else fitting(mol, text, self.longest))
        return found
