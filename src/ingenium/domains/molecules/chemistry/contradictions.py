"""What can be seen of a wish to be impossible before anything is proposed.

Only what is certain is refused: a query that never matches what it seems to draw, groups to keep
that hold one to avoid, a group that every molecule holds, and limits that are too narrow for a
group to keep.
"""

import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType

from rdkit import Chem, rdBase

from ingenium.core.errors import InputError
from ingenium.core.spec import Limit

SURE = re.compile(r"[A-Za-z]{1,2}|\[#\d+\]")  # holds in a part as it does in the whole
SYMBOL = re.compile(r"[A-Z][a-z]?")
EVERYWHERE = tuple(map(Chem.MolFromSmiles, ("C", "CC", "C=C", "C#C", "c1ccccc1", "FC(F)(F)F")))
"""Molecules without a group in common; a query that matches all of them leaves none."""
COUNTS = frozenset(
    {
        *("heavy_atoms", "pieces", "radicals", "charge", "donors", "acceptors", "rotatable"),
        *("rings", "aromatic_rings", "largest_ring", "alerts", "moses_filters", "open_centres"),
        *("groups_missing", "groups_unwanted", "in_training"),
    }
)
SHARES = frozenset({"qed", "sp3", "similarity", "nearest_known", "solubility_typical"})
LEAST: Mapping[str, float] = MappingProxyType(
    dict.fromkeys(COUNTS - {"charge"} | SHARES | {"tpsa", "gap", "dipole"}, 0.0)
    | {"weight": 1.0, "sa_score": 1.0, "heavy_atoms": 1.0, "pieces": 1.0}
)
MOST: Mapping[str, float] = MappingProxyType(
    dict.fromkeys((*SHARES, "moses_filters", "in_training"), 1.0) | {"sa_score": 10.0}
)


def check_drawn(text: str, query: Chem.Mol, what: str) -> None:
    """Refuse a query that reads as a molecule and does not match that molecule.

    Raises:
        InputError: for it, such as a benzene ring with written double bonds.
    """
    if "[" in text:
        return
    with rdBase.BlockLogs():
        mol = Chem.MolFromSmiles(text) or Chem.MolFromSmiles(f"C{text}")  # nitro, open to a side
    if mol is None or mol.HasSubstructMatch(query):
        return
    raise InputError(
        f"{what} as it stands in molecules: aromatic rings in small letters, charges in nitro",
        f'"{text}", which does not even match the molecule that it draws',
        f'Write "{Chem.MolToSmarts(mol)}".',
    )


def check_apart(keep: Mapping[str, Chem.Mol], avoid: Mapping[str, Chem.Mol]) -> None:
    """Refuse groups to keep that hold one to avoid, and one to avoid that all molecules hold.

    Raises:
        InputError: naming the groups.
    """
    for other, query in avoid.items():
        if all(mol.HasSubstructMatch(query) for mol in EVERYWHERE):
            raise InputError(
                "groups to avoid that leave some molecules",
                f'avoid "{other}", which every one holds',
                "Remove it, or write more of the group.",
            )
        for text, kept in keep.items():
            if other == text or _holds(kept, query):
                raise InputError(
                    "groups to keep that hold no group to avoid",
                    f'keep "{text}" with avoid "{other}"',
                    "Remove one of the two.",
                )


def _holds(kept: Chem.Mol, query: Chem.Mol) -> bool:
    """Whether whatever matches one query matches another for sure."""
    whole = Chem.Mol(kept)
    whole.UpdatePropertyCache(strict=False)
    Chem.FastFindRings(whole)
    asked = [atom.GetSmarts() for atom in query.GetAtoms()]
    there = [atom.GetSmarts() for atom in whole.GetAtoms()]
    return any(
        all(SURE.fullmatch(a) or a == there[i] for a, i in zip(asked, match, strict=True))
        for match in whole.GetSubstructMatches(query)
    )


