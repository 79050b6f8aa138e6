"""A property planted by a known group on real molecules, and whether shares of groups find it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from jaxtyping import Bool, Float
from rdkit import Chem
from rdkit.Chem import Crippen
from scipy.stats import rankdata

from ingenium.domains.molecules.data import moses
from ingenium.kits.chemistry.attribution import Predict, groups, shares
from ingenium.kits.chemistry.likeness import fingerprints
from ingenium.kits.chemistry.parsing import parsed, pattern
from ingenium.kits.chemistry.solubility import descriptors, regression

MOTIFS: Mapping[str, str] = MappingProxyType(
    {"sulfonamide": "S(=O)(=O)N", "nitrile": "C#N", "furan": "o1cccc1"}
)
EFFECT, BACKGROUND, NOISE = 2.0, 0.5, 0.3  # of the motif, of a deviation of logP, and of chance
BITS = 1024
RIDGE = 0.1  # noise over signal in variance
TRAIN, DRAWN = 1500, 9000  # molecules to learn from, and in all


@dataclass(frozen=True)
class Planted:
    """Molecules with their planted numbers, and others to explain.

    Shapes: n molecules to learn from.
    """

    motif: Chem.Mol
    mols: tuple[Chem.Mol, ...]
    value: Float[np.ndarray, " n"]
    present: tuple[Chem.Mol, ...]  # unseen, with the motif
    absent: tuple[Chem.Mol, ...]  # unseen, without it


def planted(motif: str, count: int, rng: np.random.Generator) -> Planted:
    """A property that a motif raises, on top of what rises with logP, in random molecules."""
    whole = moses("train")
    chosen = rng.choice(len(whole), DRAWN, replace=False)
    query = pattern(MOTIFS[motif], "a motif")
    mols: tuple[Chem.Mol, ...] = tuple(map(parsed, whole[chosen[:TRAIN]]))
    logp = np.array([Crippen.MolLogP(m) for m in mols])
    has = np.array([m.HasSubstructMatch(query) for m in mols])
    value = EFFECT * has + BACKGROUND * (logp - logp.mean()) / logp.std()
    value += NOISE * rng.normal(size=TRAIN)
    present: list[Chem.Mol] = []
    absent: list[Chem.Mol] = []
    for smiles in whole[chosen[TRAIN:]]:  # until there are enough
        mol: Chem.Mol = parsed(smiles)
        kept = present if mol.HasSubstructMatch(query) else absent
        kept += [mol] * (len(kept) < count)
        if len(present) == len(absent) == count:
            break
    return Planted(query, mols, value, tuple(present), tuple(absent))


def kernel_ridge(mols: Sequence[Chem.Mol], value: Float[np.ndarray, " n"]) -> tuple[Predict, float]:
    """Regression with the Tanimoto kernel of fingerprints, and what it says of no molecule.

    Source: Ralaivola et al., Neural Networks 18:1093, 2005.
    """
    known = fingerprints(mols, BITS).astype(np.float64)
    mean = float(value.mean())
    inside = _tanimoto(known, known) + RIDGE * np.eye(len(known))
    weight = np.linalg.solve(inside, value - mean)

    def predict(asked: Sequence[Chem.Mol]) -> Float[np.ndarray, " m"]:
        own = fingerprints(asked, BITS).astype(np.float64)
        found: np.ndarray = mean + _tanimoto(own, known) @ weight
        return found

    return predict, mean


def gaussian_process(
    mols: Sequence[Chem.Mol], value: Float[np.ndarray, " n"]
) -> tuple[Predict, float]:
    """The regression of solubility on its descriptors, and what it says of methane."""
    made = regression(np.array([descriptors(m) for m in mols]), value)

    def predict(asked: Sequence[Chem.Mol]) -> Float[np.ndarray, " m"]:
        return made.at(np.array([descriptors(m) for m in asked]))[0]

    return predict, float(predict([parsed("C")])[0])


def _tanimoto(a: Float[np.ndarray, "n b"], b: Float[np.ndarray, "m b"]) -> Float[np.ndarray, "n m"]:
    both = a @ b.T
    found: np.ndarray = both / (a.sum(1)[:, None] + b.sum(1) - both)
    return found


Score = Callable[[Chem.Mol], Mapping[int, float]]


def by_shares(predict: Predict, start: float) -> Score:
    """The share of the group of each atom."""
    return lambda mol: shares(mol, predict, start).by_atom()


def spread(score: Score) -> Score:
    """The share of each group in equal parts on its atoms, which sum up to the prediction too."""

    def parts(mol: Chem.Mol) -> Mapping[int, float]:
        size = {atom: len(atoms) for atoms in groups(mol) for atom in atoms}
        return {atom: value / size[atom] for atom, value in score(mol).items()}

    return parts


def by_chance(rng: np.random.Generator) -> Score:
    """A random number for each group."""

    def score(mol: Chem.Mol) -> Mapping[int, float]:
        return {atom: x for atoms in groups(mol) for x in [rng.normal()] for atom in atoms}

    return score


def recovery(case: Planted, score: Score, rng: np.random.Generator) -> dict[str, float]:
    """Area under the curve of motif atoms against others, and the share of them at the top."""
    area, top = [], []
    for mol in case.present:  # each has its own atoms
        found = score(mol)
        value = np.array([found[i] for i in range(mol.GetNumAtoms())])
        inside = np.zeros(len(value), dtype=bool)
        inside[[i for match in mol.GetSubstructMatches(case.motif) for i in match]] = True
        area.append(auroc(value, inside))
        first = np.lexsort((rng.random(len(value)), -value))[: inside.sum()]
        top.append(float(inside[first].mean()))
    return {"area": float(np.mean(area)), "top": float(np.mean(top))}


def auroc(value: Float[np.ndarray, " n"], inside: Bool[np.ndarray, " n"]) -> float:
    """Chance that a number inside is larger than one outside; ties count half."""
    own, others = int(inside.sum()), int((~inside).sum())
    return float((rankdata(value)[inside].sum() - own * (own + 1) / 2) / (own * others))


def learned(case: Planted, predict: Predict) -> float:
    """Predicted difference between molecules with the motif and without, which is `EFFECT`."""
    return float(predict(case.present).mean() - predict(case.absent).mean())


def told(mols: Sequence[Chem.Mol], score: Score) -> float:
    """Share of the molecules in which some group has more than half the planted effect."""
    return float(np.mean([max(score(m).values()) > EFFECT / 2 for m in mols]))
