"""Row 23.10, classical arm: four families of equal size on the same molecules.

VAE, LSTM, transformer and masked diffusion of 0.7 million parameters each, equal within 5 %,
learn the Kekulé SMILES of 80,000 molecules of MOSES, in 400 frequent pairs of pieces and without
a grammar. 1,000 proposals of each model are read by RDKit: the share that is valid, distinct
among these, and new among those; and the Fréchet ChemNet distance to held-out molecules. Quantum
models are not part of it. Budget: 5 VAEs of 5,000 steps of 128 molecules; 3 models of each other
family, of 3,500 steps (LSTM) or 1,500 (transformer, masked diffusion), in about as many CPU
seconds each; quick: 1 model of each, 2 % of the steps.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np

from ingenium.core.digest import digest
from ingenium.core.problem import Watch
from ingenium.domains.molecules.metrics.chemnet import features, gaussian
from ingenium.domains.molecules.studies.molecule_models import (
    Maker,
    Place,
    Written,
    as_pairs,
    distance,
    drawn,
    kept,
    shares,
    trained,
    valid,
)
from ingenium.evaluate.intervals import Interval, t_interval
from ingenium.evaluate.measured import Budget, Measured, from_intervals
from ingenium.generators.tokens.families import masked_diffusion, recurrent, transformer, vae
from ingenium.train.plan import Plan


@dataclass(frozen=True)
class Arm:
    """A family of the comparison, and how long it is trained."""

    make: Maker
    steps: int
    rate: float
    models: int = 3  # so many are trained, each under a seed of its own


@dataclass(frozen=True)
class Work:
    """How much is learned, and how much is proposed."""

    known: int  # molecules of MOSES
    batch: int
    proposed: int  # of each model
    share: float = 1.0  # of the steps of training


FULL = Work(known=80_000, batch=128, proposed=1_000)
QUICK = Work(known=3_000, batch=64, proposed=100, share=0.02)
ARMS: Mapping[str, Arm] = {
    "VAE": Arm(partial(vae, width=180, latent=32, beta=0.5), 5_000, 8e-3, models=5),
    "LSTM": Arm(partial(recurrent, width=184, layers=2), 3_500, 8e-3),
    "transformer": Arm(partial(transformer, width=128, layers=3), 1_500, 3e-3),
    "masked diffusion": Arm(partial(masked_diffusion, width=128, layers=3, heads=2), 1_500, 3e-3),
}
CHANCE = "as many molecules that were learned"  # what a perfect copy of the data would give


def measure(budget: Budget, watch: Watch) -> Measured:
    """Train each family on the same molecules under its seeds, and judge what it proposes."""
    work = QUICK if budget.quick else FULL
    smiles = drawn("train", work.known)
    written, training = as_pairs(smiles), frozenset(smiles)
    held = gaussian(features(drawn("test", 3 * work.proposed), watch))
    table: dict[str, list[dict[str, float]]] = {name: [] for name in ARMS}
    todo = [(i, name) for i in budget.seeds for name, arm in ARMS.items() if i < arm.models]
    for done, (seed, name) in enumerate(todo):
        watch("families", done, len(todo))
        place = Place(budget.folder / _named(name, seed, budget.quick), watch)

        def judged(name: str = name, seed: int = seed, place: Place = place) -> dict[str, float]:
            model = trained(ARMS[name].make, written, _plan(name, seed, work), place)
            texts = model.smiles(work.proposed, seed)
            return {
                **shares(texts, training),
                "Fréchet ChemNet": distance(valid(texts), held),
                "CPU seconds of training": model.cpu_s,
                "parameters": float(model.parameters),
            }

        table[name].append(kept(place.folder.with_suffix(".json"), judged))
    beside = {
        f"{name}: {key}": t_interval([row[key] for row in rows])
        for name, rows in table.items()
        for key in rows[0]
        if np.isfinite([row[key] for row in rows]).all()
    }
    own = distance(smiles[: work.proposed], held)
    beside[f"{CHANCE}: Fréchet ChemNet"] = Interval(own, own, own)
    return from_intervals(_values(table), beside, digest(smiles), _notes(work, written))


def _named(name: str, seed: int, quick: bool) -> str:
    return f"{name} {seed}{' quick' if quick else ''}".replace(" ", "-")


def _values(table: Mapping[str, list[dict[str, float]]]) -> dict[str, Interval]:
    """The parts of the claim."""
    sizes = [rows[0]["parameters"] for rows in table.values()]
    ratio = max(sizes) / min(sizes)
    return {
        "valid": t_interval([row["valid"] for row in table["VAE"]]),
        "unique": t_interval([row["unique"] for row in table["VAE"]]),
        "size": Interval(ratio, ratio, ratio),
    }


def _plan(name: str, seed: int, work: Work) -> Plan:
    steps = max(2, round(work.share * ARMS[name].steps))
    return Plan(
        seed=seed,
        steps=steps,
        batch=work.batch,
        learning_rate=ARMS[name].rate,
        ema_decay=0.99,
        held_out=0.01,
        patience=1000,
        check_every=max(1, steps // 10),
    )


def _notes(work: Work, written: Written) -> tuple[str, ...]:
    return (
        "The quantum arm of the table is not tested here; nor is its GAN, which has no gradient "
        "through tokens. Masked diffusion stands in its place.",
        "Intervals go over models, each trained and drawn from under a seed of its own: five of "
        "the VAE, which the claim is about, and three of each of the others.",
        "The table's models have 50 and 120 million parameters and 150 or 200 epochs; these have "
        "0.7 million, and minutes of one core.",
        f"The Fréchet distance is that of {work.proposed} proposals less those that are no "
        "molecules; it falls with their number, and compares families here and no published "
        f"numbers. {len(written.x)} molecules have room in the tokens.",
    )
