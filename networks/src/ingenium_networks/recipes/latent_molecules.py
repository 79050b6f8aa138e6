"""Recipe of the autoencoder of molecules: about eight minutes on one core."""

import sys
from pathlib import Path

from ingenium.core.recipe import printed
from ingenium.domains.quantum.autoencoder.recipe import AutoencoderRecipe, train


def make(folder: Path) -> None:
    """Train the autoencoder of molecules (`zinc.safetensors`, `zinc.json`); resumes if stopped."""
    train(AutoencoderRecipe(), folder, watch=printed, progress=_reported)


def _reported(step: int, steps: int, loss: float) -> None:
    if step % 10 == 0:
        text = f"\rstep {step}/{steps}, held-out loss {loss:.4f}   "
        print(text, end="", file=sys.stderr, flush=True)
