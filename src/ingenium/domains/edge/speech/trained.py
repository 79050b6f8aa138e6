"""Shipped networks of gains: as trained, and for a device."""

import json
from functools import cache, partial
from pathlib import Path
from typing import Any

import torch

from ingenium.core.problem import Pretrained
from ingenium.domains.edge.speech.network import MaskNetwork
from ingenium.edge.artifact import HEADER, SOURCE, SmallGenerator
from ingenium.edge.parts import Runner, part_of

NAME, ON_DEVICE = "mask", "mask_on_device"
WIDTH = 64
FOLDER = Path(__file__).parent
SMALL = FOLDER / "small"


def network(samples: int) -> MaskNetwork:
    """Return the untrained small recurrent network."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return MaskNetwork(samples, width=WIDTH)


def on_device(samples: int) -> MaskNetwork:
    """Return the network that is the file that the board runs.

    Raises:
        CorruptError: if the file is not the judged one.
    """
    family = network(samples)
    runners: dict[str, Runner] = dict(
        SmallGenerator.open(SMALL, without=(SOURCE, HEADER)).runners()
    )
    seated = part_of(family, NAME).seated(family, runners)
    assert isinstance(seated, MaskNetwork)
    return seated


@cache
def record() -> dict[str, Any] | None:
    """Read the measurements of the device version; None before it exists."""
    path = SMALL / SmallGenerator.file
    return dict(json.loads(path.read_bytes())) if path.is_file() else None


def pretrained(samples: int) -> dict[str, Pretrained]:
    """Return the network, and its device version where it exists."""
    weights, own = FOLDER / f"{NAME}.safetensors", record()
    found = {NAME: Pretrained(partial(network, samples), weights, {"width": WIDTH})}
    if own is not None:
        about = {"recipe": own["recipe_title"], "files": own["evidence"]["files"]}
        found[ON_DEVICE] = Pretrained(partial(on_device, samples), weights, about)
    return found
