"""Scores of a library: similarity to held-out molecules, and diversity."""

from collections.abc import Collection, Mapping, Sequence

import numpy as np

from ingenium.domains.molecules.metrics.chemnet import features, frechet, gaussian
from ingenium.domains.molecules.metrics.tanimoto import diversity, mean_of_nearest
from ingenium.kits.chemistry.likeness import fingerprints, scaffold
from ingenium.kits.chemistry.parsing import canonical, parsed

FEWEST = 2


def scores(
    proposed: Sequence[str], held_out: Sequence[str], training: Collection[str]
) -> Mapping[str, float]:
    """Return shares of valid, unique and new molecules, diversity, and similarity to held-out ones.

    Source: Polykovskiy et al., Frontiers in Pharmacology 11:565644, 2020; Preuer et al., J. Chem.
        Inf. Model. 58:1736, 2018 (Fréchet ChemNet distance).
    """
    mols = [m for m in map(parsed, proposed) if m is not None]
    found = [canonical(m) for m in mols]
    table = {"valid": len(found) / max(len(proposed), 1)}
    if len(found) < FEWEST:
        return table
    own = fingerprints(mols)
    others = fingerprints([m for m in map(parsed, held_out) if m is not None])
    return table | {
        "unique": len(set(found)) / len(found),
        "novel": len(set(found) - set(training)) / len(set(found)),
        "internal_diversity": diversity(own),
        "scaffolds": len({scaffold(m) for m in mols}) / len(mols),
        "nearest_held_out": mean_of_nearest(own, others),
        "frechet_chemnet": frechet(gaussian(features(found)), gaussian(_features(held_out))),
    }


def _features(smiles: Sequence[str]) -> np.ndarray:
    return features(list(smiles))
