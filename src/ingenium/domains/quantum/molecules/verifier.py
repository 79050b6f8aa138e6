"""Verifier of molecules by RDKit, and an independent count from the structure file.

Shapes: n designs.
"""

import math
from contextlib import suppress
from dataclasses import dataclass
from typing import ClassVar, Literal

import torch
from jaxtyping import Float64
from rdkit import Chem
from torch import Tensor

from ingenium.core.packages import Extra
from ingenium.core.quantity import Quantity
from ingenium.core.text import texts
from ingenium.kits.chemistry.conformer import conformer
from ingenium.kits.chemistry.independent import COUNTED, counted
from ingenium.kits.chemistry.parsing import canonical, parsed
from ingenium.kits.chemistry.rules import BY_NAME, measured
from ingenium.kits.chemistry.safety import DualUseScreen

NAMES = (
    "heavy_atoms",
    "pieces",
    "radicals",
    "charge",
    "weight",
    "rings",
    "logp",
    "sa_score",
    "qed",
)


@dataclass(frozen=True)
class MoleculeJudge:
    """Properties of each molecule; NaN for an invalid or screened one."""

    screen: DualUseScreen
    known: frozenset[str]  # canonical SMILES, so that others are new
    name: ClassVar[str] = "rdkit"
    tier: ClassVar[Literal["exact"]] = "exact"
    quantities: ClassVar[tuple[Quantity, ...]] = (
        *(BY_NAME[name].quantity for name in NAMES),
        Quantity("in_known", "1", "1 if it is one of the known molecules"),
    )

    @property
    def version(self) -> str:
        """Version of the package."""
        return Extra("quantum").release_of("rdkit")

    def measure(self, codes: Float64[Tensor, "n longest"]) -> Float64[Tensor, "n k"]:
        """Measure all quantities of each design; NaN for no answer."""
        rows = [self._one(text) for text in texts(codes)]  # RDKit reads one text at a time
        return torch.tensor(rows, dtype=torch.float64).reshape(len(rows), len(self.quantities))

    def _one(self, text: str) -> tuple[float, ...]:
        mol = parsed(text)
        if mol is None or self.screen.refuses(mol):
            return (math.nan,) * len(self.quantities)
        return (*measured(NAMES, mol), float(canonical(mol) in self.known))


@dataclass(frozen=True)
class RecordCount:
    """Cross-check that counts atoms and bonds in the structure record."""

    name: ClassVar[str] = "atoms and bonds of the record, counted"
    version: ClassVar[str] = "1"
    tier: ClassVar[Literal["exact"]] = "exact"
    quantities: ClassVar[tuple[Quantity, ...]] = tuple(
        BY_NAME[name].quantity for name in NAMES if name in COUNTED
    )

    def measure(self, codes: Float64[Tensor, "n longest"]) -> Float64[Tensor, "n k"]:
        """Measure all quantities of each molecule; NaN for an element without a weight."""
        out = torch.full((len(codes), len(self.quantities)), torch.nan, dtype=torch.float64)
        for row, text in zip(out, texts(codes), strict=True):  # a record each
            mol = parsed(text)
            with suppress(KeyError):
                if mol is not None:
                    found = counted(Chem.MolToMolBlock(conformer(mol)))
                    values = [found[q.name] for q in self.quantities]
                    row[:] = torch.tensor(values, dtype=torch.float64)
        return out
