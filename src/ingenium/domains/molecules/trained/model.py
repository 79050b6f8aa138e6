"""The generator that comes with the package."""

import json
from functools import cache
from pathlib import Path
from typing import Any

from ingenium.core.digest import digest, file_digest
from ingenium.core.errors import CorruptError
from ingenium.core.networks import network_file
from ingenium.core.problem import Shipped
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
    """What lies beside the weights: language, recipe, cost and what was measured."""
    found: dict[str, Any] = json.loads((folder / "moses.json").read_text(encoding="utf-8"))
    return found


def codec(source: str, longest: int, folder: Path = FOLDER) -> KekuleCodec:
    """The tokens of a data set: its pieces, and the merges that were learned from MOSES.

    Raises:
        CorruptError: if those of MOSES are not the ones that the weights were made for.
    """
    merges = tuple((a, b) for a, b in map(str.split, facts(folder)["merges"]))
    vocabulary = Vocabulary(tuple(PIECES[source].split()), ATOMS, merges)
    if source == "moses":
        _check(folder, "tokens", digest(list(vocabulary.tokens)))
    steps = facts(folder)["recipe"]["steps"] if source == "moses" else longest + 1
    return KekuleCodec(vocabulary, steps, longest, name=SMILES, source=source)


def network(longest: int, folder: Path = FOLDER) -> TokenAutoregressive:
    """Its network with first weights."""
    made = facts(folder)["recipe"]
    own = LanguageRecipe(**{k: made[k] for k in NEEDED})
    return own.network(codec("moses", longest, folder))


def shipped(longest: int, folder: Path = FOLDER) -> dict[str, Shipped]:
    """It, as a problem on molecules like those of MOSES offers it."""
    about = {k: facts(folder)[k] for k in ("recipe", "about")}
    weights = network_file("moses.safetensors", folder, FOLDER)

    def make() -> TokenAutoregressive:
        if weights.is_file():  # whoever loads them says so if they are not
            _check(folder, "weights", file_digest(weights))
        return network(longest, folder)

    return {NAME: Shipped(make, weights, about)}


def _check(folder: Path, what: str, found: str) -> None:
    """Compare weights or tokens with the digest that lies beside them.

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
