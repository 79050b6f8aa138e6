"""Reaction as a pair of templates: one takes a product apart, the other makes it again.

The two are written separately. A disconnection counts only if the forward template, with its own
stricter demands on the reactants, reproduces the product.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from itertools import product as combinations

from rdkit import Chem, rdBase
from rdkit.Chem import AllChem, Descriptors

from ingenium.domains.molecules.route.groups import RIVALS
from ingenium.kits.chemistry.parsing import canonical

MOST_OUTCOMES = 60  # of one template on one set of reactants
CACHED = 200_000  # cached texts and molecules


@dataclass(frozen=True)
class Reaction:
    """A reaction of the table: its templates, reagents and by-products.

    `reagents` and `byproducts` are amounts in mol per mol of product with SMILES, so that the
    equation balances to the atom, without catalysts and solvents. `rivals` name groups that also
    react under the conditions.
    """

    name: str
    kind: str  # class of yields
    backward: str  # SMARTS of the product >> those of the reactants
    forward: str  # SMARTS of the reactants >> that of the product
    reagents: tuple[tuple[float, str], ...] = ()
    byproducts: tuple[tuple[float, str], ...] = ()
    rivals: tuple[str, ...] = ()
    hazard: int = 0  # points of reagents, catalysts and conditions
    in_turn: bool = False  # both reactants are of one kind and are added one after the other

    @property
    def arity(self) -> int:
        """Number of reactants."""
        return int(self._make.GetNumReactantTemplates())

    @cached_property
    def _break(self) -> AllChem.ChemicalReaction:
        return _compiled(self.backward)

    @cached_property
    def _make(self) -> AllChem.ChemicalReaction:
        return _compiled(self.forward)

    @cached_property
    def _rivals(self) -> tuple[Chem.Mol, ...]:
        return tuple(_query(RIVALS[name]) for name in self.rivals)

    def precursors(self, product: Chem.Mol) -> list[tuple[str, ...]]:
        """Return sets of reactants into which the template splits a molecule, not yet checked."""
        return list(dict.fromkeys(_run(self._break, (product,))))

    def outcomes(self, reactants: Sequence[Chem.Mol]) -> list[str]:
        """Return all products of the reactants in this order."""
        return list(dict.fromkeys(whole for (whole,) in _run(self._make, reactants)))

    def makes(self, reactants: Sequence[str], product: str) -> bool:
        """Return whether the forward template makes the product from the reactants."""
        mols = [molecule(s) for s in reactants]
        return len(mols) == self.arity and product in self.outcomes(mols)

    def conflicts(self, reactants: Sequence[str], product: str) -> tuple[str, ...]:
        """Return other products of the reactants, and other groups that would react, in words."""
        mols = [molecule(s) for s in dict.fromkeys(reactants)]
        ordered = [tuple(molecule(s) for s in reactants)]
        if not self.in_turn:
            ordered += list(combinations(mols, repeat=self.arity))
        others = {s for tried in ordered for s in self.outcomes(tried)} - {product}
        rivals = [
            name
            for name, query in zip(self.rivals, self._rivals, strict=True)
            if any(m.HasSubstructMatch(query) for m in mols)
        ]
        reported = [f"also gives {s}" for s in sorted(others)]
        return (*reported, *(f"also changes {name}" for name in rivals))


@cache
def _compiled(smarts: str) -> AllChem.ChemicalReaction:
    with rdBase.BlockLogs():
        reaction = AllChem.ReactionFromSmarts(smarts)
        reaction.Initialize()
    return reaction


@cache
def _query(smarts: str) -> Chem.Mol:
    return Chem.MolFromSmarts(smarts)


def _run(reaction: AllChem.ChemicalReaction, mols: Sequence[Chem.Mol]) -> Iterator[tuple[str, ...]]:
    """Canonical texts of each outcome with valid valences."""
    with rdBase.BlockLogs():
        for found in reaction.RunReactants(tuple(mols), MOST_OUTCOMES):
            texts = tuple(map(_text, found))
            if all(texts):
                yield texts


def _text(mol: Chem.Mol) -> str:
    """Canonical text of a template's outcome, or "" where it is no molecule."""
    mol.UpdatePropertyCache(strict=False)
    return _settled(canonical(mol))


@lru_cache(maxsize=CACHED)
def _settled(text: str) -> str:
    """Text after parsing, which normalises bonds and valences."""
    mol = None if "." in text else Chem.MolFromSmiles(text)
    if mol is None or Descriptors.NumRadicalElectrons(mol):
        return ""
    return canonical(mol)


@lru_cache(maxsize=CACHED)
def molecule(smiles: str) -> Chem.Mol:
    """Parse a molecule, cached."""
    return Chem.MolFromSmiles(smiles)
