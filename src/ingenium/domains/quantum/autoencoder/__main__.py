"""Train the autoencoder of molecules anew: `python -m ingenium.domains.quantum.autoencoder FOLDER`.

It takes about eight minutes of one core; a stopped training goes on.
"""

import argparse
import sys
from pathlib import Path

from ingenium.core.recipe import printed
from ingenium.domains.quantum.autoencoder.recipe import AutoencoderRecipe, train


def main() -> None:
    """Train, and write `zinc.safetensors` and `zinc.json` into a folder."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    train(AutoencoderRecipe(), parser.parse_args().folder, watch=printed, progress=_told)


def _told(step: int, steps: int, loss: float) -> None:
    if step % 10 == 0:
        text = f"\rstep {step}/{steps}, held-out loss {loss:.4f}   "
        print(text, end="", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
