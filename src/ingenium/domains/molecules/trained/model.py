"""Pretrained generator of the package."""

import json
from functools import cache
from pathlib import Path
from typing import Any

from ingenium.core.digest import digest, file_digest
from ingenium.core.errors import CorruptError
from ingenium.core.networks import network_file
from ingenium.core.problem import Pretrained
from ingenium.domains.molecules.kekule import KekuleCodec
from ingenium.domains.molecules.language import ATOMS, PIECES, SMILES
from ingenium.domains.molecules.trained.recipe import LanguageRecipe
from ingenium.generators.tokens.autoregressive import TokenAutoregressive
from ingenium.generators.tokens.vocabulary import Vocabulary

NAME = "moses_lstm"
NEEDED = ("steps", "width", "layers", "dropout", "temperature", "min_p")  # of its recipe
FOLDER = Path(__file__).parent


@cache
def facts(folder: Path = FOLDER) -> dict[str, Any]:
    """Return the metadata of the weights: language, recipe, cost and measurements."""
    found: dict[str, Any] = json.loads((folder / "moses.json").read_text(encoding="utf-8"))
    return found


def codec(source: str, longest: int, folder: Path = FOLDER) -> KekuleCodec:
    """Return the tokens of a data set: its pieces, and the merges learned from MOSES.

    Raises:
        CorruptError: if those of MOSES do not belong to the weights.
    """
    merges = tuple((a, b) for a, b in map(str.split, facts(folder)["merges"]))
    vocabulary = Vocabulary(tuple(PIECES[source].split()), ATOMS, merges)
    if source == "moses":
        _check(folder, "tokens", digest(list(vocabulary.tokens)))
    steps = facts(folder)["recipe"]["steps"] if source == "moses" else longest + 1
    return KekuleCodec(vocabulary, steps, longest, name=SMILES, source=source)


def network(longest: int, folder: Path = FOLDER) -> TokenAutoregressive:
    """Return the network with initial weights."""
    made = facts(folder)["recipe"]
    own = LanguageRecipe(**{k: made[k] for k in NEEDED})
    return own.network(codec("moses", longest, folder))


def pretrained(longest: int, folder: Path = FOLDER) -> dict[str, Pretrained]:
    """Return the pretrained generator as problems on molecules like those of MOSES offer it."""
    about = {k: facts(folder)[k] for k in ("recipe", "about")}
    weights = network_file("moses.safetensors", folder, FOLDER)

    def make() -> TokenAutoregressive:
        if weights.is_file():  # the loader reports missing ones
            _check(folder, "weights", file_digest(weights))
        return network(longest, folder)

    return {NAME: Pretrained(make, weights, about)}


def _check(folder: Path, what: str, found: str) -> None:
    """Compare weights or tokens with their recorded digest.

    Raises:
        CorruptError: if they differ, or there is none.
    """
    named = facts(folder).get(what, "none")
    if named != found:
        raise CorruptError(
            str(folder / "moses.json"),
            f"names other {what} ({named}) than there are ({found})",
            "Install the package again, or export weights and facts together.",
        )
