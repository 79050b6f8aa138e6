"""Row 23.10, classical arm: four families of equal size on the same molecules."""

from collections.abc import Sequence
from functools import partial

import numpy as np

from ingenium.core.digest import digest
from ingenium.core.problem import Watch
from ingenium.domains.molecules.metrics.chemnet import features, frechet, gaussian
from ingenium.evaluate.intervals import Interval, t_interval
from ingenium.generators.tokens.families import masked_diffusion, recurrent, transformer, vae
from ingenium.studies.molecule_models import OF_MODELS, Maker, as_pairs, drawn, trained, valid
from ingenium.studies.rules import Part
from ingenium.studies.study import Budget, Measured, Study
from ingenium.train.plan import Plan

KNOWN, QUICK_KNOWN = 8_000, 2_000  # molecules of MOSES that are learned
STEPS, QUICK_STEPS = 250, 60  # of training
PROPOSED, QUICK_PROPOSED = 400, 100
FAMILIES: dict[str, Maker] = {
    "VAE": partial(vae, width=164, latent=32),
    "LSTM": partial(recurrent, width=166, layers=2),
    "transformer": partial(transformer, width=96, layers=5),
    "masked diffusion": partial(masked_diffusion, width=96, layers=5),
}
RATES = {"VAE": 4e-3, "LSTM": 4e-3, "transformer": 3e-3, "masked diffusion": 3e-3}
MEASURES = ("valid", "unique", "novel")


def measure(budget: Budget, watch: Watch) -> Measured:
    """Train each family on the same molecules under every seed, and judge what it proposes."""
    quick = budget.quick
    smiles = drawn("train", QUICK_KNOWN if quick else KNOWN)
    written, training = as_pairs(smiles), frozenset(smiles)
    count = QUICK_PROPOSED if quick else PROPOSED
    held = gaussian(features(drawn("test", 2 * count)))
    table: dict[str, dict[str, list[float]]] = {
        name: {m: [] for m in (*MEASURES, "Fréchet ChemNet", "CPU seconds")} for name in FAMILIES
    }
    sizes = {}
    for i, seed in enumerate(budget.seeds):
        for j, (name, make) in enumerate(FAMILIES.items()):
            watch("families", len(FAMILIES) * i + j, len(FAMILIES) * len(budget.seeds))
            model = trained(make, written, _plan(name, seed, quick))
            sizes[name] = model.parameters
            found = valid(model.smiles(count, seed))
            row = (*_shares(found, count, training), _distance(found, held), model.cpu_s)
            for course, value in zip(table[name].values(), row, strict=True):
                course.append(value)
    values = {
        "valid": t_interval(table["VAE"]["valid"]),
        "unique": t_interval(table["VAE"]["unique"]),
        "size": _exactly(max(sizes.values()) / min(sizes.values())),
    }
    beside = {
        f"{name}: {m}": t_interval(found)
        for name, own in table.items()
        for m, found in own.items()
        if np.isfinite(found).all()
    }
    beside |= {f"{name}: parameters": _exactly(float(n)) for name, n in sizes.items()}
    notes = (
        "The quantum arm of the table is not tested here; nor is its GAN, which has no gradient "
        "through tokens. Masked diffusion stands in its place.",
        "The table's models have 50 and 120 million parameters and 150 or 200 epochs; these have "
        "0.7 million and two epochs.",
        f"The Fréchet distance is that of {count} proposals less those that are no molecules; it "
        "compares families here and no published numbers.",
    )
    return Measured(values, beside, digest(smiles), notes)


def _plan(name: str, seed: int, quick: bool) -> Plan:
    steps = QUICK_STEPS if quick else STEPS
    return Plan(
        seed=seed,
        steps=steps,
        batch=64,
        learning_rate=RATES[name],
        ema_decay=0.98,
        check_every=max(1, steps // 5),
    )


def _shares(found: Sequence[str], count: int, training: frozenset[str]) -> tuple[float, ...]:
    """Valid of all, unique of the valid, new of the unique."""
    unique = set(found)
    return (
        len(found) / count,
        len(unique) / max(len(found), 1),
        len(unique - training) / max(len(unique), 1),
    )


def _distance(found: Sequence[str], held: tuple[np.ndarray, np.ndarray]) -> float:
    return float("nan") if len(found) < 2 else frechet(gaussian(features(found)), held)


def _exactly(value: float) -> Interval:
    return Interval(value, value, value)


STUDY = Study(
    row="23.10",
    chapter="23 Quantum Computing and Generative AI Convergence",
    title="Four models of molecules, classical arm",
    claim=(
        "Of molecules that a classical VAE proposes 91.8 % are chemically valid and 84.2 % "
        "distinct; a comparison of four models needs the same data, a cheminformatics check of "
        "validity, seeds, confidence intervals and equal numbers of parameters."
    ),
    claimed="VAE: 91.8 % valid, 84.2 % unique",
    protocol=(
        "VAE, LSTM, transformer and masked diffusion of 0.7 million parameters each, equal within "
        "5 %, learn the Kekulé SMILES of 8,000 molecules of MOSES, in frequent pairs of atoms and "
        "without a grammar, in equal steps. 400 proposals of each are read by RDKit: the share "
        "that is valid, distinct among these, and new among those; and the Fréchet ChemNet "
        "distance to held-out molecules. Quantum models are not part of it."
    ),
    budget="5 seeds, 250 steps of 64 molecules; quick: 1 seed, 60 steps",
    parts=(
        Part("valid", "share of what the VAE proposes that is valid", at_least=0.918),
        Part("unique", "share of the valid ones that is distinct", at_least=0.842),
        Part("size", "parameters of the largest to the smallest", at_most=1.05, main=False),
    ),
    headline="valid",
    measure=measure,
    depends=(
        *OF_MODELS,
        "domains/molecules/metrics/chemnet.py",
        "studies/molecule_families.py",
    ),
    packages=("rdkit", "molsets", "fcd-torch", "torch"),
)
