"""Molecules as rows of fragments: tokens, and a grammar that counts open attachment points."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from ingenium.core.errors import InputError
from ingenium.domains.molecules.fragments.cutting import Fragment, cut, joined
from ingenium.domains.molecules.language import SMILES
from ingenium.generators.tokens.codec import Grammar, TokenCodec
from ingenium.generators.tokens.vocabulary import END, Vocabulary
from ingenium.kits.chemistry.parsing import canonical, parsed

FOLDER = Path(__file__).parent
FRAGMENT = r"\S+ "  # a token: a fragment and a blank
STEPS = {"moses": 32, "zinc250k": 44}  # fragments of the largest molecule, and its end
MOST_ATOMS = {"moses": 27, "zinc250k": 38}  # of the known molecules


@dataclass(frozen=True)
class FragmentGrammar:
    """Grammar that fills all open attachment points within a number of heavy atoms.

    A state is the number of open attachment points and of atoms; -1 open before the first fragment.

    Shapes: n molecules, m queries.
    """

    vocabulary: Vocabulary
    most: int  # atoms

    @cached_property
    def table(self) -> Int[Tensor, "v 3"]:
        """Attachment points used, attachment points opened, and atoms, for each token."""
        rows = [(0, 0, 0)] * (END + 1)
        for token in self.vocabulary.tokens[END + 1 :]:
            own = Fragment(token.strip())
            rows.append((0 if own.root else 1, own.places, own.atoms))
        return torch.tensor(rows)

    def start(self, n: int) -> Int[Tensor, "n 2"]:
        """Return states without a fragment."""
        return torch.tensor([[-1, 0]]).expand(n, 2)

    def permits(
        self, state: Int[Tensor, "n 2"], rows: Int[Tensor, " m"], ids: Int[Tensor, " m"], left: int
    ) -> Bool[Tensor, " m"]:
        """Return whether each state may continue with a fragment and still be completed by methyls.

        The end is permitted when no attachment point is open.
        """
        taken, opened, atoms = self.table[ids].T
        before, size = state[rows].T
        after = before.clamp(min=0) - taken + opened
        first = before < 0
        fits = (first == (taken == 0)) & (before != 0)
        fits &= (after + 2 <= left) & (size + atoms + after <= self.most)
        return torch.where(ids == END, before == 0, fits)

    def follow(self, state: Int[Tensor, "n 2"], ids: Int[Tensor, " n"]) -> Int[Tensor, "n 2"]:
        """Return the states after one more fragment; finished ones do not change."""
        taken, opened, atoms = self.table[ids].T
        after = torch.stack([state[:, 0].clamp(min=0) - taken + opened, state[:, 1] + atoms], 1)
        return torch.where((ids > END)[:, None], after, state)


@dataclass(frozen=True)
class FragmentCodec(TokenCodec):
    """Codec with one token per fragment.

    Shapes: n designs, s steps.
    """

    grammar: Grammar | None = field(init=False)
    most: int = 27  # heavy atoms of a proposal

    def __post_init__(self) -> None:
        object.__setattr__(self, "grammar", FragmentGrammar(self.vocabulary, self.most))

    @cached_property
    def known(self) -> dict[str, Fragment]:
        """The fragments by their texts."""
        texts = [token.strip() for token in self.vocabulary.pieces]
        return {text: Fragment(text) for text in texts}

    def row(self, smiles: str) -> str | None:
        """Return a molecule's fragments, each with a blank; None where they are not all known."""
        mol = parsed(smiles)
        mol = None if mol is None else parsed(canonical(mol))  # the text determines the first atom
        if mol is None or "." in smiles:
            return None
        found = cut(mol, self.known)
        fits = len(found) < self.steps and all(text in self.known for text in found)
        return "".join(f"{text} " for text in found) if fits else None

    def of_texts(self, listed: Sequence[str]) -> Float[Tensor, "n {self.steps}"]:
        """Return the numbers of the fragments of each molecule.

        Raises:
            InputError: for one that does not consist of known fragments.
        """
        rows = [self.row(text) for text in listed]
        for text, row in zip(listed, rows, strict=True):
            if row is None:
                raise InputError(
                    f"a molecule of at most {self.steps - 1} known fragments",
                    f'"{text}"',
                    "Leave it out: rare ring systems are not among the fragments.",
                )
        return self.of_rows([row for row in rows if row is not None])

    def of_rows(self, rows: Sequence[str]) -> Float[Tensor, "n {self.steps}"]:
        """Return the numbers of fragments with a blank after each."""
        return super().of_texts(rows)

    def to_texts(self, x: Float[Tensor, "n {self.steps}"]) -> list[str]:
        """Return the SMILES of the joined fragments."""
        return [joined(row) for row in self.fragments(x)]

    def fragments(self, x: Float[Tensor, "n {self.steps}"]) -> list[list[Fragment]]:
        """Return the fragments of each molecule."""
        return [[self.known[text] for text in line.split()] for line in super().to_texts(x)]


@cache
def fragment_codec(source: str, longest: int) -> FragmentCodec:
    """Return the codec of the fragments in a data set."""
    lines = (FOLDER / f"{source}.txt").read_text(encoding="ascii").split()
    vocabulary = Vocabulary(tuple(f"{line} " for line in lines), FRAGMENT)
    return FragmentCodec(vocabulary, STEPS[source], longest, name=SMILES, most=MOST_ATOMS[source])
