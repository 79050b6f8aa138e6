"""Fitted inverses that come with a package of weights."""

import json
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from ingenium.core.networks import network_file
from ingenium.core.problem import Pretrained, Problem
from ingenium.generators.inverse.family import INVERSE, InverseFamily

HALVES = ("forward_model", "starts")  # parts that are stored in half precision
MOST_MB = 10.0
_NOWHERE = Path()


def weights_name(problem: str) -> str:
    """Return the file name of the weights of a problem."""
    return f"{problem.replace('.', '_')}.{INVERSE}.safetensors"


def shipped(problem: Problem) -> dict[str, Pretrained]:
    """Return the fitted inverse of a problem, as a spec chooses it by its name."""
    weights = network_file(weights_name(problem.name), _NOWHERE, _NOWHERE)
    facts = weights.with_suffix(".json")

    def make() -> InverseFamily:
        return InverseFamily.of(problem, problem.features(problem.data()).shape[1])

    about: dict[str, Any] = json.loads(facts.read_text()) if facts.is_file() else {}
    return {INVERSE: Pretrained(make, weights, about)}


def halved(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """Return the state with its large parts in half precision."""
    return {
        k: (v.to(torch.float16) if k.startswith(HALVES) else v).contiguous()
        for k, v in state.items()
    }
