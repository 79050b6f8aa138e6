"""Pretrained torsional diffusion and histograms in the package."""

import json
from functools import cache
from typing import Any

import torch
from safetensors.torch import load_file

from ingenium.domains.molecules.conformers.families import Stiff, TorsionalDiffusion
from ingenium.domains.molecules.conformers.library import TorsionHistograms
from ingenium.domains.molecules.conformers.network import Torque
from ingenium.domains.molecules.conformers.recipe import LIBRARY, NAME
from ingenium.domains.molecules.trained.model import FOLDER

FAMILY = "torsional_diffusion"
WEIGHTS = FOLDER / f"{NAME}.safetensors"


@cache
def about() -> dict[str, Any]:
    """Return recipe, cost and training results."""
    found: dict[str, Any] = json.loads((FOLDER / f"{NAME}.json").read_text(encoding="utf-8"))
    return found


@cache
def library() -> TorsionHistograms:
    """Return the histograms of torsions."""
    return TorsionHistograms.read(FOLDER / LIBRARY)


def diffusion(stiff: Stiff) -> TorsionalDiffusion:
    """Return the pretrained diffusion for a molecule."""
    made = TorsionalDiffusion(stiff, Torque())
    made.load_state_dict({k: v.to(torch.float32) for k, v in load_file(WEIGHTS).items()})
    return made
