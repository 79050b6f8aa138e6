"""Solubility in water, predicted from measured ones, with an interval that holds as often as told.

Source: Delaney, J. Chem. Inf. Comput. Sci. 44:1000, 2004 (descriptors); Rasmussen and Williams,
    Gaussian Processes for Machine Learning, 2006; Lei et al., J. Am. Stat. Assoc. 113:1094, 2018
    (split conformal intervals in units of the model's own deviation).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from jaxtyping import Float
from rdkit import Chem
from rdkit.Chem import Crippen, Descriptors, GraphDescriptors, rdMolDescriptors
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import ConstantKernel, Matern, WhiteKernel

from ingenium.core.quantity import Quantity
from ingenium.domains.molecules.chemistry.parsing import canonical, parsed
from ingenium.domains.molecules.data import solubility

COVERAGE = 0.9
CALIBRATION = 0.25  # share of the training molecules that set the width
TUNED_ON = 400  # molecules on which the kernel is tuned, which takes cubes of their number
HALOGENS = frozenset({9, 17, 35, 53})

QUANTITIES = (
    Quantity("solubility", "1", "predicted logarithm of the solubility in water in mol/L"),
    Quantity("solubility_low", "1", "lower end of its 90 % interval"),
    Quantity("solubility_high", "1", "upper end of its 90 % interval"),
    Quantity("solubility_strange", "1", "deviation of the model over that at measured molecules"),
)


def descriptors(mol: Chem.Mol) -> tuple[float, ...]:
    """Numbers of the graph on which solubility depends."""
    atoms = [a.GetAtomicNum() for a in mol.GetAtoms()]
    aromatic = sum(a.GetIsAromatic() for a in mol.GetAtoms())
    found = (
        Crippen.MolLogP(mol),
        Crippen.MolMR(mol),
        Descriptors.MolWt(mol),
        aromatic / len(atoms),
        rdMolDescriptors.CalcFractionCSP3(mol),
        rdMolDescriptors.CalcTPSA(mol),
        rdMolDescriptors.CalcNumHBD(mol),
        rdMolDescriptors.CalcNumHBA(mol),
        rdMolDescriptors.CalcNumRotatableBonds(mol),
        rdMolDescriptors.CalcNumRings(mol),
        rdMolDescriptors.CalcLabuteASA(mol),
        GraphDescriptors.BertzCT(mol),
        sum(n in HALOGENS for n in atoms),
        sum(n == 7 for n in atoms),
        sum(n == 8 for n in atoms),
    )
    return tuple(float(x) for x in found)


@dataclass(frozen=True)
class Prediction:
    """Of some molecules.

    Shapes: n molecules.
    """

    value: Float[np.ndarray, " n"]
    low: Float[np.ndarray, " n"]
    high: Float[np.ndarray, " n"]
    strange: Float[np.ndarray, " n"]  # 1 as the calibration molecules are; far above: unlike them


@dataclass(frozen=True)
class Model:
    """A Gaussian process on standardised descriptors, and the width that calibration gave it.

    Shapes: d descriptors.
    """

    mean: Float[np.ndarray, " d"]
    spread: Float[np.ndarray, " d"]
    process: Any
    width: float  # deviations to either side
    usual: float  # median deviation at calibration molecules

    def predict(self, mols: Sequence[Chem.Mol]) -> Prediction:
        """Value and interval of each molecule."""
        x = np.array([descriptors(m) for m in mols])
        value, deviation = self.process.predict((x - self.mean) / self.spread, return_std=True)
        half = self.width * deviation
        return Prediction(value, value - half, value + half, deviation / self.usual)


@cache
def model() -> Model:
    """Fitted to the measured training molecules, without those that the test set holds too."""
    train, tested = solubility("train"), set(solubility("test").smiles)
    mols = [parsed(s) for s in train.smiles]
    own = np.array([canonical(m) not in tested for m in mols])
    x = np.array([descriptors(m) for m in mols])[own]
    return fitted(x, train.value[own], np.random.default_rng(0))


def fitted(
    x: Float[np.ndarray, "n d"], y: Float[np.ndarray, " n"], rng: np.random.Generator
) -> Model:
    """The process on three quarters of the rows; the rest sets the width of the interval."""
    order = rng.permutation(len(y))
    held = round(CALIBRATION * len(y))
    rest, own = order[:held], order[held:]
    mean, spread = x[own].mean(0), x[own].std(0)
    z = (x - mean) / np.where(spread > 0, spread, 1)
    start = ConstantKernel(1.0) * Matern(length_scale=3.0, nu=2.5) + WhiteKernel(0.05)
    few = own[:TUNED_ON]
    tuned = GaussianProcessRegressor(start, normalize_y=True).fit(z[few], y[few]).kernel_
    process = GaussianProcessRegressor(tuned, optimizer=None, normalize_y=True).fit(z[own], y[own])
    value, deviation = process.predict(z[rest], return_std=True)
    apart = np.sort(np.abs(y[rest] - value) / deviation)
    place = min(int(np.ceil((held + 1) * COVERAGE)), held) - 1
    return Model(mean, spread, process, float(apart[place]), float(np.median(deviation)))


def measured(mol: Chem.Mol) -> tuple[float, ...]:
    """The quantities of one molecule."""
    found = model().predict([mol])
    return tuple(float(v[0]) for v in (found.value, found.low, found.high, found.strange))
