"""Known sections of the UIUC database, fitted."""

import re
import zlib
from functools import cache

import numpy as np
import torch
from jaxtyping import Bool, Float
from torch import Tensor

from ingenium.domains.airfoils.network import NeuralFoilNetwork
from ingenium.domains.airfoils.polar import sweep
from ingenium.domains.airfoils.recipe import UIUC

LICENCE = (
    "UIUC Airfoil Coordinates Database (M. Selig, University of Illinois), as the package "
    "aerosandbox (MIT) brings it"
)
HELD_OUT_EVERY = 5
ANGLES = torch.arange(-4.0, 14.5, 0.5, dtype=torch.float64)  # where the best lift is searched
AT_ONCE = 256  # sections swept together


@cache
def stored() -> tuple[tuple[str, ...], Float[Tensor, "n 18"]]:
    """Return names and numbers of the sections that the package contains, made by `recipe`."""
    data = UIUC.complete()
    return tuple(data["names"].tolist()), torch.tensor(data["numbers"])


def kin(name: str) -> str:
    """Return the family of a section: the letters that its name begins with."""
    found = re.match(r"[a-z]+", name)
    return found.group() if found else name[:2]


def held_out(names: tuple[str, ...]) -> Bool[np.ndarray, " n"]:
    """Mask a fifth of the families, whole, so that training never sees near duplicates."""
    return np.array([zlib.crc32(kin(n).encode()) % HELD_OUT_EVERY == 0 for n in names])


def design_lift(
    net: NeuralFoilNetwork, numbers: Float[Tensor, "n 18"], reynolds: float, trust: float
) -> Float[Tensor, " n"]:
    """Return the lift of best lift over drag of each section; NaN where the network is unsure."""
    parts = []
    for some in numbers.split(AT_ONCE):  # all sections in one batch would take a gigabyte
        flow = sweep(net, some, ANGLES, torch.full((len(some),), reynolds, dtype=torch.float64))
        ratio = torch.where(flow.confidence >= trust, flow.lift / flow.drag, -torch.inf)
        best = ratio.view(len(some), -1).max(1)
        lift = flow.lift.view(len(some), -1).gather(1, best.indices[:, None])[:, 0]
        parts.append(torch.where(best.values > 0, lift, torch.nan))
    return torch.cat(parts)
