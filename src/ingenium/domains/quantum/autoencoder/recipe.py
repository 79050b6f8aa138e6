"""Training recipe of the autoencoder: Kekulé structures of ZINC250k, eight latent numbers."""

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import torch
from jaxtyping import Float
from safetensors.torch import save
from torch import Tensor

from ingenium.core.digest import content_digest
from ingenium.core.folders import write_atomic
from ingenium.core.problem import Watch, silent
from ingenium.core.recipe import Arrays, Recipe, as_array
from ingenium.core.seeds import one_thread
from ingenium.generators.tokens.codec import TokenCodec, Tokens
from ingenium.generators.tokens.decoders import Recurrent
from ingenium.generators.tokens.drawing import Drawing
from ingenium.generators.tokens.vae import TokenVAE, TokenVAESettings
from ingenium.generators.tokens.vocabulary import Vocabulary
from ingenium.kits.chemistry.kekule import bonds_of
from ingenium.kits.chemistry.packages import release_of
from ingenium.kits.chemistry.parsing import canonical, parsed
from ingenium.kits.chemistry.zinc import sampled, zinc250k
from ingenium.train.plan import Plan

ATOMS = r"\[[^\]]*\]|Br|Cl|%\d\d|."  # one token each; source: Schwaller et al., 2018
HELD_OUT = 10_000  # molecules that the autoencoder is not trained on
BATCH_SIZE = 20_000  # molecules in a block of the cache
LONGEST = 88  # characters; known ones have 78
PLAN = Plan(
    steps=3000,
    batch=128,
    learning_rate=8e-3,
    ema_decay=0.998,
    warmup=0.03,
    held_out=0.004,
    patience=1000,
    check_every=250,
)


@dataclass(frozen=True)
class AutoencoderRecipe:
    """Recipe: the molecules, their tokenisation, and the network that is trained on them."""

    molecules: int = 100_000  # of ZINC250k, in a fixed random order
    merges: int = 300
    steps: int = 40  # tokens of the longest molecule, with its end; few have more
    width: int = 192
    latent: int = 8
    beta: float = 0.2  # weight of the information in the latent numbers
    temperature: float = 0.5  # of tokens that are written, below 1 since they follow latent numbers
    plan: Plan = PLAN

    def network(self, tokens: Tokens) -> TokenVAE:
        """Return the untrained network; its one condition is always 0."""
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(self.plan.seed)
            settings = TokenVAESettings(self.latent, self.beta)
            decoder = Recurrent(self.width, 1)
            drawing = Drawing(self.temperature)
            return TokenVAE(
                (self.steps,),
                1,
                tokens,
                decoder,
                width=self.width,
                settings=settings,
                drawing=drawing,
            )


def constitutions(smiles: Sequence[str]) -> list[str]:
    """Return molecules without stereochemistry, as canonical SMILES."""
    return [canonical(mol) for mol in map(parsed, smiles) if mol is not None]


def written(count: int, watch: Watch = silent) -> list[str]:
    """Return the Kekulé structures of the training molecules, cached, since they take a minute."""

    def make(piece: int) -> Arrays:
        whole = sampled(zinc250k(), HELD_OUT + count)[HELD_OUT:]
        known = constitutions(whole[piece * BATCH_SIZE : (piece + 1) * BATCH_SIZE].tolist())
        return {"smiles": as_array("".join(f"{bonds_of(text)}\n" for text in known))}

    retained = Recipe("zinc_kekule", [count, release_of("rdkit")], make, -(-count // BATCH_SIZE))
    return retained.complete(watch)["smiles"].tobytes().decode("ascii").split()


def designs(texts: Sequence[str], vocabulary: Vocabulary, steps: int) -> Float[Tensor, "n s"]:
    """Encode all texts that fit into the steps."""
    length = [len(row) for row in vocabulary.encode(texts)]
    retained = [text for text, n in zip(texts, length, strict=True) if n < steps]
    return TokenCodec(vocabulary, steps, LONGEST).of_texts(retained)


def train(
    recipe: AutoencoderRecipe,
    folder: Path,
    *,
    watch: Watch = silent,
    progress: Callable[[int, int, float], None] | None = None,
) -> None:
    """Train, then write weights and facts into a folder; a stopped training resumes."""
    texts = written(recipe.molecules, watch)
    vocabulary = Vocabulary.of(texts[:60_000], pattern=ATOMS, merges=recipe.merges)
    pieces = Vocabulary.of(texts, pattern=ATOMS).pieces
    vocabulary = Vocabulary(pieces, ATOMS, vocabulary.merges)
    x = designs(texts, vocabulary, recipe.steps)
    family = recipe.network(TokenCodec(vocabulary, recipe.steps, LONGEST))
    plan = replace(recipe.plan, checkpoint=folder / "checkpoint", progress=progress)
    spent = time.process_time()
    with one_thread():
        curve = family.fit(x, torch.zeros(len(x), 1), plan)
    weights = save({k: v.half().contiguous() for k, v in family.state_dict().items()})
    retained = {k: v for k, v in asdict(recipe.plan).items() if v is not None}
    text = {
        "pieces": list(vocabulary.pieces),
        "merges": [" ".join(pair) for pair in vocabulary.merges],
        "recipe": {**asdict(recipe), "plan": retained},
        "weights": content_digest(weights),
        "about": {
            "losses": {k: v[-1] for k, v in curve.items()},
            "designs": len(x),
            "cpu_s": time.process_time() - spent,  # since the last start, if it was stopped
        },
    }
    write_atomic(folder / "zinc.safetensors", weights)
    write_atomic(folder / "zinc.json", json.dumps(text, indent=1) + "\n")
