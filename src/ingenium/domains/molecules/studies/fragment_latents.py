"""Row 37.1: latent spaces of molecules: what they decode to, and what is found in them.

Variational autoencoders of the same width (LSTM of 184, 32 latent numbers; fragments have more
tokens) learn 60,000 molecules of MOSES, for about as long: as rows of fragments, and as plain
Kekulé SMILES in 400 frequent pairs of pieces, without a grammar. 1,000 draws of each model are
read by RDKit. Bayesian optimisation in a trust region asks 1,000 latent points for logP less
synthetic accessibility less large rings, a fifth of them at random; the gain is its best less the
best of 1,000 points of the prior. Budget: 5 models of each, 1,600 (fragments) and 2,600 (SMILES)
steps of 128 molecules, 1,000 calls; quick: 1 of each, 1 % of the steps, 100 calls.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import cast

import numpy as np
import torch
import xarray as xr
from jaxtyping import Float

from ingenium.core.designs import DESIGN
from ingenium.core.digest import digest
from ingenium.core.problem import Watch
from ingenium.core.seeds import one_thread
from ingenium.domains.molecules.fragments.codec import fragment_codec
from ingenium.domains.molecules.known import LONGEST
from ingenium.domains.molecules.metrics.chemnet import features, gaussian
from ingenium.domains.molecules.studies.molecule_models import (
    Place,
    Trained,
    Written,
    as_pairs,
    distance,
    drawn,
    kept,
    shares,
    trained,
    valid,
)
from ingenium.evaluate.intervals import Interval, t_interval, wilson
from ingenium.evaluate.measured import Budget, Measured, from_intervals
from ingenium.generators.tokens.drawing import FREELY, Drawing
from ingenium.generators.tokens.families import vae
from ingenium.kits.chemistry.parsing import parsed
from ingenium.kits.chemistry.rules import measured
from ingenium.search.aim import LIMIT, OBJECTIVE
from ingenium.search.bayesian import Bayesian, BayesianSettings
from ingenium.search.latent_space import REACH
from ingenium.search.space import POINT, Cube, points_of
from ingenium.train.plan import Plan

FRAGMENT, SMILES = "fragments", "SMILES"
LATENT = 32
MODEL = partial(vae, width=184, latent=LATENT, beta=0.1)
ROUND, FIRST = 25, 0.2  # calls in one round of the search, and share of them before it chooses
SEARCHES = 2  # of each model
LIKELIEST = Drawing(top_p=1e-6)  # tokens


@dataclass(frozen=True)
class Work:
    """How much is learned, drawn and searched."""

    known: int  # molecules of MOSES
    steps: Mapping[str, int]  # of training
    batch: int
    proposed: int  # of each model
    rebuilt: int  # molecules that are written from their own latent numbers
    calls: int  # of the property


FULL = Work(60_000, {FRAGMENT: 1_600, SMILES: 2_600}, 128, 1_000, 500, 1_000)
QUICK = Work(1_500, {FRAGMENT: 20, SMILES: 30}, 64, 100, 50, 100)


def measure(budget: Budget, watch: Watch) -> Measured:
    """Train a VAE on each way of writing, draw from it, and search in it."""
    work = QUICK if budget.quick else FULL
    smiles = drawn("train", work.known)
    ways, training = _ways(smiles, watch), frozenset(smiles)
    held = gaussian(features(drawn("test", 2 * work.proposed), watch))
    table: dict[str, list[dict[str, float]]] = {name: [] for name in ways}
    todo = [(seed, name) for seed in budget.seeds for name in ways]
    for done, (seed, name) in enumerate(todo):
        watch("latent spaces", done, len(todo))
        named = f"{name}-{seed}{'-quick' if budget.quick else ''}"
        place = Place(budget.folder / named, watch)

        def judged(name: str = name, seed: int = seed, place: Place = place) -> dict[str, float]:
            model = trained(MODEL, ways[name], _plan(seed, name, work), place)
            texts = model.smiles(work.proposed, seed)
            row = shares(texts, training)
            row["Fréchet ChemNet"] = distance(valid(texts), held)
            row["written again exactly"] = _rebuilt(model, work.rebuilt, seed)
            row |= _found(model, work.calls, seed, watch)
            return row | {"CPU seconds of training": model.cpu_s}

        table[name].append(kept(place.folder.with_suffix(".json"), judged))
    beside = {
        f"{name}: {key}": t_interval([row[key] for row in rows])
        for name, rows in table.items()
        for key in rows[0]
        if np.isfinite([row[key] for row in rows]).all()  # else there was no molecule to judge
    }
    share = len(ways[FRAGMENT].x) / len(smiles)
    beside["share of molecules that fragments can write"] = Interval(share, share, share)
    return from_intervals(_values(table, work), beside, digest(smiles), NOTES)


def _values(table: Mapping[str, list[dict[str, float]]], work: Work) -> dict[str, Interval]:
    """The parts of the claim."""
    fragments, plain = (np.array([row["valid"] for row in table[n]]) for n in (FRAGMENT, SMILES))
    total = work.proposed * len(fragments)
    count = round(float(fragments.sum()) * work.proposed)
    return {
        "valid": Interval(count / total, *wilson(count, total)),
        "smiles_lower": t_interval(fragments - plain),
        "gain": t_interval([row["gain over chance"] for row in table[FRAGMENT]]),
    }


def _ways(smiles: list[str], watch: Watch) -> Mapping[str, Written]:
    """The same molecules, as each model writes them."""
    fragments, rows = fragment_codec("moses", LONGEST["moses"]), []
    for i, text in enumerate(smiles):  # RDKit cuts one molecule at a time
        watch("fragments of molecules", i, len(smiles))
        rows.append(fragments.row(text))
    x = fragments.of_rows([row for row in rows if row is not None])
    return {FRAGMENT: Written(fragments, x), SMILES: as_pairs(smiles)}


def _plan(seed: int, name: str, work: Work) -> Plan:
    steps = work.steps[name]
    return Plan(
        seed=seed,
        steps=steps,
        batch=work.batch,
        learning_rate=8e-3,
        ema_decay=0.99,
        held_out=0.01,
        patience=1000,
        check_every=max(1, steps // 10),
    )


def penalised(text: str) -> float:
    """The property of a molecule; NaN of what is none.

    Source: Gómez-Bombarelli et al., ACS Cent. Sci. 4:268, 2018; Jin et al., ICML 2018,
        arXiv:1802.04364 (logP less accessibility less large rings).
    """
    mol = parsed(text)
    if mol is None:
        return float("nan")
    logp, access, ring = measured(("logp", "sa_score", "largest_ring"), mol)
    return logp - access - max(ring - 6.0, 0.0)


def _best(values: np.ndarray) -> float:
    return float(np.nanmax(values)) if np.isfinite(values).any() else float("nan")


def _rebuilt(model: Trained, count: int, seed: int) -> float:
    """The share of known molecules that are written again from their mean latent numbers."""
    rng, x = torch.Generator().manual_seed(seed), model.written.x[:count]
    model.family.drawing = LIKELIEST
    with one_thread():
        again = _written(model, model.family.latent_of(x).numpy(), rng)
    model.family.drawing = FREELY
    return float(np.mean([a == b for a, b in zip(again, _texts(model, x), strict=True)]))


def _found(model: Trained, calls: int, seed: int, watch: Watch) -> dict[str, float]:
    """The best of searches of the latent space, and of as many points by chance; means of both.

    Both are points of the same prior, written in the same way, and what is no molecule was a call.
    """
    runs = [SEARCHES * seed + i for i in range(SEARCHES)]
    chance = [_best(np.array([penalised(s) for s in model.smiles(calls, 1_000 + i)])) for i in runs]
    search = [_searched(model, calls, i, watch) for i in runs]
    return {
        "best by chance": float(np.mean(chance)),
        "best of the search": float(np.mean(search)),
        "gain over chance": float(np.mean(search) - np.mean(chance)),
    }


@dataclass(frozen=True)
class LatentCube:
    """Latent numbers from -3 to 3 as points from 0 to 1, some of which lie as the prior does.

    Shapes: n points, m numbers of a point, r points of the prior.
    """

    start: Float[np.ndarray, "r m"]

    @property
    def m(self) -> int:
        """Numbers of a point."""
        return int(self.start.shape[1])

    def designs(self, points: Float[np.ndarray, "n m"]) -> xr.Dataset:
        """The points, which stand for themselves."""
        return xr.Dataset(coords={POINT: ((DESIGN, "number"), points)})


def _searched(model: Trained, calls: int, seed: int, watch: Watch) -> float:
    """The best of as many points of Bayesian optimisation."""
    first = round(FIRST * calls)
    prior = np.random.default_rng(seed).standard_normal((first, LATENT))
    space = LatentCube(np.clip(0.5 + prior / (2 * REACH), 0.0, 1.0))
    search = Bayesian(cast("Cube", space), BayesianSettings(batch=ROUND, first=first))
    rng = torch.Generator().manual_seed(3_000 + seed)
    found: list[float] = []
    while len(found) < calls:
        watch("search of the latent space", len(found), calls)
        points = search.ask(min(ROUND, calls - len(found)), rng)
        values = _judged(model, REACH * (2 * points_of(points) - 1), rng)
        search.tell(points, _verdicts(values))
        found += values.tolist()
    return _best(np.array(found))


def _verdicts(values: Float[np.ndarray, " n"]) -> xr.Dataset:
    """What the search is told: there are no limits, and the value is to be large."""
    none, cost = np.empty((len(values), 0)), np.where(np.isfinite(values), -values, np.inf)
    return xr.Dataset(
        {
            "margin": ((DESIGN, LIMIT), none),
            "violation": ((DESIGN, LIMIT), none),
            "loss": ((DESIGN, OBJECTIVE), -values[:, None]),
            "cost": (DESIGN, cost),
        }
    )


def _judged(
    model: Trained, z: Float[np.ndarray, "n m"], rng: torch.Generator
) -> Float[np.ndarray, " n"]:
    return np.array([penalised(s) for s in _written(model, z, rng)])


def _written(model: Trained, z: Float[np.ndarray, "n m"], rng: torch.Generator) -> list[str]:
    """The molecule that is written for each point."""
    with one_thread():
        points = torch.from_numpy(z.astype(np.float32))
        x = model.family.write(points, torch.zeros(len(z), 1), rng)
    return _texts(model, x)


def _texts(model: Trained, x: torch.Tensor) -> list[str]:
    texts: list[str] = model.written.codec.to_texts(x)
    return texts


NOTES = (
    "The property is Crippen's logP less synthetic accessibility less the atoms of the largest "
    "ring beyond six; it rewards long greasy chains, and stands for nothing useful.",
    "By chance means as many points of the same prior, written as the search writes them, token "
    "by token. The gain is a paired difference on each model, the mean of two searches less that "
    "of two draws. Intervals go over models, each with its own seed of training, draws and "
    "searches; that of the share of molecules over all draws.",
    "Short trials on one model each chose rates, prices, numbers of steps and the way of decoding "
    "before this run: tokens drawn freely, after the likeliest ones had given a loss. Two "
    "molecules drawn freely from one latent point have unrelated values, so that a gain is hard "
    "to credit to the latent numbers.",
)
