"""Training recipe of the pretrained generator: the language of MOSES, and its network."""

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Float
from safetensors.torch import save
from torch import Tensor

from ingenium.core.digest import content_digest, digest
from ingenium.core.folders import write_atomic
from ingenium.core.problem import Watch, silent
from ingenium.core.recipe import Arrays, Recipe, as_array
from ingenium.core.seeds import one_thread
from ingenium.domains.molecules.data import moses
from ingenium.domains.molecules.language import ATOMS, PIECES
from ingenium.domains.molecules.trained.min_p import MinP
from ingenium.generators.tokens.autoregressive import TokenAutoregressive
from ingenium.generators.tokens.codec import TokenCodec, Tokens
from ingenium.generators.tokens.families import recurrent
from ingenium.generators.tokens.vocabulary import Vocabulary, learn_merges
from ingenium.kits.chemistry.kekule import bonds_of
from ingenium.kits.chemistry.packages import release_of
from ingenium.kits.chemistry.zinc import sampled
from ingenium.train.plan import Plan

AT_ONCE = 20_000  # molecules per cached piece
PLAN = Plan(
    steps=7_500,
    batch=512,
    learning_rate=3e-3,
    ema_decay=0.999,
    warmup=0.02,
    held_out=0.002,
    patience=1000,
    check_every=250,
)


@dataclass(frozen=True)
class LanguageRecipe:
    """Choice of molecules, tokens, and the network that learns them."""

    molecules: int = 1_584_663  # of the training split of MOSES, in a fixed random order
    read: int = 60_000  # of them, from which pairs of tokens are learned
    merges: int = 800
    steps: int = 32  # tokens of the longest molecule, with its end; few have more
    width: int = 512
    layers: int = 2
    dropout: float = 0.1
    temperature: float = 1.13  # of what is proposed; see `benchmarks/molecules_drawing.py`
    min_p: float = 0.0065  # of the likeliest token's probability; less likely ones are not sampled
    plan: Plan = PLAN

    def network(self, tokens: Tokens) -> TokenAutoregressive:
        """Return the network with initial weights; unconditional ones have a zero input."""
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(self.plan.seed)
            family = recurrent(
                (self.steps,),
                1,
                tokens,
                width=self.width,
                layers=self.layers,
                dropout=self.dropout,
            )
        family.drawing = MinP(temperature=self.temperature, min_p=self.min_p)
        return family


SMALL = LanguageRecipe(
    molecules=300_000,
    merges=600,
    width=320,
    plan=replace(PLAN, steps=2400, batch=256, ema_decay=0.998, warmup=0.03),
)
"""What a core trains in ten minutes."""


def written(recipe: LanguageRecipe, watch: Watch = silent) -> list[str]:
    """Return the Kekulé structures of the molecules of a recipe; cached, as they take minutes."""

    def make(piece: int) -> Arrays:
        some = sampled(moses("train"), recipe.molecules)[piece * AT_ONCE : (piece + 1) * AT_ONCE]
        return {"smiles": as_array("".join(f"{bonds_of(text)}\n" for text in some))}

    pieces = -(-min(recipe.molecules, len(moses("train"))) // AT_ONCE)
    under = [recipe.molecules, release_of("rdkit")]
    retained = Recipe("moses_kekule", under, make, pieces).complete(watch)
    return retained["smiles"].tobytes().decode("ascii").split()


def language(texts: Sequence[str], recipe: LanguageRecipe) -> Vocabulary:
    """Return the tokens: the pieces of MOSES, and the most frequent pairs of the first texts."""
    plain = Vocabulary(tuple(PIECES["moses"].split()), ATOMS)
    read = plain.encode(texts[: recipe.read])
    return Vocabulary(plain.pieces, ATOMS, learn_merges(plain, read, recipe.merges))


def designs(texts: Sequence[str], vocabulary: Vocabulary, steps: int) -> Float[Tensor, "n s"]:
    """Return the numbers of all texts that fit into the steps."""
    length = [len(row) for row in vocabulary.encode(texts)]
    retained = [text for text, n in zip(texts, length, strict=True) if n < steps]
    return TokenCodec(vocabulary, steps, max(map(len, retained))).of_texts(retained)


def train(
    recipe: LanguageRecipe,
    folder: Path,
    *,
    watch: Watch = silent,
    progress: Callable[[int, int, float], None] | None = None,
) -> None:
    """Train, and write the weights with metadata into a folder; a stopped training resumes."""
    texts = written(recipe, watch)
    vocabulary = language(texts, recipe)
    x = designs(texts, vocabulary, recipe.steps)
    codec = TokenCodec(vocabulary, recipe.steps, max(map(len, texts)))
    family = recipe.network(codec)
    plan = replace(recipe.plan, checkpoint=folder / "checkpoint", progress=progress)
    spent = time.process_time()
    with one_thread():
        curve = family.fit(x, torch.zeros(len(x), 1), plan)
    about = {
        "losses": {k: v[-1] for k, v in curve.items()},
        "designs": len(x),
        "cpu_s": time.process_time() - spent,  # since the last start, if it was stopped
    }
    store(family, vocabulary, recipe, folder, about)


def store(
    family: TokenAutoregressive,
    vocabulary: Vocabulary,
    recipe: LanguageRecipe,
    folder: Path,
    about: Mapping[str, Any],
) -> None:
    """Write weights in half precision, with the language, the recipe and the cost."""
    state = {k: v.half().contiguous() for k, v in family.state_dict().items()}
    weights = save(state)
    plan = {k: v for k, v in asdict(recipe.plan).items() if v is not None}
    text = {
        "merges": [" ".join(pair) for pair in vocabulary.merges],
        "recipe": {**asdict(recipe), "plan": plan},
        "weights": content_digest(weights),
        "tokens": digest(list(vocabulary.tokens)),
        "about": dict(about),
    }
    write_atomic(folder / "moses.safetensors", weights)
    write_atomic(folder / "moses.json", json.dumps(text, indent=1) + "\n")
