"""Row 37.1: latent spaces of molecules: what they decode to, and what is found in them."""

from collections.abc import Mapping

import numpy as np
import torch

from ingenium.core.digest import digest
from ingenium.core.problem import Watch
from ingenium.core.seeds import one_thread
from ingenium.core.spec import Objective
from ingenium.domains.molecules.chemistry.parsing import parsed
from ingenium.domains.molecules.chemistry.rules import measured
from ingenium.domains.molecules.fragments.codec import fragment_codec
from ingenium.domains.molecules.known import LONGEST
from ingenium.domains.molecules.search.aim import Aim
from ingenium.domains.molecules.search.latent import RegionSearch, RegionSettings
from ingenium.domains.molecules.trained.model import codec
from ingenium.evaluate.intervals import Interval, t_interval, wilson
from ingenium.generators.tokens.families import vae
from ingenium.studies.molecule_models import (
    OF_MODELS,
    Trained,
    Written,
    as_smiles,
    drawn,
    trained,
    valid,
)
from ingenium.studies.rules import Part
from ingenium.studies.study import Budget, Measured, Study
from ingenium.train.plan import Plan

KNOWN, QUICK_KNOWN = 4_000, 1_500  # molecules of MOSES that are learned
STEPS, QUICK_STEPS = 300, 80  # of training
PROPOSED, QUICK_PROPOSED = 1_000, 300
CALLS, QUICK_CALLS, ROUND = 300, 100, 25  # of the property, and in one round
WIDTH, LATENT = 160, 32
FRAGMENT, SMILES, MASKED = "fragments", "SMILES", "SMILES under a grammar"


def measure(budget: Budget, watch: Watch) -> Measured:
    """Train a VAE on each way of writing, draw from it, and search in it."""
    quick = budget.quick
    smiles = drawn("train", QUICK_KNOWN if quick else KNOWN)
    ways = _ways(smiles)
    sound: dict[str, list[float]] = {name: [] for name in ways}
    gain: dict[str, list[float]] = {name: [] for name in ways}
    cost: dict[str, list[float]] = {name: [] for name in ways}
    for i, seed in enumerate(budget.seeds):
        for j, (name, written) in enumerate(ways.items()):
            watch("latent spaces", len(ways) * i + j, len(ways) * len(budget.seeds))
            model = trained(_vae, written, _plan(seed, quick))
            texts = model.smiles(QUICK_PROPOSED if quick else PROPOSED, seed)
            sound[name].append(len(valid(texts)) / len(texts))
            calls = QUICK_CALLS if quick else CALLS
            gain[name].append(_searched(model, calls, seed) - _random(model, calls, seed))
            cost[name].append(model.cpu_s)
    drawn_each = QUICK_PROPOSED if quick else PROPOSED
    total = drawn_each * len(budget.seeds)
    held = round(sum(sound[FRAGMENT]) * drawn_each)
    lower = np.array(sound[FRAGMENT]) - np.array(sound[SMILES])
    values = {
        "valid": Interval(held / total, *wilson(held, total)),
        "smiles_lower": t_interval(lower),
        "gain": t_interval(gain[FRAGMENT]),
    }
    beside = {f"share of molecules, {name}": t_interval(sound[name]) for name in ways}
    beside |= {
        f"gain over random, {name}": t_interval(gain[name])
        for name in ways
        if np.isfinite(gain[name]).all()  # else there was no molecule to compare
    }
    beside |= {f"CPU seconds of training, {name}": t_interval(cost[name]) for name in ways}
    share = len(ways[FRAGMENT].x) / len(smiles)
    beside["share of molecules that fragments can write"] = Interval(share, share, share)
    notes = (
        "The property is Crippen's logP less synthetic accessibility less the atoms of the largest "
        "ring beyond six; it rewards long greasy chains, and stands for nothing useful.",
        "Random is the best of as many draws from the same latent space.",
    )
    return Measured(values, beside, digest(smiles), notes)


