"""Train the generator of molecules anew.

Write `python -m ingenium.domains.molecules.trained FOLDER`; a stopped training goes on. With the
default recipe it takes about a quarter of an hour on one core with AMX or AVX-512 for bfloat16.
"""

import argparse
import sys
from dataclasses import replace
from pathlib import Path

from ingenium.core.errors import IngeniumError
from ingenium.domains.molecules.trained.recipe import Recipe, train


def main() -> None:
    """Train, and write `moses.safetensors` and `moses.json` into a folder."""
    parser = argparse.ArgumentParser(description=__doc__)
    usual = Recipe()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--steps", type=int, default=usual.plan.steps, help="of training")
    parser.add_argument("--molecules", type=int, default=usual.molecules)
    parser.add_argument("--width", type=int, default=usual.width)
    parser.add_argument("--layers", type=int, default=usual.layers)
    asked = parser.parse_args()
    recipe = replace(
        usual,
        molecules=asked.molecules,
        width=asked.width,
        layers=asked.layers,
        plan=replace(usual.plan, steps=asked.steps),
    )
    try:
        train(recipe, asked.folder, watch=_tell, progress=_told)
    except IngeniumError as error:
        sys.exit(str(error))


def _tell(stage: str, done: int, total: int) -> None:
    print(f"\r{stage} {done}/{total}   ", end="", file=sys.stderr, flush=True)


def _told(step: int, steps: int, loss: float) -> None:
    if step % 10 == 0:
        text = f"\rstep {step}/{steps}, held-out loss {loss:.4f}   "
        print(text, end="", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
