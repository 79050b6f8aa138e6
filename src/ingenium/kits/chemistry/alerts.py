"""Structural alerts (assay interference, reactive or toxic groups) and the filters of MOSES."""

from functools import cache

import pandas as pd
from rdkit import Chem, DataStructs
from rdkit.Chem import FilterCatalog

from ingenium.kits.chemistry import sources

ELEMENTS = frozenset({"C", "N", "S", "O", "F", "Cl", "Br", "H"})  # elements that MOSES allows
LARGEST_RING = 7  # atoms; the largest ring that MOSES allows


def alerts(mol: Chem.Mol) -> list[str]:
    """Return the names of the PAINS and Brenk alerts that a molecule raises.

    Source: Baell and Holloway, J. Med. Chem. 53:2719, 2010; Brenk et al., ChemMedChem 3:435, 2008.
    """
    return [str(m.GetDescription()) for m in _catalogue().GetMatches(mol)]


@cache
def _catalogue() -> FilterCatalog.FilterCatalog:
    requested = FilterCatalog.FilterCatalogParams()
    requested.AddCatalog(requested.FilterCatalogs.PAINS)
    requested.AddCatalog(requested.FilterCatalogs.BRENK)
    return FilterCatalog.FilterCatalog(requested)


def breaks_moses(mol: Chem.Mol) -> str:
    """Return the first filter of MOSES that a molecule breaks, or "" where it passes all.

    Source: Polykovskiy et al., Frontiers in Pharmacology 11:565644, 2020, section 2.1: ring of
        eight atoms or more, charge, an element that is not in `ELEMENTS`, medicinal chemistry
        filters (MCF) and PAINS; the patterns are those of the package.
    """
    if any(len(ring) > LARGEST_RING for ring in mol.GetRingInfo().AtomRings()):
        return "large ring"
    if any(a.GetFormalCharge() for a in mol.GetAtoms()):
        return "charge"
    if any(a.GetSymbol() not in ELEMENTS for a in mol.GetAtoms()):
        return "element"
    whole = Chem.AddHs(mol)  # several patterns match explicit hydrogens
    bits = Chem.PatternFingerprint(whole)
    possible = ((name, p) for name, p, own in _moses() if DataStructs.AllProbeBitsMatch(own, bits))
    return next((name for name, p in possible if whole.HasSubstructMatch(p)), "")


@cache
def _moses() -> tuple[tuple[str, Chem.Mol, DataStructs.ExplicitBitVect], ...]:
    """Name, pattern and fingerprint of each filter, whose bits are all in those of a match."""
    mcf = pd.read_csv(sources.content(sources.MOSES_FILTERS["mcf"]))
    pains = pd.read_csv(
        sources.content(sources.MOSES_FILTERS["wehi_pains"]), names=["smarts", "names"]
    )
    both = pd.concat([mcf, pains])
    rows = zip(both["names"], both["smarts"], strict=True)
    named = ((name.strip(), Chem.MolFromSmarts(smarts.strip())) for name, smarts in rows)
    return tuple((name, p, Chem.PatternFingerprint(p)) for name, p in named)
