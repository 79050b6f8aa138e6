"""Recipe of the torsional diffusion.

The search of conformers takes minutes on one core, the training five; a stopped run resumes.
"""

import sys
from dataclasses import replace
from pathlib import Path

from ingenium.core.recipe import printed
from ingenium.domains.molecules.conformers.recipe import TorsionRecipe, train

USUAL = TorsionRecipe()


def make(folder: Path, *, steps: int = USUAL.steps, molecules: int = USUAL.molecules) -> None:
    """Search conformers and train the torsional diffusion on them."""
    recipe = replace(USUAL, steps=steps, molecules=molecules)
    train(recipe, folder, watch=printed, progress=_reported)


def _reported(step: int, loss: float) -> None:
    if step % 10 == 0:
        print(f"\rstep {step}, mean loss {loss:.4f}   ", end="", file=sys.stderr, flush=True)
