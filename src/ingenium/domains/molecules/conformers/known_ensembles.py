"""Ensembles of many molecules: training and test sets of the torsional generator."""

from collections.abc import Iterator
from dataclasses import dataclass

from ingenium.core.errors import InputError
from ingenium.core.problem import Watch, silent
from ingenium.domains.molecules.conformers.requested_molecule import closed, molecule
from ingenium.domains.molecules.conformers.search import (
    ConformerEnsemble,
    ConformerSearch,
    searched,
)
from ingenium.domains.molecules.known import Source, known

LEARNED = ConformerSearch(starts=24, most=10)
TRUTH = ConformerSearch(starts=60, level="gfn2", most=16)


@dataclass(frozen=True)
class KnownEnsemble:
    """A molecule, with open stereocentres resolved, and its ensemble."""

    smiles: str
    ensemble: ConformerEnsemble


def admitted(source: Source, count: int, *, held_out: bool) -> list[str]:
    """Return the first supported molecules of a data set.

    Raises:
        InputError: if the data set has fewer.
    """
    found: list[str] = []
    whole = known(source, 20 * count + 200)
    for smiles, held in zip(whole.smiles, whole.held_out, strict=True):
        if bool(held) is held_out:
            found += _admitted(smiles)
        if len(found) == count:
            return found
    raise InputError(f"at least {count} such molecules", len(found), "Ask for fewer.")


def ensembles(
    smiles: list[str], how: ConformerSearch, watch: Watch = silent
) -> Iterator[KnownEnsemble]:
    """Iterate over the ensembles of molecules, computed where they are not in the cache."""
    for number, text in enumerate(smiles):
        watch("search conformers", number, len(smiles))
        yield KnownEnsemble(text, searched(text, how))
    watch("search conformers", len(smiles), len(smiles))


def _admitted(smiles: str) -> list[str]:
    text = closed(smiles)
    try:
        molecule(text)
    except InputError:
        return []
    return [text]
