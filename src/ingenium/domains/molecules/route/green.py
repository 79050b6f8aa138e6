"""Material balance of a route: amounts, masses, and measures of waste.

Amounts follow from the equations and the yields. Reactants and reagents are used in stoichiometric
amounts; excess, catalysts, and work-up materials other than solvent and water are not counted.
Yields of a class of reactions and solvent per kilogram of reactants are assumptions, the same for
every route, so the measures compare routes; they do not predict a plant.

Source: Trost, Science 254:1471, 1991 (atom economy); Sheldon, Green Chem. 9:1273, 2007 (E-factor);
    Jiménez-González et al., Org. Process Res. Dev. 15:912, 2011 (process mass intensity);
    Roschangar, Sheldon and Senanayake, Green Chem. 17:752, 2015 (the simple E-factor, without
    solvents and water).
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from types import MappingProxyType

from rdkit.Chem import Descriptors

from ingenium.domains.molecules.route.chemistry import Step
from ingenium.domains.molecules.route.reaction import molecule
from ingenium.domains.molecules.route.route import Route

YIELDS: Mapping[str, float] = MappingProxyType(
    {
        "amide": 0.80,
        "hard amide": 0.70,
        "acylation": 0.85,
        "ester": 0.80,
        "sulfonamide": 0.80,
        "urea": 0.80,
        "condensation": 0.85,
        "reductive amination": 0.70,
        "borrowed hydrogen": 0.65,
        "alkylation": 0.70,
        "mitsunobu": 0.60,
        "addition": 0.75,
        "grignard": 0.65,
        "substitution": 0.70,
        "palladium amination": 0.65,
        "copper arylation": 0.60,
        "suzuki": 0.75,
        "alkyne coupling": 0.75,
        "heck": 0.65,
        "friedel-crafts": 0.65,
        "ring": 0.60,
        "click": 0.85,
        "deprotection": 0.90,
        "hydrolysis": 0.90,
        "activation": 0.95,
        "hydrogenation": 0.90,
        "reduction": 0.85,
        "oxidation": 0.80,
        "palladium cyanation": 0.70,
        "borylation": 0.70,
        "halogenation": 0.70,
    }
)
"""Of each class; round numbers of this package for a first, not optimised run."""
SOLVENT, WATER = 7.0, 4.0
"""Kilograms to one of reactants and reagents.

Source: the shares of 56 % solvents, 32 % water and 7 to 8 % reactants that the ACS Green Chemistry
    Institute Pharmaceutical Roundtable found in its members' processes, rounded.
"""
WORK = 1.0  # cost of carrying a mol through a step, which is the unit of costs
WORK_OF_HAZARD = 0.2  # more for each point of its conditions


@dataclass(frozen=True)
class Amounts:
    """Mol of all inputs per mol of target."""

    bought: dict[str, float] = field(default_factory=lambda: defaultdict(float))  # leaves
    through: dict[Step, float] = field(default_factory=lambda: defaultdict(float))  # into each step

    def reagents(self) -> dict[str, float]:
        """Return the mol of each reagent."""
        total: dict[str, float] = defaultdict(float)
        for step, mol in self.through.items():
            for amount, smiles in step.kind.reagents:
                total[smiles] += amount * mol
        return total


def amounts(route: Route, *, perfect: bool = False) -> Amounts:
    """Compute the inputs of a mol of target, with the yields of the classes or perfect ones."""
    found = Amounts()
    _need(route, route.target, 1.0, found, perfect)
    return found


def _need(route: Route, product: str, mol: float, found: Amounts, perfect: bool) -> None:
    step = route.made.get(product)
    if step is None:
        found.bought[product] += mol
        return
    into = mol / (1.0 if perfect else YIELDS[step.kind.kind])
    found.through[step] += into
    for reactant in step.reactants:
        _need(route, reactant, into, found, perfect)


def atom_economy(route: Route) -> float:
    """Return the mass share of reactants and reagents that ends in the target, at perfect yield."""
    return mass(route.target) / _bought(amounts(route, perfect=True))


def e_factor(route: Route) -> float:
    """Return kilograms of waste per kilogram of target, without solvents and water."""
    return _bought(amounts(route)) / mass(route.target) - 1.0


def intensity(route: Route) -> float:
    """Return kilograms of all inputs, including solvents and water, per kilogram of target."""
    used = amounts(route)
    inside = sum(mol * _into(step) for step, mol in used.through.items())
    return (_bought(used) + (SOLVENT + WATER) * inside) / mass(route.target)


def overall_yield(route: Route, product: str = "") -> float:
    """Return the least yield of any branch from a leaf to the target."""
    step = route.made.get(product or route.target)
    if step is None:
        return 1.0
    return YIELDS[step.kind.kind] * min(overall_yield(route, r) for r in step.reactants)


def cost(route: Route, prices: Mapping[str, float]) -> float:
    """Return the relative cost of blocks and work for a mol of target; no currency.

    Source: the recursion of Badowski et al., Chem. Sci. 10:4640, 2019: the inputs of a step and the
        step itself, over its yield.
    """
    used = amounts(route)
    work = sum(
        mol * (WORK + WORK_OF_HAZARD * step.kind.hazard) for step, mol in used.through.items()
    )
    return work + sum(mol * prices[smiles] for smiles, mol in used.bought.items())


def _bought(used: Amounts) -> float:
    """Grams of leaves and reagents."""
    both = (*used.bought.items(), *used.reagents().items())
    return sum(mol * mass(smiles) for smiles, mol in both)


def _into(step: Step) -> float:
    """Grams of reactants and reagents per mol of the equation."""
    reagents = sum(amount * mass(smiles) for amount, smiles in step.kind.reagents)
    return sum(map(mass, step.reactants)) + reagents


@cache
def mass(smiles: str) -> float:
    """Return the grams of a mol."""
    return float(Descriptors.MolWt(molecule(smiles)))
