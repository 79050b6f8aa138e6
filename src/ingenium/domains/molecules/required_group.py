"""Molecules that grow from a required group of atoms and so contain it by construction.

The group is a SMILES whose pieces are written in a fixed order. Where one of its atoms has a free
valence, an unconstrained branch can be opened, and after the last atom the text continues without
constraint. Each branch is attached by one single bond, so it closes no ring with the group: rings
and aromatic atoms of the group do not change.

Source: Arus-Pous et al., J. Cheminform. 12:38, 2020 (decorations of scaffolds); Langevin et al.,
    J. Chem. Inf. Model. 60:5637, 2020 (a SMILES of the scaffold, completed by a sampler).
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from copy import copy
from dataclasses import dataclass, field
from itertools import islice

from rdkit import Chem, rdBase

from ingenium.domains.molecules.grammar import RING, MoleculePrefix, valence
from ingenium.domains.molecules.joined_groups import parts, skeletons
from ingenium.domains.molecules.language import ATOMS
from ingenium.generators.tokens.codec import TokenCodec
from ingenium.generators.tokens.vocabulary import Vocabulary
from ingenium.kits.chemistry.parsing import kekulized, pattern

SKELETONS = 12  # ways of joining several groups
ORDERS = 16  # of writing a group, so that it grows at all of its ends
SEED = 1  # 0 continues RDKit's global random state
ROOM = 0.75  # of tokens and of characters, that a group may take


@dataclass(frozen=True)
class RequiredText:
    """One SMILES of a group, in pieces, and its points of growth."""

    pieces: tuple[str, ...]
    ways: tuple[tuple[str, ...], ...]  # fewest tokens from each piece on, and at the end
    sites: tuple[int, ...]  # before each piece, and at the end: the atom with a free valence, or -1
    spare: tuple[int, ...]  # single bonds that each atom may have beyond those of the group


@dataclass
class RequiredPrefix(MoleculePrefix):
    """Prefix of a molecule that grows from a group."""

    text: RequiredText = field(kw_only=True)
    spare: list[int] = field(init=False)
    place: int = 0  # position in the text of the group
    grown: MoleculePrefix | None = None  # branch that is being written at an atom of the group

    def __post_init__(self) -> None:
        self.spare = list(self.text.spare)

    def copy(self) -> "RequiredPrefix":
        """Return a copy with its own lists; those of the group are read-only."""
        own = copy(self)
        own.spare = self.spare[:]
        own.grown = None if self.grown is None else self.grown.copy()
        return own

    @property
    def rest(self) -> tuple[str, ...]:
        """Pieces of the group that are not written yet."""
        return self.text.pieces[self.place :]

    def add(self, piece: str) -> bool:
        """Append to the group, or to a branch on it; return False where it is not allowed."""
        self.written += len(piece)
        if self.grown is not None:
            return self._grow(self.grown, piece)
        if self.rest and piece == self.rest[0]:
            self.place += 1
            return True
        atom = self.text.sites[self.place]
        if atom < 0 or not self.spare[atom] or (self.rest and piece != "("):
            return False
        self.spare[atom] -= 1
        self.grown = MoleculePrefix(free=[1], at=0, after="atom")
        return self.grown.add(piece)

    def _grow(self, grown: MoleculePrefix, piece: str) -> bool:
        if RING.fullmatch(piece) and piece in self._taken():
            return False
        if not grown.add(piece):
            return False
        if self.rest and not grown.branches:  # the branch that was opened is over
            self.grown = None
            return not grown.rings
        return True

    def _taken(self) -> set[str]:
        """Labels of open rings of the group, which are in use."""
        found = set[str]()
        for piece in self.text.pieces[: self.place]:
            if RING.fullmatch(piece):
                found ^= {piece}
        return found

    @property
    def hopeful(self) -> bool:
        """True if it can be completed."""
        return self.grown is None or self.grown.hopeful

    @property
    def finished(self) -> bool:
        """True if it is a complete molecule."""
        return not self.rest and (self.grown is None or self.grown.finished)

    @property
    def furthest(self) -> int:
        """Upper bound on the pieces of a completion, with the end."""
        return len(self.rest) + (1 if self.grown is None else self.grown.furthest)

    def way_out(self) -> Iterator[str]:
        """Iterate over the end of the branch, and the rest of the group."""
        if self.grown is not None:
            yield from self.grown.way_out()
        yield from self.text.ways[self.place]


def growing(
    groups: Sequence[str], codec: TokenCodec, sources: Sequence[str] = ()
) -> tuple[RequiredPrefix, ...]:
    """Return beginnings of molecules that contain all of some groups, in several orders of writing.

    A group alone is drawn as it is. Several groups are joined as in `sources`, molecules of which
    the first shows half of the beginnings, also with parts of itself around the groups. There is no
    beginning where a group is no molecule, no source contains all groups, or less than a quarter of
    the tokens or characters would be left for growth.
    """
    queries = [pattern(smarts, "a group to keep") for smarts in groups]
    if len(groups) == 1:
        mol = drawn(groups[0])
        return () if mol is None else _prefixes(queries, mol, codec)
    own, *others = sources or ("",)
    first = _turns(
        queries, [*skeletons(queries, [own]), *parts(queries, Chem.MolFromSmiles(own))], codec
    )
    rest = _turns(queries, islice(skeletons(queries, others), SKELETONS), codec)
    if not (first and rest):
        return first or rest
    whole = range(max(len(first), len(rest)))
    return tuple(x for i in whole for x in (first[i % len(first)], rest[i % len(rest)]))


def _turns(
    queries: Sequence[Chem.Mol], mols: Iterable[Chem.Mol], codec: TokenCodec
) -> tuple[RequiredPrefix, ...]:
    """Return beginnings with each of some molecules in turn."""
    each = [found for mol in mols if (found := _prefixes(queries, mol, codec))]
    most = max(map(len, each), default=0)
    return tuple(found[i % len(found)] for i in range(most) for found in each)


def _prefixes(
    queries: Sequence[Chem.Mol], mol: Chem.Mol, codec: TokenCodec
) -> tuple[RequiredPrefix, ...]:
    """Return beginnings with a molecule whose growth must leave all groups as they are."""
    plain = Chem.MolFromSmiles(kekulized(mol), sanitize=False)
    every = Chem.MolToRandomSmilesVect(plain, ORDERS, randomSeed=SEED)
    known = [
        s for s in dict.fromkeys(every) if {*re.findall(ATOMS, s)} <= {*codec.vocabulary.pieces}
    ]
    found = [_text(queries, smiles, codec.vocabulary) for smiles in known]
    fitting = [t for t in found if any(t.spare) and _leaves_room(t, codec)]
    ends = [t for t in fitting if t.sites[-1] >= 0 and t.spare[t.sites[-1]]]
    return tuple(RequiredPrefix(text=t) for t in ends or fitting)


def drawn(smarts: str) -> Chem.Mol | None:
    """Return the molecule of a query, open bonds ended by hydrogen; None if there is none."""
    query = pattern(smarts, "a group to keep")
    with rdBase.BlockLogs():
        mol = Chem.MolFromSmiles(smarts) or Chem.MolFromSmiles(Chem.MolToSmiles(query))
    whole = mol is not None and len(Chem.GetMolFrags(mol)) == 1
    return mol if whole and mol.HasSubstructMatch(query) else None


def _leaves_room(text: RequiredText, codec: TokenCodec) -> bool:
    tokens, characters = len(text.ways[0]), len("".join(text.pieces))
    return tokens <= ROOM * codec.steps and characters <= ROOM * codec.longest


def _text(queries: Sequence[Chem.Mol], smiles: str, vocabulary: Vocabulary) -> RequiredText:
    pieces = tuple(re.findall(ATOMS, smiles))
    sites, back, at, count = [-1], list[int](), -1, 0
    for piece, after in zip(pieces, (*pieces[1:], ""), strict=True):
        if piece == "(":
            back.append(at)
        elif piece == ")":
            at = back.pop()
        elif valence(piece) >= 0:
            at, count = count, count + 1
        turned = piece in "(=#" or after == "(" or RING.fullmatch(after)
        sites.append(-1 if turned else at)
    spare = _spare(queries, Chem.MolFromSmiles(smiles))
    return RequiredText(pieces, _ways(pieces, vocabulary), tuple(sites), spare)


def _ways(pieces: tuple[str, ...], vocabulary: Vocabulary) -> tuple[tuple[str, ...], ...]:
    """Fewest tokens that write the remaining pieces, from each piece on."""
    ways: list[tuple[str, ...]] = [()]
    for start in reversed(range(len(pieces))):
        part, best = "", None
        for after, piece in zip(reversed(ways), pieces[start:], strict=True):
            part += piece
            if part in vocabulary.number and (best is None or len(after) + 1 < len(best)):
                best = (part, *after)
        ways.append(best or ())  # each piece alone is a token
    return tuple(reversed(ways))


def _spare(queries: Sequence[Chem.Mol], mol: Chem.Mol) -> tuple[int, ...]:
    """Number of methyl groups that each atom can bear while the molecule matches all groups."""
    found = []
    for i in range(mol.GetNumAtoms()):
        whole, most = Chem.RWMol(mol), mol.GetAtomWithIdx(i).GetTotalNumHs()
        whole.GetAtomWithIdx(i).SetNoImplicit(False)
        whole.GetAtomWithIdx(i).SetNumExplicitHs(0)  # that of pyrrole is written explicitly
        for _ in range(most):
            whole.AddBond(i, whole.AddAtom(Chem.Atom("C")), Chem.BondType.SINGLE)
        found.append(most)
        while found[-1] and not _fits(queries, whole):
            whole.RemoveAtom(whole.GetNumAtoms() - 1)
            found[-1] -= 1
    return tuple(found)


def _fits(queries: Sequence[Chem.Mol], mol: Chem.RWMol) -> bool:
    trial = Chem.Mol(mol)
    with rdBase.BlockLogs():
        valid = Chem.SanitizeMol(trial, catchErrors=True) == Chem.SANITIZE_NONE
    return bool(valid and all(trial.HasSubstructMatch(query) for query in queries))
