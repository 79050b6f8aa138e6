"""Molecules as tokens with single and double bonds, under a grammar that knows valences."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from jaxtyping import Float
from rdkit import Chem
from torch import Tensor

from ingenium.core.errors import InputError
from ingenium.domains.molecules.forms import forms
from ingenium.domains.molecules.grammar import KekuleGrammar, MoleculePrefix
from ingenium.generators.tokens.codec import Grammar, TokenCodec
from ingenium.generators.tokens.rewritten import Notation
from ingenium.kits.chemistry.parsing import canonical, kekulized, parsed


def kekule(smiles: str) -> str:
    """The SMILES of a molecule without aromatic atoms.

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
class KekuleCodec(TokenCodec):
    """The tokens of a molecule's Kekulé structure; decoded, it is canonical SMILES again.

    What is proposed under its grammar has room in the variable. Other tokens may be a longer text:
    that is cut off, and as a rule no molecule any more.

    Shapes: n designs, s steps.
    """

    grammar: Grammar | None = field(init=False)
    source: str = ""  # data set whose fragments and graphs these molecules can be written in
    first: Sequence[MoleculePrefix] = field(default=(MoleculePrefix(),), repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(
            self, "grammar", KekuleGrammar(self.vocabulary, self.longest, self.first)
        )

    @cached_property
    def forms(self) -> Mapping[str, Notation]:
        """Other ways of writing the molecules of a data set."""
        return forms(self, self.source) if self.source else {}

    def of_texts(self, listed: Sequence[str]) -> Float[Tensor, "n {self.steps}"]:
        """The numbers of the tokens of each molecule.

        Raises:
            InputError: for a text that is no molecule, has unknown tokens, or too many.
        """
        return super().of_texts([kekule(text) for text in listed])

    def to_texts(self, x: Float[Tensor, "n {self.steps}"]) -> list[str]:
        """Canonical SMILES of molecules, as far as they have room; other text as it is."""
        found = []
        for text in super().to_texts(x):  # RDKit reads one text at a time
            mol = parsed(text)
            found.append(text if mol is None else fitting(mol, text, self.longest))
        return found
