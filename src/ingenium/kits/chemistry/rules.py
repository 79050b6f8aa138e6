"""Quantities computed from a molecule's graph, ordered by cost."""

from collections.abc import Callable
from dataclasses import dataclass

from rdkit import Chem
from rdkit.Chem import QED, Crippen, Descriptors, rdMolDescriptors
from rdkit.Contrib.SA_Score import sascorer

from ingenium.core.quantity import Quantity
from ingenium.kits.chemistry import parsing
from ingenium.kits.chemistry.alerts import alerts, breaks_moses


@dataclass(frozen=True)
class Rule:
    """A quantity and the function of a molecule that computes it."""

    quantity: Quantity
    of: Callable[[Chem.Mol], float]
    cost_ms: float = 0.05  # CPU time for one molecule


def _rule(
    name: str, unit: str, long_name: str, of: Callable[[Chem.Mol], float], cost_ms: float = 0.05
) -> Rule:
    return Rule(Quantity(name, unit, long_name), of, cost_ms)


def rings(mol: Chem.Mol) -> int:
    """Return the number of independent rings; RDKit counts 3 in bicyclo[2.2.2]octane."""
    return int(mol.GetNumBonds() - mol.GetNumAtoms() + len(Chem.GetMolFrags(mol)))


def largest_ring(mol: Chem.Mol) -> int:
    """Return the number of atoms of the largest ring, 0 without one."""
    return max((len(ring) for ring in mol.GetRingInfo().AtomRings()), default=0)


def unassigned_centres(mol: Chem.Mol) -> int:
    """Return the number of stereocentres and double bonds that the constitution leaves open."""
    return len(Chem.FindPotentialStereo(mol))


CHEAP = (
    _rule("heavy_atoms", "1", "atoms other than hydrogen", lambda m: m.GetNumHeavyAtoms()),
    _rule("pieces", "1", "pieces that no bond connects", lambda m: len(Chem.GetMolFrags(m))),
    _rule("radicals", "1", "unpaired electrons", parsing.radicals),
    _rule("charge", "1", "net charge in units of e", Chem.GetFormalCharge),
    _rule("weight", "g/mol", "molecular weight", Descriptors.MolWt),
    _rule("logp", "1", "octanol-water partition, Crippen's logP", Crippen.MolLogP),
    _rule("tpsa", "angstrom**2", "topological polar surface area", rdMolDescriptors.CalcTPSA),
    _rule("donors", "1", "hydrogen bond donors", rdMolDescriptors.CalcNumHBD),
    _rule("acceptors", "1", "hydrogen bond acceptors", rdMolDescriptors.CalcNumHBA),
    _rule("rotatable", "1", "rotatable bonds", rdMolDescriptors.CalcNumRotatableBonds),
    _rule("rings", "1", "independent rings", rings),
    _rule("aromatic_rings", "1", "aromatic rings", rdMolDescriptors.CalcNumAromaticRings),
    _rule("largest_ring", "1", "atoms of the largest ring", largest_ring),
    _rule("sp3", "1", "share of carbon atoms with four bonds", rdMolDescriptors.CalcFractionCSP3),
    _rule("open_centres", "1", "stereocentres and bonds left open", unassigned_centres),
)
"""Microseconds to 0.2 ms a molecule.

Source: Wildman and Crippen, J. Chem. Inf. Comput. Sci. 39:868, 1999 (logP); Ertl et al., J. Med.
    Chem. 43:3714, 2000 (TPSA); RDKit for the counts.
"""
EXPENSIVE = (
    _rule(
        "sa_score", "1", "synthetic accessibility, 1 easy to 10 hard", sascorer.calculateScore, 0.2
    ),
    _rule("qed", "1", "quantitative estimate of drug-likeness", QED.qed, 1.0),
    _rule("alerts", "1", "PAINS and Brenk alerts", lambda m: len(alerts(m)), 3.0),
    _rule(
        "moses_filters",
        "1",
        "1 if a filter of MOSES is violated",
        lambda m: bool(breaks_moses(m)),
        4.0,
    ),
)
"""0.2 to 4 ms a molecule.

Source: Ertl and Schuffenhauer, J. Cheminform. 1:8, 2009 (SA); Bickerton et al., Nature Chem. 4:90,
    2012 (QED); `alerts` for the others.
"""
RULES = (*CHEAP, *EXPENSIVE)
BY_NAME = {rule.quantity.name: rule for rule in RULES}


def measured(names: tuple[str, ...], mol: Chem.Mol) -> tuple[float, ...]:
    """Return the values of the named rules."""
    return tuple(float(BY_NAME[name].of(mol)) for name in names)
