"""Models of molecules that are trained alike, for studies that compare them."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from ingenium.core.seeds import one_thread
from ingenium.domains.molecules.chemistry.parsing import canonical, parsed
from ingenium.domains.molecules.data import moses
from ingenium.domains.molecules.known import LONGEST
from ingenium.domains.molecules.language import ATOMS
from ingenium.domains.molecules.trained.model import codec
from ingenium.generators.model import Family
from ingenium.generators.tokens.codec import TokenCodec
from ingenium.generators.tokens.vocabulary import Vocabulary
from ingenium.train.plan import Plan

OF_MODELS = (  # source that what they give rests on
    "generators/tokens",
    "generators/model.py",
    "sampling/noise.py",
    "train/trainer.py",
    "train/batches.py",
    "train/ema.py",
    "domains/molecules/chemistry",
    "domains/molecules/trained/model.py",
    "domains/molecules/data.py",
    "domains/molecules/grammar.py",
    "domains/molecules/kekule.py",
    "domains/molecules/language.py",
    "studies/molecule_models.py",
)
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
        found: list[str] = self.written.codec.to_texts(x)
        return found


def drawn(split: str, count: int) -> list[str]:
    """Molecules of MOSES, the same at every call."""
    whole = moses(split)
    rows = np.random.default_rng(0).permutation(len(whole))[:count]
    return [canonical(parsed(str(s))) for s in whole[rows]]


def as_smiles(smiles: Sequence[str]) -> Written:
    """Canonical SMILES, atom by atom, without a grammar."""
    vocabulary = Vocabulary.of(smiles, pattern=ATOMS)
    steps = 1 + max(len(row) for row in vocabulary.encode(smiles))
    codec = TokenCodec(vocabulary, steps, max(map(len, smiles)), name="smiles")
    return Written(codec, codec.of_texts(smiles))


def as_pairs(smiles: Sequence[str]) -> Written:
    """Kekulé structures in pairs of pieces that are frequent in MOSES, without a grammar."""
    masked = codec("moses", LONGEST["moses"])
    free = TokenCodec(masked.vocabulary, masked.steps, masked.longest, name="smiles")
    return Written(free, masked.of_texts(smiles))


def trained(make: Maker, written: Written, plan: Plan) -> Trained:
    """A model with first weights by the seed of the plan, and fitted under it."""
    started = time.process_time()
    with one_thread(), torch.random.fork_rng(devices=[]):
        torch.manual_seed(plan.seed)
        family: Family = make(written.codec.shape, 1, written.codec)
        family.fit(written.x, torch.zeros(len(written.x), 1), plan)
    count = sum(p.numel() for p in family.parameters())  # type: ignore[attr-defined]
    return Trained(family, written, count, time.process_time() - started)


def valid(smiles: Sequence[str]) -> list[str]:
    """Canonical texts of those that are molecules."""
    return [canonical(mol) for mol in map(parsed, smiles) if mol is not None]
