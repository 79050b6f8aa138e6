"""Hazard points of substances in a flask, after the hazard classes of the CLP regulation.

One point for substances that burn skin or eyes or are common flammable gases or liquids, two for
toxic and sensitising ones and strong alkylating or acylating gases or vapours, three for those that
kill in small amounts, cause cancer, explode, or burn with water. The points order routes; they
replace no safety data sheet.

Source: the classes of Regulation (EC) 1272/2008; the points are this package's.
"""

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from rdkit import Chem

from ingenium.domains.molecules.route.reaction import molecule
from ingenium.domains.molecules.route.route import Route
from ingenium.kits.chemistry.alerts import alerts

GROUPS: Mapping[str, tuple[str, int]] = MappingProxyType(
    {
        "an azide": ("[NX2,NX1-]=,-[NX2+]=,#[NX1-,NX1]", 3),
        "a hydrazine": ("[NX3;!$(N[C,S]=O);!$(N=*)][NX3;H2]", 3),
        "an acyl chloride or chloroformate": ("[CX3](=O)Cl", 1),
        "a sulfonyl chloride": ("S(=O)(=O)Cl", 1),
        "an anhydride": ("[CX3](=O)O[CX3]=O", 1),
        "an isocyanate": ("N=C=[O,S]", 2),
        "an epoxide": ("C1OC1", 3),
        "a primary alkyl bromide or iodide": ("[CX4;H2,H3][Br,I]", 2),
        "a haloketone": ("[CX3](=O)[CX4][Cl,Br]", 2),
        "an organomagnesium": ("[#6][Mg]", 2),
        "an activated alkene": ("[CH2]=[CH][$(C=O),$(C#N)]", 2),
        "a nitroarene": ("c[N+](=O)[O-]", 1),
        "a thiol": ("[SX2H1]", 1),
    }
)
NAMED: Mapping[str, int] = MappingProxyType(  # by SMILES
    {"C=O": 3, "NN": 3, "CI": 3, "CBr": 3, "C=CC#N": 3, "N": 1, "CN": 1, "c1ccccc1": 3, "CO": 2}
)


@cache
def points(smiles: str) -> int:
    """Return the most points of any group of a molecule."""
    mol = molecule(smiles)
    found = [p for _, (query, p) in _queries().items() if mol.HasSubstructMatch(query)]
    return max([NAMED.get(smiles, 0), *found])


def named(smiles: str) -> tuple[str, ...]:
    """Return the names of the groups that give a molecule points."""
    mol = molecule(smiles)
    found = [name for name, (query, _) in _queries().items() if mol.HasSubstructMatch(query)]
    return (*found, *(("by its name",) if smiles in NAMED else ()))


def hazards(route: Route) -> int:
    """Return the points of all conditions, inputs and isolated intermediates of a route."""
    inside = {r for step in route.steps for r in step.reactants}
    return sum(step.kind.hazard for step in route.steps) + sum(map(points, inside))


@cache
def alerted(smiles: str) -> int:
    """Return the number of structural alerts (Brenk and PAINS) of a molecule."""
    return len(alerts(molecule(smiles)))


@cache
def _queries() -> Mapping[str, tuple[Chem.Mol, int]]:
    return {name: (Chem.MolFromSmarts(smarts), p) for name, (smarts, p) in GROUPS.items()}
