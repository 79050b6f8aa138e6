"""Grammar of tokens that keep a SMILES without aromatic atoms completable to a molecule.

With single and double bonds (Kekulé), every rule depends on the bonds written so far: an atom has
no more bonds than its valence, a ring closes between two atoms that are not bonded yet, a branch
ends where it began. RDKit reads and sanitises every text of this grammar, so a generator
constrained by it only proposes molecules.

Source: Weininger, J. Chem. Inf. Comput. Sci. 28:31, 1988 (the language); valences of RDKit
    (Code/GraphMol/atomic_data.cpp).
"""

import re
from collections.abc import Iterator, Sequence
from copy import copy
from dataclasses import dataclass, field
from functools import cached_property

import torch
from jaxtyping import Bool, Int
from torch import Tensor

from ingenium.generators.tokens.vocabulary import END, Vocabulary

ORDER = {"-": 1, "=": 2, "#": 3}
VALENCE = {"B": 3, "C": 4, "N": 3, "O": 2, "F": 1, "P": 5, "S": 6, "Cl": 1, "Br": 1, "I": 1, "H": 1}
CHARGED = {("C", -1): 3, ("N", 1): 4, ("N", -1): 2, ("O", 1): 3, ("O", -1): 1}
CHARGED |= {("P", 1): 4, ("S", 1): 5, ("S", -1): 1}
BRACKET = re.compile(r"\[([A-Z][a-z]?)@{0,2}(?:H(\d?))?([+-]?\d?)\]")
ATOM = "C"  # with which a prefix can always continue
RING = re.compile(r"\d|%\d\d")
WIDEST = 3  # characters of a ring closure, an atom of a completion, or a bracket


@dataclass
class MoleculePrefix:
    """Prefix of a molecule's text: open valences and the current position."""

    free: list[int] = field(default_factory=list)  # remaining valence of each atom
    bonded: set[tuple[int, int]] = field(default_factory=set)
    branches: list[int] = field(default_factory=list)  # atoms to which `)` goes back
    rings: dict[str, tuple[int, int]] = field(default_factory=dict)  # atom and order of each
    at: int = -1  # the atom that the next bond starts from
    order: int = 0  # of a bond that was written; 0 if none was
    after: str = "start"  # the last piece: start, atom, ring, bond, open, close, or
    # turn, which is a bond after open or close, and must lead to an atom
    written: int = 0  # characters

    def copy(self) -> "MoleculePrefix":
        """Return a copy with its own lists."""
        own = copy(self)
        own.free, own.bonded = self.free[:], set(self.bonded)
        own.branches, own.rings = self.branches[:], dict(self.rings)
        return own

    def add(self, piece: str) -> bool:
        """Append an atom, bond, ring closure or bracket; return False where it is not allowed."""
        self.written += len(piece)
        if piece in ORDER:
            return self._bond(ORDER[piece])
        if piece == "(":
            return self._open()
        if piece == ")":
            return self._close()
        if RING.fullmatch(piece):
            return self._ring(piece)
        return self._atom(valence(piece))

    def _bond(self, order: int) -> bool:
        if self.at < 0 or self.order or self.free[self.at] < order:
            return False
        turned = self.after in ("open", "close")
        self.order, self.after = order, "turn" if turned else "bond"
        return True

    def _open(self) -> bool:
        if self.after not in ("atom", "ring", "close") or self.free[self.at] < 1:
            return False
        self.branches.append(self.at)
        self.after = "open"
        return True

    def _close(self) -> bool:
        if self.after not in ("atom", "ring", "close") or not self.branches:
            return False
        self.at, self.after = self.branches.pop(), "close"
        return True

    def _atom(self, most: int) -> bool:
        new, order = len(self.free), self.order or 1
        if self.at >= 0:
            if self.free[self.at] < order or most < order:
                return False
            self.free[self.at] -= order
            self.bonded.add((self.at, new))
            most -= order
        elif most < 0:
            return False
        self.free.append(most)
        self.at, self.order, self.after = new, 0, "atom"
        return True

    def _ring(self, label: str) -> bool:
        if self.at < 0 or self.after in ("open", "close", "turn") or self.order > 2:
            return False
        if label not in self.rings:  # the bond is reserved from here on
            order = self.order or 1
            if self.free[self.at] < order:
                return False
            self.free[self.at] -= order
            self.rings[label] = (self.at, order)
        elif not self._closes(label):
            return False
        self.order, self.after = 0, "ring"
        return True

    def _closes(self, label: str) -> bool:
        start, order = self.rings[label]
        if self.order not in (0, order) or start == self.at or self.free[self.at] < order:
            return False
        if (start, self.at) in self.bonded or (self.at, start) in self.bonded:
            return False
        self.free[self.at] -= order
        self.bonded.add((start, self.at))
        del self.rings[label]
        return True

    @property
    def hopeful(self) -> bool:
        """True if it can be completed: an atom that can be extended must close open rings."""
        if self.after in ("bond", "open", "turn"):
            return self.free[self.at] >= max(self.order, 1)
        return not self.rings or any(self.free[i] for i in (self.at, *self.branches))

    @property
    def finished(self) -> bool:
        """True if it is a complete molecule."""
        return self.at >= 0 and not (self.rings or self.branches or self.order)

    @property
    def furthest(self) -> int:
        """Upper bound on the pieces of a completion, with the end."""
        return 3 * len(self.rings) + len(self.branches) + 2

    def way_out(self) -> Iterator[str]:
        """Iterate over the pieces of a short completion, by carbons that close the open rings."""
        trial = self.copy()
        if trial.after in ("start", "bond", "open", "turn"):
            yield ATOM
            trial.add(ATOM)
        while trial.rings:
            step = trial.closing() or (ATOM if trial.free[trial.at] else ")")
            yield step
            trial.add(step)
        yield from ")" * len(trial.branches)

    def closing(self) -> str | None:
        """Return a ring that can be closed here without blocking the others, or None."""
        for label in self.rings:
            after = self.copy()
            if after.add(label) and label not in after.rings and after.hopeful:
                return label
        return None


