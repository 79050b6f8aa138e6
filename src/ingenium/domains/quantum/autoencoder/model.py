"""Loader of the pretrained autoencoder."""

import json
from functools import cache
from pathlib import Path
from typing import Any

from safetensors.torch import load

from ingenium.core.digest import content_digest
from ingenium.core.errors import CorruptError
from ingenium.core.networks import installed, network_file
from ingenium.domains.quantum.autoencoder.recipe import ATOMS, LONGEST, AutoencoderRecipe
from ingenium.generators.tokens.vae import TokenVAE
from ingenium.generators.tokens.vocabulary import Vocabulary
from ingenium.kits.chemistry.kekule import KekuleTokens

FOLDER = Path(__file__).parent
FILE = "zinc.safetensors"
NEEDED = ("steps", "width", "latent", "beta", "temperature")  # of its recipe
SMILES = "smiles"


@cache
def facts(folder: Path = FOLDER) -> dict[str, Any]:
    """Return the facts stored with the weights: vocabulary, recipe and training cost."""
    found: dict[str, Any] = json.loads((folder / "zinc.json").read_text(encoding="utf-8"))
    return found


def codec(folder: Path = FOLDER) -> KekuleTokens:
    """Codec of Kekulé structures as tokens, without a grammar: some texts are no molecule."""
    known = facts(folder)
    merges = tuple((a, b) for a, b in map(str.split, known["merges"]))
    vocabulary = Vocabulary(tuple(known["pieces"]), ATOMS, merges)
    return KekuleTokens(vocabulary, known["recipe"]["steps"], LONGEST, name=SMILES)


@cache
def autoencoder(folder: Path = FOLDER) -> TokenVAE:
    """Return the autoencoder with its trained weights.

    Raises:
        MissingDistribution: if its weights are not installed.
        CorruptError: if they are not the ones that the facts name.
    """
    made = facts(folder)["recipe"]
    network = AutoencoderRecipe(**{k: made[k] for k in NEEDED}).network(codec(folder))
    place = installed(network_file(FILE, folder, FOLDER))
    weights = place.read_bytes()
    if content_digest(weights) != facts(folder)["weights"]:
        raise CorruptError(str(place), "other weights than its facts name", "Install again.")
    network.load_state_dict({k: v.float() for k, v in load(weights).items()})
    return network.requires_grad_(False).eval()
