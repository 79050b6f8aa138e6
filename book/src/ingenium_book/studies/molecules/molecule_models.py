"""Models of molecules that are trained alike, for studies that compare them."""

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from numpy.typing import ArrayLike
from torch import Tensor

from ingenium.core.seeds import one_thread
from ingenium.domains.molecules.data import moses
from ingenium.domains.molecules.language import ATOMS, PIECES
from ingenium.domains.molecules.metrics.chemnet import features, frechet, gaussian
from ingenium.evaluate.measured import Value
from ingenium.evaluate.trials import Readings
from ingenium.generators.model import Family
from ingenium.generators.tokens.codec import TokenCodec
from ingenium.generators.tokens.vocabulary import Vocabulary, learn_merges
from ingenium.kits.chemistry.kekule import bonds_of
from ingenium.kits.chemistry.parsing import canonical, parsed
from ingenium.train.plan import Plan

MERGES, READ = 400, 20_000  # pairs of tokens, and molecules from which they are learned
ROOM = 0.995  # share of the molecules whose tokens decide how many there may be
Moments = tuple[Float[np.ndarray, " d"], Float[np.ndarray, "d d"]]
Maker = Callable[[tuple[int, ...], int, Any], Any]


@dataclass(frozen=True)
class Written:
    """Molecules as a model learns them."""

    codec: Any  # with `shape` and `to_texts`
    x: Float[Tensor, "n *shape"]


@dataclass(frozen=True)
class Trained:
    """A model, how many numbers it learned, and what that took."""

    family: Any
    written: Written
    parameters: int
    cpu_s: float

    def smiles(self, count: int, seed: int) -> list[str]:
        """So many proposals, each as it comes."""
        rng = torch.Generator().manual_seed(seed)
        with one_thread():
            x = self.family.propose(torch.zeros(count, 1), rng)
        return self.texts(x)

    def texts(self, x: Tensor) -> list[str]:
        """What rows of tokens say."""
        found: list[str] = self.written.codec.to_texts(x)
        return found

    def judged(self, count: int, seed: int, learned: int, others: Moments) -> dict[str, ArrayLike]:
        """Which of so many proposals RDKit reads, and what these are.

        Unique of the valid, new of the unique beside so many learned molecules; how far the valid
        ones lie from others is NaN where fewer than two are valid.
        """
        found = valid(texts := self.smiles(count, seed))
        unique = set(found)
        return {
            "read": [parsed(text) is not None for text in texts],
            "unique": len(unique) / max(len(found), 1),
            "novel": len(unique.difference(drawn("train", learned))) / max(len(unique), 1),
            "Fréchet ChemNet": frechet(gaussian(features(found)), others)
            if len(found) > 1
            else math.nan,
            "CPU seconds of training": self.cpu_s,
            "parameters": self.parameters,
        }


@cache
def drawn(split: str, count: int) -> tuple[str, ...]:
    """Molecules of MOSES, the same at every call."""
    whole = moses(split)
    rows = np.random.default_rng(0).permutation(len(whole))[:count]
    return tuple(canonical(parsed(str(s))) for s in whole[rows])


@cache
def held(count: int) -> Moments:
    """ChemNet's features of molecules that no model learns, as a Gaussian."""
    return gaussian(features(drawn("test", count)))


@cache
def as_pairs(count: int) -> Written:
    """Kekulé structures of training molecules in frequent pairs of pieces, without a grammar.

    The few molecules with the most tokens are left out, which saves room in all.
    """
    texts = [bonds_of(text) for text in drawn("train", count)]
    plain = Vocabulary(tuple(PIECES["moses"].split()), ATOMS)
    merges = learn_merges(plain, plain.encode(texts[:READ]), MERGES)
    vocabulary = Vocabulary(plain.pieces, ATOMS, merges)
    length = [len(row) for row in vocabulary.encode(texts)]
    most = int(np.quantile(length, ROOM, method="higher"))
    room = [text for text, n in zip(texts, length, strict=True) if n <= most]
    codec = TokenCodec(vocabulary, most + 1, max(map(len, room)), name="smiles")
    return Written(codec, codec.of_texts(room))


def trained(make: Maker, written: Written, plan: Plan) -> Trained:
    """A model with first weights by the seed of the plan, and fitted under it."""
    started = time.process_time()
    with one_thread(), torch.random.fork_rng(devices=[]):
        torch.manual_seed(plan.seed)
        family: Family = make(written.codec.shape, 1, written.codec)
        family.fit(written.x, torch.zeros(len(written.x), 1), plan)
    count = sum(p.numel() for p in family.parameters())  # type: ignore[attr-defined]
    return Trained(family, written, count, time.process_time() - started)


def plan_of(seed: int, steps: int, batch: int, rate: float) -> Plan:
    """A fit of so many steps that nothing ends sooner."""
    return Plan(
        seed=seed,
        steps=steps,
        batch=batch,
        learning_rate=rate,
        ema_decay=0.99,
        held_out=0.01,
        patience=1000,
        check_every=max(1, steps // 10),
    )


def valid(smiles: Sequence[str]) -> list[str]:
    """Canonical texts of those that are molecules."""
    return [canonical(mol) for mol in map(parsed, smiles) if mol is not None]


def alongside(found: Readings, *left_out: str) -> dict[str, ArrayLike | Value]:
    """All that each arm's models were judged by, but for what is left out."""
    values: dict[str, ArrayLike | Value] = {}
    left = ("read", *left_out)
    for arm, (first, *_) in found.pieces.items():
        values |= {f"{arm}: {name}": found(arm, name) for name in first if name not in left}
        values[f"{arm}: valid"] = found(arm, "read").mean(1)
    return values
