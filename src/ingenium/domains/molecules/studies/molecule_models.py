"""Models of molecules that are trained alike, for studies that compare them."""

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from ingenium.core.folders import write_atomic
from ingenium.core.problem import Watch, silent
from ingenium.core.seeds import one_thread
from ingenium.domains.molecules.data import moses
from ingenium.domains.molecules.kekule import kekule
from ingenium.domains.molecules.language import ATOMS, PIECES
from ingenium.domains.molecules.metrics.chemnet import features, frechet, gaussian
from ingenium.generators.model import Family
from ingenium.generators.tokens.codec import TokenCodec
from ingenium.generators.tokens.vocabulary import Vocabulary, learn_merges
from ingenium.kits.chemistry.parsing import canonical, parsed
from ingenium.train.plan import Plan

OF_MODELS = (  # source that what they give rests on
    "generators/tokens",
    "generators/model.py",
    "sampling/noise.py",
    "train/trainer.py",
    "train/batches.py",
    "train/ema.py",
    "kits/chemistry/parsing.py",
    "domains/molecules/data.py",
    "domains/molecules/kekule.py",
    "domains/molecules/language.py",
    "domains/molecules/metrics/chemnet.py",
    "domains/molecules/studies/molecule_models.py",
)
MERGES, READ = 400, 20_000  # pairs of tokens, and molecules from which they are learned
ROOM = 0.995  # share of the molecules whose tokens decide how many there may be
Maker = Callable[[tuple[int, ...], int, Any], Any]


@dataclass(frozen=True)
class Written:
    """Molecules as a model learns them."""

    codec: Any  # with `shape` and `to_texts`
    x: Float[Tensor, "n *shape"]


@dataclass(frozen=True)
class Place:
    """Where the state of a fit is kept, so that a stopped one goes on, and who watches."""

    folder: Path
    watch: Watch = silent

    @property
    def spent_s(self) -> float:
        """CPU seconds of the fit so far."""
        path = self.folder / "cpu_s.json"
        return float(json.loads(path.read_text())) if path.is_file() else 0.0

    def plan(self, plan: Plan) -> Plan:
        """The plan of a fit that is kept and watched here."""
        before, started = self.spent_s, time.process_time()

        def progress(step: int, steps: int, loss: float) -> None:
            self.watch(f"fit {self.folder.name}", step, steps)
            if step % plan.check_every == 0 or step == steps:  # the trainer kept its state
                now = before + time.process_time() - started
                write_atomic(self.folder / "cpu_s.json", json.dumps(now))

        return replace(plan, checkpoint=self.folder, progress=progress)


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


def as_pairs(smiles: Sequence[str]) -> Written:
    """Kekulé structures in pairs of pieces that are frequent in them, without a grammar.

    The few molecules with the most tokens are left out, which saves room in all.
    """
    texts = [kekule(text) for text in smiles]
    plain = Vocabulary(tuple(PIECES["moses"].split()), ATOMS)
    merges = learn_merges(plain, plain.encode(texts[:READ]), MERGES)
    vocabulary = Vocabulary(plain.pieces, ATOMS, merges)
    length = [len(row) for row in vocabulary.encode(texts)]
    most = int(np.quantile(length, ROOM, method="higher"))
    room = [text for text, n in zip(texts, length, strict=True) if n <= most]
    codec = TokenCodec(vocabulary, most + 1, max(map(len, room)), name="smiles")
    return Written(codec, codec.of_texts(room))


def trained(make: Maker, written: Written, plan: Plan, place: Place) -> Trained:
    """A model with first weights by the seed of the plan, and fitted under it."""
    with one_thread(), torch.random.fork_rng(devices=[]):
        torch.manual_seed(plan.seed)
        family: Family = make(written.codec.shape, 1, written.codec)
        family.fit(written.x, torch.zeros(len(written.x), 1), place.plan(plan))
    count = sum(p.numel() for p in family.parameters())  # type: ignore[attr-defined]
    return Trained(family, written, count, place.spent_s)


def kept(path: Path, measure: Callable[[], Mapping[str, float]]) -> dict[str, float]:
    """Numbers of one model, kept so that a stopped study goes on after it."""
    if not path.is_file():
        write_atomic(path, json.dumps(dict(measure())))
    found: dict[str, float] = json.loads(path.read_text())
    return found


def valid(smiles: Sequence[str]) -> list[str]:
    """Canonical texts of those that are molecules."""
    return [canonical(mol) for mol in map(parsed, smiles) if mol is not None]


def shares(texts: Sequence[str], training: frozenset[str]) -> dict[str, float]:
    """What is valid of all texts, unique of the valid, and new of the unique."""
    found = valid(texts)
    unique = set(found)
    return {
        "valid": len(found) / len(texts),
        "unique": len(unique) / max(len(found), 1),
        "novel": len(unique - training) / max(len(unique), 1),
    }


def distance(
    smiles: Sequence[str], held: tuple[Float[np.ndarray, " d"], Float[np.ndarray, "d d"]]
) -> float:
    """Fréchet ChemNet distance of molecules to others; NaN for fewer than two."""
    return float("nan") if len(smiles) < 2 else frechet(gaussian(features(smiles)), held)
