"""Skeletons that join several required groups, cut from molecules that contain them all.

A skeleton is the union of one match of each group, the shortest paths between them, and every ring
that it enters, so that it is a molecule itself.

Source: the linkers and scaffolds of Bemis and Murcko, J. Med. Chem. 39:2887, 1996, for chosen
    groups in place of ring systems.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations, islice, product

from rdkit import Chem

from ingenium.kits.chemistry.parsing import canonical, parsed

CUT = Chem.MolFromSmarts("[*;!#1]-;!@[*;!#1]")  # a single bond outside rings
MATCHES = 4  # of each group in a molecule, of which the nearest to each other are joined


def skeletons(queries: Sequence[Chem.Mol], smiles: Iterable[str]) -> Iterator[Chem.Mol]:
    """Yield the skeleton of each molecule that contains all groups, each skeleton once."""
    seen = set[str]()
    for text in smiles:
        mol = parsed(text)
        if mol is None or not all(mol.HasSubstructMatch(q) for q in queries):
            continue
        found = skeleton(queries, mol)
        if found is not None and (own := canonical(found)) not in seen:
            seen.add(own)
            yield found


def skeleton(queries: Sequence[Chem.Mol], mol: Chem.Mol) -> Chem.Mol | None:
    """Return the smallest skeleton of a molecule that contains all groups; None without one."""
    each = [list(islice(mol.GetSubstructMatches(q), MATCHES)) for q in queries]
    if not all(each):
        return None
    unions = [_joined(mol, own) for own in product(*each)]
    whole = min(unions, key=lambda union: len(union))
    plain = Chem.Mol(mol)
    Chem.Kekulize(plain, clearAromaticFlags=True)
    text = Chem.MolFragmentToSmiles(plain, sorted(whole), kekuleSmiles=True)
    found = parsed(text)
    fits = found is not None and all(found.HasSubstructMatch(q) for q in queries)
    return found if fits else None


def parts(queries: Sequence[Chem.Mol], mol: Chem.Mol) -> Iterator[Chem.Mol]:
    """Yield what one or two cuts of single bonds outside rings leave of a molecule, each once.

    A part contains all groups; where branches were, others can grow.
    """
    bonds = [mol.GetBondBetweenAtoms(*ends).GetIdx() for ends in mol.GetSubstructMatches(CUT)]
    seen = set[str]()
    for own in (*combinations(bonds, 1), *combinations(bonds, 2)):
        for piece in Chem.GetMolFrags(Chem.FragmentOnBonds(mol, own, False), asMols=True):
            if all(piece.HasSubstructMatch(q) for q in queries):
                text = canonical(piece)
                if text not in seen:
                    seen.add(text)
                    yield piece


def _joined(mol: Chem.Mol, matches: Sequence[tuple[int, ...]]) -> set[int]:
    """Atoms of some matches, with the paths between them and the rings that they enter."""
    first, *rest = map(set, matches)
    atoms = set(first)
    for other in rest:
        if atoms & other:
            atoms |= other
            continue
        paths = [set[int](Chem.GetShortestPath(mol, a, b)) for a in atoms for b in other]
        atoms |= other | min(paths, key=lambda path: len(path))
    rings = [set(ring) for ring in mol.GetRingInfo().AtomRings()]
    while entered := [ring for ring in rings if len(ring & atoms) > 1 and not ring <= atoms]:
        atoms |= set[int]().union(*entered)
    return atoms