def check_written(keep: Mapping[str, Chem.Mol], pieces: Sequence[str], longest: int) -> None:
    """Refuse groups that the pieces of a language cannot write, or not in so many characters.

    Raises:
        InputError: naming the group, and what of it there is none of.
    """
    symbols = {found[0] for p in pieces if (found := SYMBOL.findall(p.strip("[]")))}
    charges = any(piece.endswith(("+]", "-]")) for piece in pieces)
    for text, query in keep.items():
        atoms = [a for a in query.GetAtoms() if not set(a.GetSmarts()) & set(",!$*;")]
        absent = {a.GetSymbol() for a in atoms if a.GetAtomicNum() > 1} - symbols
        absent |= {"charges" for a in atoms if a.GetFormalCharge() and not charges}
        if absent:
            raise InputError(
                f"groups to keep of {', '.join(sorted(symbols - {'H'}))}"
                f"{' and charges' if charges else ''}, as the known molecules are",
                f'keep "{text}", with {" and ".join(sorted(absent))}',
                'Write another group, or source = "zinc250k", which has P, I and charges.',
            )
        if len(query.GetAtoms()) > longest:
            raise InputError(
                f"groups to keep of at most {longest} atoms",
                f"one of {len(query.GetAtoms())}",
                "Write a smaller group.",
            )


def check_limits(limits: Sequence[Limit], keep: Mapping[str, Chem.Mol]) -> None:
    """Refuse limits that no molecule meets, or none with the groups to keep.

    Limits are in the units of their quantities.

    Raises:
        InputError: naming the limit, and the group if it is one that stands in the way.
    """
    for limit in limits:
        name = limit.quantity
        low = -1e300 if limit.at_least is None else limit.at_least
        high = 1e300 if limit.at_most is None else limit.at_most
        if high < LEAST.get(name, -1e300) or low > MOST.get(name, 1e300):
            ends = f"is {LEAST.get(name, 0):g} or more"
            ends += f" and {MOST[name]:g} or less" if name in MOST else ""
            raise _impossible(limit, f"{name}, which {ends}")
        if name in COUNTS and -(-low // 1) > high:
            raise _impossible(limit, f"{name}, which is a whole number")
        for text, query in keep.items():
            needed = _needed(query).get(name, -1e300)
            if high < needed:
                raise _impossible(limit, f'{name} with "{text}", which alone takes {needed:g}')


def _needed(query: Chem.Mol) -> dict[str, float]:
    """What a molecule has at least that holds a group."""
    table = Chem.GetPeriodicTable()
    heavy = [atom for atom in query.GetAtoms() if atom.GetAtomicNum() != 1]
    sure = [a.GetAtomicNum() for a in heavy if SURE.fullmatch(a.GetSmarts())]
    counted = len(query.GetAtoms()) == len(heavy) and len(Chem.GetMolFrags(query)) == 1
    return {
        "heavy_atoms": float(len(heavy)) if counted else 0.0,
        "weight": float(sum(table.GetAtomicWeight(n) for n in sure)) if counted else 0.0,
        "rings": float(query.GetNumBonds() - query.GetNumAtoms() + 1) if counted else 0.0,
        "aromatic_rings": float(_benzenes(query)),
    }


def _benzenes(query: Chem.Mol) -> int:
    """How many rings of six plain c share no atom.

    Of other rings, and of rings that share atoms, less is certain: each half of azulene is made of
    aromatic atoms and RDKit counts neither, as bonds that two rings share need not be aromatic.
    Six c are such a half only where one of them is a ketone, in tautomers that are hardly ever
    written: of 40,000 molecules of MOSES and ZINC250k in none.
    """
    whole = Chem.Mol(query)
    Chem.FastFindRings(whole)
    used: set[int] = set()
    found = 0
    for ring in whole.GetRingInfo().AtomRings():
        plain = all(whole.GetAtomWithIdx(i).GetSmarts() == "c" for i in ring)
        if plain and len(ring) == 6 and not used & set(ring):
            used |= set(ring)
            found += 1
    return found


def _impossible(limit: Limit, why: str) -> InputError:
    ends = {"at_least": limit.at_least, "at_most": limit.at_most}
    told = ", ".join(f"{k} = {v:g}" for k, v in ends.items() if v is not None)
    return InputError(f"a limit that some molecule meets on {why}", told, "Widen the limit.")
