"""Make the torsional diffusion anew.

Write `python -m ingenium.domains.molecules.conformers FOLDER`; a stopped making goes on. The search
of conformers takes minutes on one core, the training five.
"""

import argparse
import sys
from dataclasses import replace
from pathlib import Path

from ingenium.core.errors import IngeniumError
from ingenium.core.recipe import printed
from ingenium.domains.molecules.conformers.recipe import TorsionRecipe, train


def main() -> None:
    """Search, train, and write weights and histograms into a folder."""
    parser = argparse.ArgumentParser(description=__doc__)
    usual = TorsionRecipe()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--steps", type=int, default=usual.steps, help="of training")
    parser.add_argument("--molecules", type=int, default=usual.molecules)
    asked = parser.parse_args()
    recipe = replace(usual, steps=asked.steps, molecules=asked.molecules)
    try:
        train(recipe, asked.folder, watch=printed, progress=_told)
    except IngeniumError as error:
        sys.exit(str(error))


def _told(step: int, loss: float) -> None:
    if step % 10 == 0:
        print(f"\rstep {step}, mean loss {loss:.4f}   ", end="", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
