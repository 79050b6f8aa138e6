"""The torsional diffusion and the histograms that come with the package."""

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
    """Recipe, cost and what was learned."""
    found: dict[str, Any] = json.loads((FOLDER / f"{NAME}.json").read_text(encoding="utf-8"))
    return found


@cache
def library() -> TorsionHistograms:
    """Histograms of torsions."""
    return TorsionHistograms.read(FOLDER / LIBRARY)


def diffusion(stiff: Stiff) -> TorsionalDiffusion:
    """Of a molecule, trained."""
    made = TorsionalDiffusion(stiff, Torque())
    made.load_state_dict({k: v.to(torch.float32) for k, v in load_file(WEIGHTS).items()})
    return made
