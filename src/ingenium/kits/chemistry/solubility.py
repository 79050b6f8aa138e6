"""Solubility in water, predicted from measurements, with calibrated intervals.

Source: Delaney, J. Chem. Inf. Comput. Sci. 44:1000, 2004 (descriptors); Rasmussen and Williams,
    Gaussian Processes for Machine Learning, 2006; Lei et al., J. Am. Stat. Assoc. 113:1094, 2018,
    section 5.2 (intervals in units of the model's own deviation).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from jaxtyping import Float
from rdkit import Chem
from rdkit.Chem import Crippen, Descriptors, GraphDescriptors, rdMolDescriptors

from ingenium.core.digest import digest
from ingenium.core.quantity import Quantity
from ingenium.core.recipe import Arrays, Recipe
from ingenium.evaluate.gaussian_process import GaussianRegression
from ingenium.kits.chemistry.attribution import Shares, shares
from ingenium.kits.chemistry.measurements import solubility
from ingenium.kits.chemistry.packages import release_of
from ingenium.kits.chemistry.parsing import canonical, parsed
from ingenium.trust.conformal import bound, shift, typical

COVERAGE = 0.9
CALIBRATION = 0.25  # share of the training molecules that calibrates the width
TUNED_ON = 400  # molecules on which the kernel is tuned; the cost grows with their number cubed
HALOGENS = frozenset({9, 17, 35, 53})

QUANTITIES = (
    Quantity("solubility", "1", "predicted logarithm of the solubility in water in mol/L"),
    Quantity("solubility_low", "1", "lower end of its 90 % interval"),
    Quantity("solubility_high", "1", "upper end of its 90 % interval"),
    Quantity("solubility_strange", "1", "deviation of the model over that at measured molecules"),
    Quantity(
        "solubility_typical",
        "1",
        "share of measured molecules that are at least as strange; 0.05 or less: outside the data",
    ),
)
OUTSIDE = 0.05  # p-value below which a batch counts as outside the data


def descriptors(mol: Chem.Mol) -> tuple[float, ...]:
    """Return numbers of the molecular graph on which solubility depends."""
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
    """Predicted values and intervals of a batch of molecules.

    Shapes: n molecules.
    """

    value: Float[np.ndarray, " n"]
    low: Float[np.ndarray, " n"]
    high: Float[np.ndarray, " n"]
    strange: Float[np.ndarray, " n"]  # 1 for molecules like the calibration ones; above: unlike
    typical: Float[np.ndarray, " n"]  # conformal p-value of `strange`; uniform in the data


@dataclass(frozen=True)
class Regression:
    """A Gaussian process on standardised descriptors.

    Shapes: d descriptors.
    """

    mean: Float[np.ndarray, " d"]
    spread: Float[np.ndarray, " d"]
    process: GaussianRegression

    def at(
        self, x: Float[np.ndarray, "n d"]
    ) -> tuple[Float[np.ndarray, " n"], Float[np.ndarray, " n"]]:
        """Return value and standard deviation at each row."""
        z = (x - self.mean) / np.where(self.spread > 0, self.spread, 1)
        return self.process.predict(z)


@dataclass(frozen=True)
class SolubilityModel:
    """A regression calibrated on molecules that it was not fitted to.

    Shapes: m calibration molecules.
    """

    regression: Regression
    distance: Float[np.ndarray, " m"]  # absolute errors in units of the deviation
    deviation: Float[np.ndarray, " m"]  # of the regression at the calibration molecules

    def width(self, coverage: float = COVERAGE) -> float:
        """Return the half-width in deviations for a coverage; infinite with too little data."""
        return bound(self.distance, coverage)

    def predict(self, mols: Sequence[Chem.Mol]) -> Prediction:
        """Return value and interval of each molecule."""
        return self.at(np.array([descriptors(m) for m in mols]))

    def at(self, x: Float[np.ndarray, "n d"], coverage: float = COVERAGE) -> Prediction:
        """Return value and interval of each row of descriptors."""
        value, deviation = self.regression.at(x)
        half = self.width(coverage) * deviation
        strange = deviation / float(np.median(self.deviation))
        like = typical(deviation, self.deviation)
        return Prediction(value, value - half, value + half, strange, like)

    def shift(self, typical: Float[np.ndarray, " n"]) -> float:
        """Return the p-value of a batch under the distribution of the calibration molecules."""
        return shift(typical, len(self.deviation))


@cache
def model() -> SolubilityModel:
    """Return the model fitted to the measured training molecules without those of the test set.

    Descriptors are cached, since they take seconds.
    """
    train, tested = solubility("train"), set(solubility("test").smiles)

    def make(_: int) -> Arrays:
        mols = [parsed(s) for s in train.smiles]
        own = np.array([canonical(m) not in tested for m in mols])
        return {"own": own, "x": np.array([descriptors(m) for m in mols])}

    under = [digest([list(train.smiles), sorted(tested)]), release_of("rdkit")]
    retained = Recipe("solubility_descriptors", under, make).complete()
    own = retained["own"]
    return fitted(retained["x"][own], train.value[own], np.random.default_rng(0))


def fitted(
    x: Float[np.ndarray, "n d"], y: Float[np.ndarray, " n"], rng: np.random.Generator
) -> SolubilityModel:
    """Fit the process to three quarters of the rows and calibrate it on the rest."""
    order = rng.permutation(len(y))
    held = round(CALIBRATION * len(y))
    rest, own = order[:held], order[held:]
    made = regression(x[own], y[own])
    value, deviation = made.at(x[rest])
    return SolubilityModel(made, np.abs(y[rest] - value) / deviation, deviation)


def regression(x: Float[np.ndarray, "n d"], y: Float[np.ndarray, " n"]) -> Regression:
    """Fit the process to all rows, with its kernel tuned on the first ones."""
    from ingenium.evaluate.kernels import smooth

    mean, spread = x.mean(0), x.std(0)
    z = (x - mean) / np.where(spread > 0, spread, 1)
    process = GaussianRegression.of(z, y, smooth(3.0, 0.05), tuned=TUNED_ON)
    return Regression(mean, spread, process)


def measured(mol: Chem.Mol) -> tuple[float, ...]:
    """Return the quantities of one molecule."""
    found = model().predict([mol])
    all_five = (found.value, found.low, found.high, found.strange, found.typical)
    return tuple(float(v[0]) for v in all_five)


def explained(mol: Chem.Mol) -> Shares:
    """Return the contribution of each group of a molecule to its predicted solubility.

    The baseline is methane: a single group is a tiny molecule, whereas the mean molecule, the other
    possible baseline, is large.
    """

    def predict(mols: Sequence[Chem.Mol]) -> Float[np.ndarray, " n"]:
        return model().predict(mols).value

    return shares(mol, predict, float(predict([parsed("C")])[0]))
