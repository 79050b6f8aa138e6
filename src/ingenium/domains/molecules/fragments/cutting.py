"""Cutting of molecules into fragments, and joining of fragments to molecules.

Every single bond outside of rings is cut, so that ring systems stay whole with their double-bonded
substituents, and chains split into atoms. A fragment is a SMILES in which each `*` is an attachment
point, where a bond was cut; a leading `*` attaches it to the parent fragment. A molecule is written
depth first: after each fragment follow, point by point, the attached fragments with their own
attachments.

Every such row of fragments is a molecule: each has complete valences, and a single bond replaces
one hydrogen.

Source: Jin et al., ICML 2018, arXiv:1802.04364 (trees of parts); Noutahi et al., Digital
    Discovery 3:796, 2024, arXiv:2310.10773 (fragments in a row).
"""

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from rdkit import Chem

from ingenium.domains.molecules.language import ATOMS

PLACE = "*"
NOTHING = "*[H]"  # a hydrogen, at an unused attachment point
METHYL = "*C"
_RING = re.compile(r"\d|%\d\d")
_pieces = re.compile(ATOMS).findall


@dataclass(frozen=True)
class Fragment:
    """A fragment of a molecule, as text."""

    text: str

    @property
    def root(self) -> bool:
        """True if it can be the first of a molecule; the others need a parent."""
        return not self.text.startswith(PLACE)

    @property
    def places(self) -> int:
        """Number of attachment points for other fragments."""
        return self.text.count(PLACE) - (not self.root)

    @cached_property
    def pieces(self) -> list[str | int]:
        """Parts of the text: texts, and numbers of its ring closures."""
        bare = self.text if self.root else self.text[1:]
        return [int(p.lstrip("%")) if _RING.fullmatch(p) else p for p in _pieces(bare)]

    @property
    def atoms(self) -> int:
        """Number of atoms other than hydrogen."""
        texts = [p for p in self.pieces if isinstance(p, str)]
        return sum(p[0].isalpha() or p[0] == "[" for p in texts) - texts.count("[H]")


def cut(mol: Chem.Mol, known: Collection[str] | None = None) -> list[str]:
    """Return the fragments of a molecule in one piece, starting at its first atom.

    A fragment that is not `known` is written with all its attachment points (`bare`), with hydrogen
    at the unused ones.
    """
    n = mol.GetNumAtoms()
    bonds = [b.GetIdx() for b in mol.GetBonds() if _is_cut(b)]
    labels = [(0, 0)] * len(bonds)
    whole = Chem.FragmentOnBonds(mol, bonds, dummyLabels=labels) if bonds else mol
    atoms: list[tuple[int, ...]] = []
    parts = Chem.GetMolFrags(whole, asMols=True, sanitizeFrags=False, fragsMolAtomMapping=atoms)
    where = {atom: (part, i) for part, own in enumerate(atoms) for i, atom in enumerate(own)}
    found: list[str] = []
    ahead: list[int | None] = [0]  # first atoms of the fragments that are still to be written
    while ahead:
        first = ahead.pop()
        if first is None:
            found.append(NOTHING)
            continue
        part, start = where[first]
        text = Chem.MolToSmiles(parts[part], isomericSmiles=False, rootedAtAtom=start)
        places = [k for i in _order(parts[part]) if i != start and (k := atoms[part][i]) >= n]
        # A cut adds two atoms in a row, one to each side.
        hang: list[int | None] = [n + ((k - n) ^ 1) for k in places]
        if known is not None and text not in known:
            text, at = opened(text)
            hang = [None if k is None else hang[k] for k in at]
        found.append(text)
        ahead += reversed(hang)
    return found


def opened(text: str) -> tuple[str, list[int | None]]:
    """Return a fragment with an attachment point for every hydrogen, and the origin of each."""
    mol = Chem.MolFromSmiles(text)
    own = [a for a in mol.GetAtoms() if a.GetAtomicNum() == 0 and (a.GetIdx() or text[0] != PLACE)]
    for place, atom in enumerate(own):
        (near,) = atom.GetNeighbors()
        atom.SetAtomicNum(1)
        near.SetProp(
            "places", f"{near.GetProp('places') if near.HasProp('places') else ''}{place} "
        )
    mol = Chem.RemoveHs(mol)
    bare = Chem.MolToSmiles(mol, isomericSmiles=False, rootedAtAtom=0)
    atoms = [mol.GetAtomWithIdx(i) for i in _order(mol)]
    free = [a.GetTotalNumHs() for a in atoms]
    taken = [[*map(int, a.GetProp("places").split())] if a.HasProp("places") else [] for a in atoms]
    at = [k for own, h in zip(taken, free, strict=True) for k in (*own, *(None,) * (h - len(own)))]
    return _with_places(bare, free), at


def _with_places(bare: str, free: Sequence[int]) -> str:
    """A text with as many attachment points after each atom as it has hydrogens."""
    out, left = [], iter(free)
    waiting = 0  # attachment points of the last atom, which follow its ring closures
    for piece in _pieces(bare):
        if not _RING.fullmatch(piece):
            out.append(f"({PLACE})" * waiting)
            waiting = 0
            if piece[0] in "[*" or piece[0].isalpha():
                waiting = next(left)
                piece = re.sub(r"(?<=.)H\d?", "", piece) if piece[0] == "[" else piece
        out.append(piece)
    return "".join(out) + f"({PLACE})" * waiting


def _order(mol: Chem.Mol) -> list[int]:
    """Atoms in the order of the text that was written last."""
    order: list[int] = list(mol.GetPropsAsDict(True, True)["_smilesAtomOutputOrder"])
    return order


def _is_cut(bond: Chem.Bond) -> bool:
    """Return whether a bond is single, outside of rings, and not between two charges."""
    charged = bond.GetBeginAtom().GetFormalCharge() and bond.GetEndAtom().GetFormalCharge()
    single = bond.GetBondType() == Chem.BondType.SINGLE
    return single and not charged and not bond.IsInRing()


def joined(fragments: Sequence[Fragment]) -> str:
    """Return the SMILES of a row of fragments; missing ones are methyl."""
    rest = iter(fragments)
    count = 0

    def written(fragment: Fragment) -> Iterator[str]:
        nonlocal count
        base = count
        count += max((p for p in fragment.pieces if isinstance(p, int)), default=0)
        for piece in fragment.pieces:
            if isinstance(piece, int):
                yield _closure(base + piece)
            elif piece == PLACE:
                following = next(rest, None)
                yield from [METHYL[1:]] if following is None else written(following)
            else:
                yield piece

    first = next(rest, None)
    return "" if first is None else "".join(written(first))


def _closure(number: int) -> str:
    if number < 10:
        return str(number)
    return f"%{number}" if number < 100 else f"%({number})"
