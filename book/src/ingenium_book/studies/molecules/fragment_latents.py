"""Row 37.1: latent spaces of molecules: what they decode to, and what is found in them.

Variational autoencoders of the same width (LSTM of 184, 32 latent numbers; fragments have more
tokens) learn 60,000 molecules of MOSES, for about as long: as rows of fragments, and as plain
Kekulé SMILES in 400 frequent pairs of pieces, without a grammar. 1,000 draws of each model are
read by RDKit. Bayesian optimisation in a trust region asks 1,000 latent points for Crippen's logP
less synthetic accessibility less the atoms of the largest ring beyond six (which stands for nothing
useful), a fifth of them at random; the gain is its best less the best of 1,000 points of the prior,
paired on each model and the mean of two searches. Short trials on one model each chose rates,
prices, steps and the way of decoding before the run: tokens drawn freely, after the likeliest ones
had given a loss. Two molecules of one latent point have unrelated values, so that a gain is hard to
credit to the latent numbers. Budget: a model of each a seed, 1,600 (fragments) and 2,600 (SMILES)
steps of 128 molecules; quick: 1 % of the steps, 100 calls.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, partial
from typing import cast

import numpy as np
import torch
import xarray as xr
from jaxtyping import Float
from numpy.typing import ArrayLike

from ingenium.core.designs import DESIGN
from ingenium.core.digest import digest
from ingenium.core.seeds import one_thread
from ingenium.domains.molecules.fragments.codec import fragment_codec
from ingenium.domains.molecules.known import LONGEST
from ingenium.evaluate.measured import Value
from ingenium.evaluate.trials import Readings, Trials, exact, share
from ingenium.generators.tokens.drawing import FREELY, Drawing
from ingenium.generators.tokens.families import vae
from ingenium.kits.chemistry.parsing import parsed
from ingenium.kits.chemistry.rules import measured
from ingenium.runs.aim import LIMIT, OBJECTIVE
from ingenium.searches.bayesian import Bayesian, BayesianSettings
from ingenium.searches.latent_space import REACH
from ingenium.searches.space import POINT, Cube, points_of
from ingenium_book.studies.molecules import molecule_models as models
from ingenium_book.studies.molecules.molecule_models import Trained, Written, drawn

FRAGMENT, SMILES = "fragments", "SMILES"
LATENT = 32
MODEL = partial(vae, width=184, latent=LATENT, beta=0.1)
ROUND, FIRST = 25, 0.2  # calls in one round of the search, and share of them before it chooses
ROOM = "share that can be written"
SEARCHES = 2  # of each model
LIKELIEST = Drawing(top_p=1e-6)  # tokens


@dataclass(frozen=True)
class FragmentWork:
    """How much is learned, drawn and searched."""

    known: int  # molecules of MOSES
    steps: Mapping[str, int]  # of training
    batch: int
    proposed: int  # of each model
    rebuilt: int  # molecules that are written from their own latent numbers
    calls: int  # of the property


def run(name: str, seed: int, size: FragmentWork) -> dict[str, ArrayLike]:
    """Train a VAE on a way of writing, draw from it, and search in it."""
    written = as_fragments(size.known) if name == FRAGMENT else models.as_pairs(size.known)
    model = models.trained(MODEL, written, models.plan_of(seed, size.steps[name], size.batch, 8e-3))
    row = model.judged(size.proposed, seed, size.known, models.held(2 * size.proposed))
    row["written again exactly"] = _rebuilt(model, size.rebuilt, seed)
    row[ROOM] = len(written.x) / size.known
    return row | _found(model, size.calls, seed)


def read(found: Readings) -> dict[str, ArrayLike | Value]:
    """The shares of both ways, and what is found in the latent numbers of each."""
    fragments, plain = found(FRAGMENT, "read"), found(SMILES, "read")
    values: dict[str, ArrayLike | Value] = {
        "valid": share(fragments),
        "smiles_lower": fragments.mean(1) - plain.mean(1),
        "gain": found(FRAGMENT, "gain over chance"),
        "share of molecules that fragments can write": exact(float(found(FRAGMENT, ROOM)[0])),
    }
    return values | models.alongside(found, "parameters", ROOM)


@cache
def as_fragments(count: int) -> Written:
    """Training molecules as rows of fragments, without those that cannot be written so."""
    codec = fragment_codec("moses", LONGEST["moses"])
    rows = [codec.row(text) for text in drawn("train", count)]  # RDKit cuts one at a time
    return Written(codec, codec.of_rows([row for row in rows if row is not None]))


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


def _best(texts: list[str]) -> float:
    values = np.array([penalised(text) for text in texts])
    return float(np.nanmax(values)) if np.isfinite(values).any() else float("nan")


def _rebuilt(model: Trained, count: int, seed: int) -> float:
    """The share of known molecules that are written again from their mean latent numbers."""
    rng, x = torch.Generator().manual_seed(seed), model.written.x[:count]
    model.family.drawing = LIKELIEST
    with one_thread():
        again = _written(model, model.family.latent_of(x).numpy(), rng)
    model.family.drawing = FREELY
    return float(np.mean([a == b for a, b in zip(again, model.texts(x), strict=True)]))


def _found(model: Trained, calls: int, seed: int) -> dict[str, ArrayLike]:
    """The best of searches of the latent space, and of as many points by chance; means of both."""
    runs = [SEARCHES * seed + i for i in range(SEARCHES)]
    chance = [_best(model.smiles(calls, 1_000 + i)) for i in runs]
    search = [_searched(model, calls, i) for i in runs]
    best, by_chance = float(np.mean(search)), float(np.mean(chance))
    found: dict[str, ArrayLike] = {"best by chance": by_chance, "best of the search": best}
    return found | {"gain over chance": best - by_chance}


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


def _searched(model: Trained, calls: int, seed: int) -> float:
    """The best of as many points of Bayesian optimisation."""
    first = round(FIRST * calls)
    prior = np.random.default_rng(seed).standard_normal((first, LATENT))
    space = LatentCube(np.clip(0.5 + prior / (2 * REACH), 0.0, 1.0))
    search = Bayesian(cast("Cube", space), BayesianSettings(batch=ROUND, first=first))
    rng = torch.Generator().manual_seed(3_000 + seed)
    found: list[str] = []
    while len(found) < calls:
        points = search.ask(min(ROUND, calls - len(found)), rng)
        texts = _written(model, REACH * (2 * points_of(points) - 1), rng)
        search.tell(points, _verdicts(np.array([penalised(text) for text in texts])))
        found += texts
    return _best(found)


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


def _written(model: Trained, z: Float[np.ndarray, "n m"], rng: torch.Generator) -> list[str]:
    """The molecule that is written for each point."""
    with one_thread():
        points = torch.from_numpy(z.astype(np.float32))
        x = model.family.write(points, torch.zeros(len(z), 1), rng)
    return model.texts(x)


measure = Trials(
    arms={FRAGMENT: FRAGMENT, SMILES: SMILES},
    sizes=(
        FragmentWork(60_000, {FRAGMENT: 1_600, SMILES: 2_600}, 128, 1_000, 500, 1_000),
        FragmentWork(1_500, {FRAGMENT: 20, SMILES: 30}, 64, 100, 50, 100),
    ),
    run=run,
    read=read,
    data=lambda size: digest(list(drawn("train", size.known))),
)