def valence(piece: str) -> int:
    """Return the number of bonds of an atom, without those to explicit hydrogens; -1 if none."""
    found = BRACKET.fullmatch(piece)
    if found is None:
        return VALENCE.get(piece, -1)
    symbol, hydrogens, charge = found.groups()
    sign = int(charge + "1") if charge in ("+", "-") else int(charge or 0)
    most = VALENCE.get(symbol, -1) if sign == 0 else CHARGED.get((symbol, sign), -1)
    bound = 0 if hydrogens is None else int(hydrogens or 1)
    return most - bound


@dataclass(frozen=True)
class KekuleGrammar:
    """The grammar of SMILES without aromatic atoms, on the tokens of a vocabulary.

    It reserves steps and characters for the completion.
    """

    vocabulary: Vocabulary
    longest: int  # characters of a molecule
    first: Sequence[MoleculePrefix] = (MoleculePrefix(),)  # beginnings, used by the rows in turn

    @cached_property
    def pieces(self) -> list[list[str]]:
        """Pieces of each token; none for padding, begin and end."""
        find = re.compile(self.vocabulary.pattern, re.DOTALL).findall
        return [[] if i <= END else find(t) for i, t in enumerate(self.vocabulary.tokens)]

    def start(self, n: int) -> list[MoleculePrefix]:
        """Return empty prefixes, or the given beginnings."""
        return [self.first[i % len(self.first)].copy() for i in range(n)]

    def permits(
        self,
        state: Sequence[MoleculePrefix],
        rows: Int[Tensor, " m"],
        ids: Int[Tensor, " m"],
        left: int,
    ) -> Bool[Tensor, " m"]:
        """Return whether each prefix may continue with a token and still be completed in time."""
        pairs = zip(rows.tolist(), ids.tolist(), strict=True)
        return torch.tensor([self._may(state[r], i, left) for r, i in pairs], dtype=torch.bool)

    def _may(self, beginning: MoleculePrefix, token: int, left: int) -> bool:
        if token == END:
            return beginning.finished
        after = self._after(beginning, token)
        if after is None or not after.hopeful:
            return False
        room = self.longest - after.written
        if after.furthest < left and WIDEST * after.furthest <= room:
            return True
        out = list(after.way_out())
        return len(out) + 1 < left and sum(map(len, out)) <= room

    def _after(self, beginning: MoleculePrefix, token: int) -> MoleculePrefix | None:
        after = beginning.copy()
        return after if all(map(after.add, self.pieces[token])) else None

    def follow(
        self, state: Sequence[MoleculePrefix], ids: Int[Tensor, " n"]
    ) -> list[MoleculePrefix]:
        """Return the prefixes with one more token; finished ones do not change."""
        both = zip(state, ids.tolist(), strict=True)
        return [b if i <= END else self._after(b, i) or b for b, i in both]
