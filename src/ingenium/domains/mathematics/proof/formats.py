"""Proofs as Metamath files: the theorem below its database, or below a line that includes it."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import xarray as xr

from ingenium.core.designs import DESIGN
from ingenium.core.errors import InputError
from ingenium.core.reading.files import text as text_of
from ingenium.core.text import codes
from ingenium.domains.mathematics.metamath.database import MOST_CHARACTERS
from ingenium.domains.mathematics.proof.goal import ProofGoal
from ingenium.domains.mathematics.proof.verifier import PROOF, SHAPE

LONGEST = 30_000  # characters of a proof
_LAST = re.compile(r"\$=((?:(?!\$=).)*?)\$\.\s*\$\}\s*\Z", re.S)


def proofs(listed: list[str], index: list[int]) -> xr.Dataset:
    """Return designs from proofs.

    Raises:
        InputError: for one that is too long.
    """
    codes(listed, LONGEST, name=PROOF)
    about = {"units": "1", "long_name": "proof in the compressed format of Metamath"}
    return xr.Dataset(
        {PROOF: (DESIGN, np.array(listed, dtype=object), about)},
        coords={DESIGN: np.array(index, dtype=np.int64)},
    )


@dataclass(frozen=True, eq=False)
class MetamathFiles:
    """Format with a database for each proof, which `metamath` reads."""

    goal: ProofGoal
    name: str = "mm"
    endings: tuple[str, ...] = (".mm",)

    @property
    def separate(self) -> Literal[True]:
        return True

    def file_text(self, proof: str) -> str:
        """Return the text of a file."""
        return self.goal.before[0] + self.goal.block(self.goal.theorem.label, proof)

    def write(self, designs: xr.Dataset, folder: Path) -> dict[int, Path]:
        """Write a file for each proof."""
        folder.mkdir(parents=True, exist_ok=True)
        found = {}
        for i, proof in zip(designs[DESIGN].values.tolist(), designs[PROOF].values, strict=True):
            found[i] = folder / f"proof_{i:05d}.mm"
            found[i].write_text(self.file_text(str(proof)), encoding="ascii")
        return found

    def read(self, path: Path) -> xr.Dataset:
        """Read a file, or all files of a folder.

        Raises:
            InputError: for a file whose statement or database is another one.
        """
        files = [path] if path.is_file() else sorted(path.glob("proof_*.mm"))
        if not files:
            raise InputError("Metamath files, proof_00000.mm", f"none in {path}")
        read = [self._proof(f) for f in files]
        numbers = [_number(f) for f in files]
        whole = len(set(numbers)) == len(numbers)
        return proofs(read, numbers if whole else list(range(len(numbers))))

    def _proof(self, file: Path) -> str:
        """Read the proof; all else must be what this problem writes, to the letter."""
        found = text_of(file, "a Metamath file with the proof", most=MOST_CHARACTERS)
        last = _LAST.search(found)
        proof = " ".join(last[1].split()) if last else ""
        if not SHAPE.fullmatch(proof) or found.split() != self.file_text(proof).split():
            what = f"a file that ends with a proof of {self.goal.text[:200]}"
            raise InputError(what, f"another one in {file}", "Change its proof alone.")
        return proof


def _number(file: Path) -> int:
    match = re.fullmatch(r"proof_(\d{1,9})", file.stem)
    return int(match[1]) if match else 0
