"""Groups of atoms that molecules must contain or must not contain, as SMARTS."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from rdkit import Chem, rdBase

from ingenium.core.errors import InputError
from ingenium.kits.chemistry.parsing import pattern

SURE = re.compile(r"[A-Za-z]{1,2}|\[#\d+\]")  # atoms that match in a part as they do in the whole
EVERYWHERE = tuple(map(Chem.MolFromSmiles, ("C", "CC", "C=C", "C#C", "c1ccccc1", "FC(F)(F)F")))
"""Molecules without a group in common; a query that matches all of them leaves none."""


@dataclass(frozen=True)
class Groups:
    """Required and forbidden substructures, as SMARTS."""

    keep: tuple[str, ...] = ()
    avoid: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Parse the groups once.

        Raises:
            InputError: for invalid SMARTS, a group that does not match its own molecule, a required
                group that contains a forbidden one, or a forbidden group that every molecule
                contains.
        """
        for texts, what in ((self.keep, "a group to keep"), (self.avoid, "a group to avoid")):
            for text in texts:
                _check_drawn(text, pattern(text, what), what)
        _check_disjoint(self.retained, {text: pattern(text, "a group") for text in self.avoid})

    @property
    def retained(self) -> dict[str, Chem.Mol]:
        """Queries of the required groups."""
        return {text: pattern(text, "a group") for text in self.keep}

    def missing(self, mol: Chem.Mol) -> int:
        """Return the number of required groups that a molecule lacks."""
        return sum(not mol.HasSubstructMatch(pattern(text, "a group")) for text in self.keep)

    def unwanted(self, mol: Chem.Mol) -> int:
        """Return the number of forbidden groups that a molecule contains."""
        return sum(mol.HasSubstructMatch(pattern(text, "a group")) for text in self.avoid)


def _check_drawn(text: str, query: Chem.Mol, what: str) -> None:
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


def _check_disjoint(keep: Mapping[str, Chem.Mol], avoid: Mapping[str, Chem.Mol]) -> None:
    """Refuse required groups that contain a forbidden one, and forbidden ones in all molecules.

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
        for text, retained in keep.items():
            if other == text or _holds(retained, query):
                raise InputError(
                    "groups to keep that hold no group to avoid",
                    f'keep "{text}" with avoid "{other}"',
                    "Remove one of the two.",
                )


def _holds(retained: Chem.Mol, query: Chem.Mol) -> bool:
    """Return whether every molecule that matches `retained` certainly matches `query`."""
    whole = Chem.Mol(retained)
    whole.UpdatePropertyCache(strict=False)
    Chem.FastFindRings(whole)
    requested = [atom.GetSmarts() for atom in query.GetAtoms()]
    there = [atom.GetSmarts() for atom in whole.GetAtoms()]
    return any(
        all(SURE.fullmatch(a) or a == there[i] for a, i in zip(requested, match, strict=True))
        for match in whole.GetSubstructMatches(query)
    )
