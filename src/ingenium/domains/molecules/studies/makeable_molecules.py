"""Row 37.15: a generator told which of its molecules have a route proposes more of them.

The generator trained on MOSES that comes with the package proposes as it is, and after 6 rounds
of reinforcement (REINVENT, worth 60), each 4 steps on 40 proposals, rewarded with 1 where
best-first search finds a route within 5 steps by taking at most 30 molecules apart. 80 fresh
proposals of each are counted: shares with a route, novelty against all 1,584,663 training
molecules, uniqueness, internal diversity. Rejection alone stands beside. Bounds were stated
before anything was measured. Budget: 5 seeds, 6 x 40 + 2 x 80 searches; quick: 1 seed, half.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import cast

import numpy as np
import torch

from ingenium.core.digest import digest
from ingenium.core.problem import Watch, silent
from ingenium.core.seeds import block_rng, one_thread
from ingenium.core.spec import GeneratorChoice
from ingenium.domains.molecules.known import training_set
from ingenium.domains.molecules.library import Library, LibrarySettings
from ingenium.domains.molecules.metrics.tanimoto import diversity
from ingenium.domains.molecules.route.asked import found
from ingenium.domains.molecules.studies.route_targets import (
    chemistry,
    held_out,
)
from ingenium.evaluate.intervals import Interval, t_interval
from ingenium.evaluate.measured import Budget, Measured, from_intervals
from ingenium.generators.fitted import fit
from ingenium.generators.tokens.autoregressive import TokenAutoregressive
from ingenium.generators.tokens.reinforcement import Reinforcement
from ingenium.kits.chemistry.likeness import fingerprints
from ingenium.kits.chemistry.parsing import canonical, parsed

ROUNDS, BATCH = (6, 3), (40, 32)  # of learning: full and quick
PASSES = 4  # steps on the proposals of a round
ASKED = (80, 40)  # molecules that are counted
EXPANSIONS = 30  # molecules that the search for each may take apart


@dataclass(frozen=True)
class Counted:
    """What is counted of a number of proposals."""

    made: float  # share with a route
    novel: float  # share of the different ones that is not in the training set
    unique: float
    diverse: float


def measure(budget: Budget, watch: Watch) -> Measured:
    """Propose, learn from the routes that were found, propose anew; each seed by itself."""
    size = 1 if budget.quick else 0
    plain, told, kept, known = [], [], [], []
    for i, seed in enumerate(budget.seeds):
        watch("generate", i, len(budget.seeds))
        before, after = _learned(seed, ROUNDS[size], BATCH[size], ASKED[size])
        plain.append(_counted(before))
        told.append(_counted(after))
        kept.append(_counted([s for s in before if _made(s)]))
        known.append(float(np.mean([_made(s) for s in held_out(seed, ASKED[size] // 2)])))
    values = {
        "gain": _over(b.made - a.made for a, b in zip(plain, told, strict=True)),
        "novelty": _over(b.novel / a.novel for a, b in zip(plain, told, strict=True)),
        "diversity": _over(b.diverse / a.diverse for a, b in zip(plain, told, strict=True)),
        "unique": _over(b.unique / a.unique for a, b in zip(plain, told, strict=True)),
    }
    beside = {
        "share with a route, unconstrained": _over(a.made for a in plain),
        "share with a route, after learning": _over(b.made for b in told),
        "share with a route, held-out molecules of MOSES": _over(known),
        "novelty, unconstrained": _over(a.novel for a in plain),
        "novelty, after learning": _over(b.novel for b in told),
        "novelty, by rejection": _over(k.novel for k in kept),
        "diversity, unconstrained": _over(a.diverse for a in plain),
        "diversity, after learning": _over(b.diverse for b in told),
        "diversity, by rejection": _over(k.diverse for k in kept),
    }
    notes = (
        "Rejection gives a share of 1 by construction, at one over the unconstrained share of "
        "proposals for each molecule that is kept.",
        "A route means: from the blocks of the package by its reactions. A molecule without one "
        "may well be made in another way.",
    )
    return from_intervals(
        values, beside, digest([list(budget.seeds), chemistry().stock.digest]), notes
    )


def _learned(seed: int, rounds: int, batch: int, asked: int) -> tuple[list[str], list[str]]:
    """Proposals before, and after so many rounds of learning."""
    prior = _prior()
    learner = Reinforcement(prior)
    with one_thread():
        for i in range(rounds):
            cond = torch.zeros(batch, prior.c)
            x = learner.agent.propose(cond, block_rng(seed, i, "learning"))
            reward = torch.tensor([float(_made(s)) for s in _problem().codec.to_texts(x)])
            for _ in range(PASSES):
                learner.learn(x, cond, reward)
    return _proposed(prior, seed, asked), _proposed(learner.agent, seed, asked)


def _proposed(family: TokenAutoregressive, seed: int, count: int) -> list[str]:
    with one_thread():
        x = family.propose(torch.zeros(count, family.c), block_rng(seed, 0, "asked"))
    texts: list[str] = _problem().codec.to_texts(x)
    return texts


def _made(smiles: str) -> bool:
    """Whether a route is found; not for text that is no molecule of one piece."""
    mol = parsed(smiles)
    if mol is None or "." in smiles:
        return False
    return found(EXPANSIONS, mol)[0] == 1.0


def _counted(smiles: list[str]) -> Counted:
    mols = [m for m in map(parsed, smiles) if m is not None]
    texts = [canonical(m) for m in mols]
    once = set(texts)
    return Counted(
        float(np.mean([_made(s) for s in smiles])),
        len(once - training_set("moses")) / len(once),
        len(once) / len(texts),
        diversity(fingerprints(mols)),
    )


@cache
def _problem() -> Library:
    return Library(LibrarySettings(known=200))


@cache
def _prior() -> TokenAutoregressive:
    """The generator that comes with the package."""
    problem = _problem()
    fitted = fit(problem, problem.data(), GeneratorChoice(), watch=silent)
    return cast(TokenAutoregressive, fitted.family)


def _over(values: Iterable[float]) -> Interval:
    return t_interval(np.array(list(values)))
