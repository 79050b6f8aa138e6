"""The whole table of metrics of a library."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence

import numpy as np
from scipy.stats import wasserstein_distance

from benchmarks.moses.facts import BITS, PROPERTIES, Facts, all_facts
from ingenium.core.errors import InputError
from ingenium.core.problem import Watch, silent
from ingenium.domains.molecules.data import Statistics
from ingenium.domains.molecules.metrics.chemnet import features, frechet, gaussian
from ingenium.domains.molecules.metrics.tanimoto import diversity, mean_of_nearest

UNIQUE_AT = (1000, 10000)
FEWEST = 2  # valid molecules, for a covariance


def suite(
    smiles: Sequence[str],
    train: Collection[str],
    references: Mapping[str, Statistics],
    *,
    processes: int = 1,
    watch: Watch = silent,
) -> dict[str, float]:
    """All metrics of MOSES, named and defined as there.

    Args:
        smiles: SMILES of the library as generated, invalid and repeated ones included.
        train: canonical SMILES that are not novel.
        references: statistics by the name that the metrics carry, such as `Test`; properties are
            compared with the first.
        processes: processes for RDKit.
        watch: called with the progress.

    Raises:
        InputError: for fewer than two valid molecules.
    """
    watch("molecules", 0, 1)
    found = [f for f in all_facts(list(smiles), processes=processes) if f is not None]
    if len(found) < FEWEST:
        raise InputError("at least two valid molecules", f"{len(found)} of {len(smiles)}")
    texts = [f.smiles for f in found]
    table = {"valid": len(found) / len(smiles)}
    table |= {f"unique@{k}": len(set(texts[:k])) / len(texts[:k]) for k in UNIQUE_AT}
    bits = np.unpackbits(np.stack([f.fingerprint for f in found]), axis=1, count=BITS)
    cloud = gaussian(features(texts, watch))
    counted = Counter(part for f in found for part in f.fragments)
    scaffolds = Counter(f.scaffold for f in found if f.scaffold)
    for name, known in references.items():
        table[f"FCD/{name}"] = frechet((known.mean, known.covariance), cloud)
        table[f"SNN/{name}"] = mean_of_nearest(bits, known.fingerprints, watch)
        table[f"Frag/{name}"] = cosine(known.fragments, counted)
        table[f"Scaf/{name}"] = cosine(known.scaffolds, scaffolds)
    table["IntDiv"] = diversity(bits)
    table["IntDiv2"] = diversity(bits, power=2)
    table["Filters"] = float(np.mean([f.passes for f in found]))
    table |= _properties(found, next(iter(references.values())))
    table["Novelty"] = len(set(texts) - set(train)) / len(set(texts))
    return table


def _properties(found: Sequence[Facts], known: Statistics) -> dict[str, float]:
    """Wasserstein distance of each property to the reference."""
    values = np.array([f.properties for f in found])
    return {
        name: float(wasserstein_distance(known.properties[name], values[:, i]))
        for i, name in enumerate(PROPERTIES)
    }


def cosine(first: Mapping[str, int], second: Mapping[str, int]) -> float:
    """Cosine of the angle between two tables of counts; 0 where one is empty."""
    product = sum(count * second.get(name, 0) for name, count in first.items())
    norms = [np.sqrt(float(sum(c * c for c in counts.values()))) for counts in (first, second)]
    return float(product / (norms[0] * norms[1])) if min(norms) else 0.0
