"""Notations of molecules other than Kekulé structures: fragments, graphs, and SELFIES."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import selfies
import torch
from jaxtyping import Bool, Float
from torch import Tensor

from ingenium.domains.molecules.fragments.codec import FragmentCodec, fragment_codec
from ingenium.domains.molecules.fragments.cutting import METHYL, NOTHING, Fragment, joined
from ingenium.domains.molecules.graphs import KINDS, MOST_ATOMS, MoleculeGraphs
from ingenium.domains.molecules.language import SELFIES
from ingenium.generators.tokens.codec import TokenCodec
from ingenium.generators.tokens.rewritten import Notation
from ingenium.generators.tokens.vocabulary import Vocabulary
from ingenium.kits.chemistry.parsing import canonical, kekulized, parsed

Row = TypeVar("Row")
SYMBOL = r"\[[^\]]*\]"  # of SELFIES
SYMBOLS = {"moses": 55, "zinc250k": 79}  # in the longest training molecule


def forms(outer: TokenCodec, source: str) -> Mapping[str, Notation]:
    """Return the notations of the molecules of a data set, by name."""
    return {
        "fragments": FragmentForm(outer, fragment_codec(source, outer.longest)),
        "graphs": GraphForm(outer, MoleculeGraphs(KINDS[source], MOST_ATOMS[source])),
        "selfies": SelfiesForm(outer, selfies_codec(source)),
    }


def selfies_codec(source: str) -> TokenCodec:
    """Return the codec of the SELFIES symbols in a data set."""
    vocabulary = Vocabulary(tuple(SELFIES[source].split()), SYMBOL)
    most = SYMBOLS[source]
    return TokenCodec(vocabulary, most + 1, most * max(map(len, vocabulary.pieces)))


@dataclass(frozen=True)
class FragmentForm:
    """Notation by rows of fragments, converted from and to tokens of Kekulé structures.

    Shapes: n designs, m of them that can be written.
    """

    outer: TokenCodec
    codec: FragmentCodec

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of one row of fragments."""
        return self.codec.shape

    def written(
        self, x: Float[Tensor, "n *shape"]
    ) -> tuple[Float[Tensor, "m *form"], Bool[Tensor, " n"]]:
        """Return the molecules that consist of known fragments, and a mask of them."""
        rows, retained = writable(map(self.codec.row, self.outer.to_texts(x)))
        return self.codec.of_rows(rows), retained

    def back(self, y: Float[Tensor, "n *form"]) -> Float[Tensor, "n *shape"]:
        """Return Kekulé structures.

        In a molecule that is too long for the tokens, methyl replaces explicit hydrogens and, as
        far as necessary, the last fragments.
        """
        rows = self.codec.fragments(y)
        x, fits = structures(self.outer, [joined(row) for row in rows])
        for i in (~fits).nonzero()[:, 0].tolist():  # about one in some hundreds
            row = [Fragment(METHYL) if f.text == NOTHING else f for f in rows[i]]
            shorter = [joined(row[:count]) for count in range(len(row), 0, -1)]
            x[i] = first_that_fits(self.outer, shorter)
        return x


@dataclass(frozen=True)
class GraphForm:
    """Notation by graphs of atoms and bonds, converted from and to tokens of Kekulé structures.

    Shapes: n designs, m of them that can be written.
    """

    outer: TokenCodec
    codec: MoleculeGraphs

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of one graph."""
        return self.codec.shape

    def written(
        self, x: Float[Tensor, "n *shape"]
    ) -> tuple[Float[Tensor, "m *form"], Bool[Tensor, " n"]]:
        """Return the molecules whose atoms are all of known kinds, and a mask of them."""
        rows, retained = writable(map(self.codec.row, self.outer.to_texts(x)))
        graphs = np.stack(rows) if rows else np.empty((0, *self.shape))
        return torch.from_numpy(graphs.astype(np.float32)), retained

    def back(self, y: Float[Tensor, "n *form"]) -> Float[Tensor, "n *shape"]:
        """Return Kekulé structures of the graphs, repaired where they are no molecules."""
        return structures(self.outer, self.codec.to_texts(y))[0]


@dataclass(frozen=True)
class SelfiesForm:
    """Notation by SELFIES, in which any row of symbols is a molecule.

    Shapes: n designs, m of them that can be written.
    Source: Krenn et al., Mach. Learn.: Sci. Technol. 1:045024, 2020; Lo et al., Digital Discovery
        2:897, 2023 (the package).
    """

    outer: TokenCodec
    codec: TokenCodec

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of one row of symbols."""
        return self.codec.shape

    def written(
        self, x: Float[Tensor, "n *shape"]
    ) -> tuple[Float[Tensor, "m *form"], Bool[Tensor, " n"]]:
        """Return the molecules that consist of known symbols, and a mask of them."""
        rows, retained = writable(map(self.row, self.outer.to_texts(x)))
        return self.codec.of_texts(rows), retained

    def row(self, smiles: str) -> str | None:
        """Return the symbols of a molecule; None where they are not all known, or too many."""
        mol = parsed(smiles)
        if mol is None:
            return None
        found: str = selfies.encoder(kekulized(mol), strict=False)
        symbols = list(selfies.split_selfies(found))
        fits = len(symbols) < self.codec.steps
        return found if fits and set(symbols) <= set(self.codec.vocabulary.pieces) else None

    def back(self, y: Float[Tensor, "n *form"]) -> Float[Tensor, "n *shape"]:
        """Return Kekulé structures; of a molecule too long for the tokens, its beginning's."""
        rows = self.codec.to_texts(y)
        x, fits = structures(self.outer, [selfies.decoder(row) for row in rows])
        for i in (~fits).nonzero()[:, 0].tolist():  # too long, or with too many open rings
            symbols = list(selfies.split_selfies(rows[i]))
            shorter = ["".join(symbols[:count]) for count in range(len(symbols), 0, -1)]
            x[i] = first_that_fits(self.outer, [selfies.decoder(row) for row in shorter])
        return x


def writable(rows: Iterable[Row | None]) -> tuple[list[Row], Bool[Tensor, " n"]]:
    """Return the rows of molecules that have one, and a mask of them."""
    every = list(rows)
    retained = torch.tensor([row is not None for row in every], dtype=torch.bool)
    return [row for row in every if row is not None], retained


def first_that_fits(codec: TokenCodec, listed: Sequence[str]) -> Float[Tensor, " s"]:
    """Return the tokens of the first molecule with a Kekulé structure in them, if any."""
    again, found = structures(codec, [*listed, ""])
    return again[int(found.int().argmax())] if bool(found.any()) else again[-1]


def structures(
    codec: TokenCodec, listed: Sequence[str]
) -> tuple[Float[Tensor, "n s"], Bool[Tensor, " n"]]:
    """Return tokens of the molecules' Kekulé structures, and a mask of those with one.

    The others only have the end token.
    """
    known = set(codec.vocabulary.pieces)
    lines = [_line(codec, known, text) for text in listed]
    fits = torch.tensor([0 < len(row) < codec.steps for row in codec.vocabulary.encode(lines)])
    retained = [line if fit else "" for line, fit in zip(lines, fits.tolist(), strict=True)]
    return TokenCodec.of_texts(codec, retained), fits


def _line(codec: TokenCodec, known: set[str], text: str) -> str:
    """Kekulé structure of a molecule; "" where it has none in these tokens."""
    mol = parsed(text)
    if mol is None or len(canonical(mol)) > codec.longest:
        return ""
    line = kekulized(mol)
    return line if known.issuperset(re.findall(codec.vocabulary.pattern, line)) else ""
