"""Row 20.18: new molecules that hold the rules, from a generator and from random search.

Molecules in the place of oxides. Each way proposes 2000 times: the generator trained on MOSES
that comes with the package; SELFIES of random symbols; one random change of a training molecule;
random pieces of two of them. Counted is what is new (none of the 1,584,663 training molecules),
proposed once, and holds the rules of molecules.library (one piece, no radicals, 250 to 350 g/mol,
at most 7 rotatable bonds, the filters of MOSES). Bounds were stated before anything was measured.
Budget: 5 seeds, 4 x 2000 proposals each; quick: 1 seed, 4 x 100.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache

import numpy as np
import torch

from ingenium.core.digest import digest
from ingenium.core.problem import Watch, silent
from ingenium.core.seeds import block_rng, one_thread
from ingenium.core.spec import GeneratorChoice
from ingenium.core.text import codes
from ingenium.core.verdict import margins
from ingenium.domains.molecules.data import moses
from ingenium.domains.molecules.forms import written_at_random
from ingenium.domains.molecules.known import training_set
from ingenium.domains.molecules.library import Library, LibrarySettings
from ingenium.domains.molecules.metrics.tanimoto import diversity
from ingenium.domains.molecules.strategies.moves import crossed, mutated
from ingenium.evaluate.intervals import Interval, t_interval
from ingenium.evaluate.measured import Budget, Measured, from_intervals
from ingenium.generators.fitted import fit
from ingenium.kits.chemistry.likeness import fingerprints
from ingenium.kits.chemistry.parsing import canonical, parsed

PROPOSALS = (2000, 100)  # of each way and seed: full and quick
CLAIMED = 0.34  # more new structures than by random search
CHARRNN = 0.842  # novelty, as published with MOSES


@dataclass(frozen=True)
class Counted:
    """What became of a number of proposals."""

    found: float  # share that is new, holds all limits and is not proposed twice
    novel: float  # share of the different molecules that is not in the training set
    diverse: float  # internal diversity of what was found


def generated(count: int, seed: int) -> list[str]:
    """What the generator that comes with the package writes."""
    problem = _problem()
    fitted = fit(problem, problem.data(), GeneratorChoice(), watch=silent)
    with one_thread():
        x = fitted.family.propose(torch.zeros(count, 1), block_rng(seed, 0, "asked"))
    texts: list[str] = problem.codec.to_texts(x)
    return texts


def at_random(count: int, seed: int) -> list[str]:
    """Strings of random SELFIES symbols."""
    return written_at_random(count, np.random.default_rng(seed))


def changed(count: int, seed: int) -> list[str]:
    """Known molecules, each with one random change."""
    rng = np.random.default_rng(seed)
    made = (mutated(parsed(s), rng) for s in _drawn(count, rng))
    return ["" if m is None else canonical(m) for m in made]


def joined(count: int, seed: int) -> list[str]:
    """Random pieces of two known molecules."""
    rng = np.random.default_rng(seed)
    pairs = zip(_drawn(count, rng), _drawn(count, rng), strict=True)
    made = (crossed(parsed(a), parsed(b), rng) for a, b in pairs)
    return ["" if m is None else canonical(m) for m in made]


WAYS: Mapping[str, Callable[[int, int], list[str]]] = {
    "generator": generated,
    "random SELFIES": at_random,
    "random changes of known molecules": changed,
    "random pieces of known molecules": joined,
}


def measure(budget: Budget, watch: Watch) -> Measured:
    """Propose in each way as often, and count what is new, holds the limits and is distinct."""
    count = PROPOSALS[1 if budget.quick else 0]
    rows: dict[str, list[Counted]] = {way: [] for way in WAYS}
    for i, seed in enumerate(budget.seeds):
        watch("propose", i, len(budget.seeds))
        for way, propose in WAYS.items():
            rows[way].append(counted(propose(count, seed)))
    found = {way: np.array([row.found for row in kept]) for way, kept in rows.items()}
    best = found["random changes of known molecules"], found["random pieces of known molecules"]
    values = {
        # Differences, since a search that finds nothing would make any ratio infinite.
        "gain": _over(found["generator"] - (1 + CLAIMED) * found["random SELFIES"]),
        "gain_known": _over(found["generator"] - (1 + CLAIMED) * np.maximum(*best)),
        "novel": _over(row.novel for row in rows["generator"]),
    }
    beside = {f"found of a hundred, {way}": _over(100 * shares) for way, shares in found.items()}
    beside |= {f"novelty, {way}": _over(r.novel for r in kept) for way, kept in rows.items()}
    beside |= {
        f"internal diversity of what was found, {way}": _over(r.diverse for r in kept)
        for way, kept in rows.items()
    }
    notes = (
        "The claim is of ternary oxides; formation energies, coverage, counterfactuals, federated "
        "training and printability of the row are not tested here. Conformal coverage is, on "
        "molecules, by row 37.16.",
        "Retrieval of known molecules finds nothing by definition: all of them are known.",
        "Random changes and pieces start from training molecules, which random search of "
        "structures does not have; they are the harder baseline.",
    )
    return from_intervals(values, beside, digest(list(budget.seeds)), notes)


def counted(smiles: list[str]) -> Counted:
    """Judge proposals by the rules of the library."""
    mols = [parsed(s) if s else None for s in smiles]
    once = dict.fromkeys(canonical(m) for m in mols if m is not None)
    texts = [s for s in once if len(s) <= _problem().longest]
    problem = _problem()
    verifier = problem.tiers[-1].only({limit.quantity for limit in problem.limits})
    measured = verifier.measure(codes(texts, problem.longest)).numpy()
    names = [q.name for q in verifier.quantities]
    held = np.all(margins(measured, names, problem.limits) >= 0, axis=1)
    kept = [text for text, holds in zip(texts, held.tolist(), strict=True) if holds]
    prints = fingerprints([m for m in map(parsed, kept) if m is not None])
    return Counted(
        len(kept) / len(smiles),
        len(set(once) - training_set("moses")) / max(len(once), 1),
        diversity(prints) if len(kept) > 1 else 0.0,
    )


def _drawn(count: int, rng: np.random.Generator) -> list[str]:
    whole = moses("train")
    return [str(s) for s in whole[rng.integers(0, len(whole), count)]]


@cache
def _problem() -> Library:
    return Library(LibrarySettings(known=200))


def _over(values: Iterable[float]) -> Interval:
    return t_interval(np.array(list(values)))
