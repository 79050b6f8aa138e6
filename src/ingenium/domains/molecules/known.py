"""Training molecules of a problem, sampled from the data."""

from dataclasses import dataclass
from functools import cache
from typing import Literal

import numpy as np
from jaxtyping import Bool, Float

from ingenium.core.digest import digest
from ingenium.core.errors import InputError
from ingenium.core.recipe import Arrays, Recipe, as_array
from ingenium.domains.molecules.data import LICENCES, moses
from ingenium.kits.chemistry.packages import release_of
from ingenium.kits.chemistry.parsing import canonical, parsed
from ingenium.kits.chemistry.rules import measured
from ingenium.kits.chemistry.sources import ZINC250K
from ingenium.kits.chemistry.zinc import sampled, zinc250k

Source = Literal["moses", "zinc250k"]
LONGEST = {"moses": 64, "zinc250k": 88}  # characters of a design; known ones have 57 and 78
HELD_OUT_EVERY = 10
FEWEST = 100


@dataclass(frozen=True)
class KnownMolecules:
    """Molecules that are sampled once and shared.

    Shapes: n molecules.
    """

    smiles: tuple[str, ...]  # canonical, without stereochemistry
    held_out: Bool[np.ndarray, " n"]
    licence: str


@cache
def known(source: Source, count: int) -> KnownMolecules:
    """Return `count` molecules of a data set in a fixed random order, the same for any count.

    Every tenth is held out; of MOSES it is from the test split, so that no model has seen it.

    Raises:
        InputError: for too few to train on, or more than there are.
    """
    whole = moses("train") if source == "moses" else zinc250k()
    if not FEWEST <= count <= len(whole):
        raise InputError(
            f"known as a number of molecules from {FEWEST} to {len(whole)}",
            count,
            "Write known = 20000.",
        )
    held = np.arange(count) % HELD_OUT_EVERY == HELD_OUT_EVERY - 1
    if source == "moses":
        smiles = np.empty(count, dtype=object)
        smiles[~held] = sampled(whole, int((~held).sum()))
        smiles[held] = sampled(moses("test"), int(held.sum()))
        return KnownMolecules(tuple(smiles.tolist()), held, LICENCES[source])
    return KnownMolecules(_constitutions(sampled(whole, count)), held, LICENCES[source])


@cache
def training_set(source: Source) -> frozenset[str]:
    """Return all molecules of a data set, which count as known in tests of novelty."""
    if source == "moses":
        return frozenset(moses("train"))

    def make(_: int) -> Arrays:  # takes a minute
        return {"smiles": as_array("\n".join(_constitutions(zinc250k())))}

    stored = Recipe("zinc250k", [ZINC250K.sha256, release_of("rdkit")], make).complete()
    return frozenset(stored["smiles"].tobytes().decode("ascii").split())


def values(smiles: tuple[str, ...], names: tuple[str, ...]) -> Float[np.ndarray, "n k"]:
    """Return rule-based quantities of known molecules, cached."""

    def make(_: int) -> Arrays:
        return {"values": np.array([measured(names, parsed(s)) for s in smiles])}

    under = [digest(list(smiles)), list(names), release_of("rdkit")]
    return Recipe("molecule_values", under, make).complete()["values"]


def _constitutions(smiles: np.ndarray) -> tuple[str, ...]:
    """Molecules without stereochemistry."""
    return tuple(canonical(mol) for mol in map(parsed, smiles) if mol is not None)