def _ways(smiles: list[str]) -> Mapping[str, Written]:
    """The same molecules, as each model writes them."""
    longest = LONGEST["moses"]
    fragments, masked = fragment_codec("moses", longest), codec("moses", longest)
    rows = [row for row in map(fragments.row, smiles) if row is not None]
    return {
        FRAGMENT: Written(fragments, fragments.of_rows(rows)),
        SMILES: as_smiles(smiles),
        MASKED: Written(masked, masked.of_texts(smiles)),
    }


def _vae(shape: tuple[int, ...], c: int, tokens: object) -> object:
    return vae(shape, c, tokens, width=WIDTH, latent=LATENT)  # type: ignore[arg-type]


def _plan(seed: int, quick: bool) -> Plan:
    steps = QUICK_STEPS if quick else STEPS
    return Plan(
        seed=seed,
        steps=steps,
        batch=64,
        learning_rate=4e-3,
        ema_decay=0.98,
        check_every=steps // 5,
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


def _random(model: Trained, calls: int, seed: int) -> float:
    """The best of so many draws, of which those that are no molecules are calls as well."""
    return _best(np.array([penalised(s) for s in model.smiles(calls, 1_000 + seed)]))


def _searched(model: Trained, calls: int, seed: int) -> float:
    """The best of as many points of Bayesian optimisation."""
    known = np.array([penalised(s) for s in model.written.codec.to_texts(model.written.x[:200])])
    spread, middle = np.nanstd(known, keepdims=True), np.nanmean(known, keepdims=True)
    aim = Aim((), (Objective("penalised", "maximise"),), spread, middle)
    settings = RegionSettings(first=calls // 3)
    search = RegionSearch(aim, LATENT, np.random.default_rng(seed), settings)
    rng = torch.Generator().manual_seed(2_000 + seed)
    found: list[float] = []
    while len(found) < calls:
        z = search.ask(min(ROUND, calls - len(found)))
        with one_thread():
            points = torch.from_numpy(z.astype(np.float32))
            x = model.family.write(points, torch.zeros(len(z), 1), rng)
        values = np.array([penalised(s) for s in model.written.codec.to_texts(x)])
        search.tell(z, values[:, None])
        found += values.tolist()
    return _best(np.array(found))


STUDY = Study(
    row="37.1",
    chapter="37 Generative AI for Smart Material Design and Chemical Engineering Innovations",
    title="Latent spaces of molecules",
    claim=(
        "A variational autoencoder of SMILES or of molecular graphs with Bayesian optimisation in "
        "its latent space finds better molecules than chance; trees of fragments decode to valid "
        "molecules always, SMILES less often."
    ),
    claimed="trees of fragments 100 % valid, SMILES less; gain over random",
    protocol=(
        "Variational autoencoders of the same width and the same training (LSTM of 160, 32 "
        "latent numbers; fragments have more tokens) learn 4,000 molecules of MOSES: as rows of "
        "fragments, as plain SMILES, and as Kekulé structures under a grammar of valences. 1,000 "
        "draws of each are read by RDKit. Bayesian optimisation in a trust region asks 300 latent "
        "points for logP less synthetic accessibility less large rings, a third of them at random; "
        "the gain is its best less the best of 300 draws."
    ),
    budget="5 seeds, 300 steps of 64 molecules, 300 calls; quick: 1 seed, 80 steps, 100 calls",
    parts=(
        Part("valid", "share of what fragments decode to that RDKit reads", at_least=0.995),
        Part("smiles_lower", "by how much the share is lower for plain SMILES", at_least=0.005),
        Part("gain", "property beyond the best of as many draws, fragments", at_least=0.0),
    ),
    headline="valid",
    measure=measure,
    depends=(
        *OF_MODELS,
        "domains/molecules/fragments",
        "domains/molecules/search",
        "studies/fragment_latents.py",
    ),
    packages=("rdkit", "molsets", "torch"),
)
