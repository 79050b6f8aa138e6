"""Verifier of molecules: each part of the engine measures each text.

Shapes: n designs, k quantities, a atoms at most, each with atomic number and position in angstrom.
"""

import math
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import ClassVar, Literal

import numpy as np
import torch
from jaxtyping import Float64
from rdkit import Chem
from torch import Tensor

from ingenium.core.errors import InputError
from ingenium.core.quantity import Quantity
from ingenium.core.text import texts
from ingenium.domains.molecules.language import ATOMS_AT
from ingenium.kits.chemistry import rules
from ingenium.kits.chemistry.conformer import conformer
from ingenium.kits.chemistry.independent import COUNTED, counted
from ingenium.kits.chemistry.packages import release_of
from ingenium.kits.chemistry.parsing import parsed
from ingenium.kits.chemistry.safety import DualUseScreen
from ingenium.kits.chemistry.work import mapped

CHUNK = 16  # molecules per process and batch
EXPENSIVE_MS = 0.5  # of a molecule: more expensive parts wait for the results of cheaper ones


@dataclass(frozen=True)
class EnginePart:
    """Some quantities, the function of a molecule that computes them, and its package."""

    quantities: tuple[Quantity, ...]
    of: Callable[..., Sequence[float]]  # of a module, so that processes can share it
    package: str = "rdkit"
    cost_ms: float = 0.05  # of a molecule; cheap parts are evaluated first
    placed: bool = False  # whether `of` also takes the positions of atoms in a file

    @property
    def expensive(self) -> bool:
        """True if it is only evaluated where all cheaper limits are satisfied."""
        return self.cost_ms > EXPENSIVE_MS


RULES = tuple(
    EnginePart((r.quantity,), partial(rules.measured, (r.quantity.name,)), cost_ms=r.cost_ms)
    for r in rules.RULES
)


@dataclass(frozen=True)
class MoleculeVerifier:
    """Verifier of all quantities; NaN for text that is no molecule or is refused."""

    parts: tuple[EnginePart, ...]
    screen: DualUseScreen
    processes: int = 1
    tier: ClassVar[Literal["exact"]] = "exact"
    filed: ClassVar[str] = ATOMS_AT

    def __post_init__(self) -> None:
        """Refuse too few processes.

        Raises:
            InputError: for less than one.
        """
        if self.processes < 1:
            raise InputError("at least one process", self.processes, "Write processes = 1.")

    @property
    def name(self) -> str:
        """Names of the measuring packages."""
        return " and ".join(self._packages)

    @property
    def version(self) -> str:
        """Versions of the measuring packages, in the same order."""
        return " and ".join(release_of(package) for package in self._packages)

    @property
    def _packages(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(part.package for part in self.parts))

    @cached_property
    def quantities(self) -> tuple[Quantity, ...]:
        """Quantities of all parts."""
        return tuple(
            replace(q, expensive=part.expensive) for part in self.parts for q in part.quantities
        )

    def only(self, names: Collection[str]) -> "MoleculeVerifier":
        """Return the verifier with only the parts that measure one of the quantities."""
        retained = tuple(p for p in self.parts if any(q.name in names for q in p.quantities))
        return replace(self, parts=retained)

    def measure(
        self, codes: Float64[Tensor, "n longest"], at: Float64[Tensor, "n a 4"] | None = None
    ) -> Float64[Tensor, "n k"]:
        """Measure all quantities of each design, at its stated atoms if any; NaN on failure.

        Rows of zeros mean no atoms.
        """
        places = [None] * len(codes) if at is None else [_stated(x) for x in at.numpy()]
        work = partial(_measured, self.parts, self.screen)
        both = list(zip(texts(codes), places, strict=True))
        rows = mapped(work, both, processes=self.processes, chunk=CHUNK)
        width = len(self.quantities)
        return torch.tensor(rows, dtype=torch.float64).reshape(len(rows), width)

    def explain(self, codes: Float64[Tensor, "n longest"], *_: Tensor) -> list[str]:
        """Return why a text has no answer: no molecule, or one that is not to be made."""
        found = []
        for text in texts(codes):
            mol = parsed(text)
            if mol is None:
                found.append("RDKit reads no molecule in the text")
            else:
                found.append("the dual-use screen refuses it" if self.screen.refuses(mol) else "")
        return found


@dataclass(frozen=True)
class FileCount:
    """Atoms and bonds of molecules, counted in the text of a structure file."""

    name: ClassVar[str] = "atoms and bonds of the file, counted"
    version: ClassVar[str] = "1"
    tier: ClassVar[Literal["exact"]] = "exact"
    quantities: ClassVar = tuple(q for part in RULES for q in part.quantities if q.name in COUNTED)

    def measure(self, codes: Float64[Tensor, "n longest"]) -> Float64[Tensor, "n k"]:
        """Measure all quantities of each molecule; NaN with an element of unknown weight."""
        out = torch.full((len(codes), len(self.quantities)), torch.nan, dtype=torch.float64)
        for row, text in zip(out, texts(codes), strict=True):  # one file each
            with suppress(KeyError):
                found = counted(Chem.MolToMolBlock(conformer(parsed(text))))
                values = [found[q.name] for q in self.quantities]
                row[:] = torch.tensor(values, dtype=torch.float64)
        return out


def _measured(
    parts: tuple[EnginePart, ...],
    screen: DualUseScreen,
    design: tuple[str, Float64[np.ndarray, "a 4"] | None],
) -> tuple[float, ...]:
    """Quantities of one text; after a part fails, no further ones are evaluated."""
    smiles, at = design
    mol = parsed(smiles)
    if mol is None or screen.refuses(mol):
        return (math.nan,) * sum(len(part.quantities) for part in parts)
    values: list[float] = []
    for part in parts:
        unanswered = any(math.isnan(v) for v in values)
        if unanswered:
            values += [math.nan] * len(part.quantities)
        else:
            values += map(float, part.of(mol, at) if part.placed else part.of(mol))
    return tuple(values)


def _stated(at: Float64[np.ndarray, "a 4"]) -> Float64[np.ndarray, "b 4"] | None:
    """Atoms of one design; None where its file has no positions."""
    stated = at[at[:, 0] > 0]
    return stated if len(stated) else None
