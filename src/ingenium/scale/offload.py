"""Moments of an optimiser in memory-mapped files, so that they need not stay in memory.

On a CPU the slower tier is the disk: mapped pages count as cache, which the system writes out and
reads again as it needs memory.

Source: Rajbhandari et al., SC 2021, arXiv:2104.07857 (state of the optimiser on a slower tier).
"""

import os
import tempfile
from collections.abc import Iterable, Iterator

import torch
from torch import Tensor, nn
from torch.distributed.tensor import DTensor

from ingenium.core.errors import StorageError
from ingenium.core.folders import cache_folder
from ingenium.scale.divided import local

MOMENTS = ("exp_avg", "exp_avg_sq")  # of AdamW
FOLDER = "offload"


def offload(optimisers: Iterable[torch.optim.Optimizer]) -> None:
    """Place the moments in files, before the first step creates them in memory.

    Raises:
        StorageError: if the disk is too full for them.
    """
    for optimiser in optimisers:
        for group in optimiser.param_groups:
            for p in group["params"]:
                moments = {name: _mapped(p) for name in MOMENTS}
                optimiser.state[p] = {"step": torch.zeros(()), **moments}


def moments(optimisers: Iterable[torch.optim.Optimizer]) -> Iterator[Tensor]:
    """Yield all state tensors of optimisers."""
    return (slot for own in optimisers for slots in own.state.values() for slot in slots.values())


def _mapped(like: nn.Parameter) -> Tensor:
    """Zeros in an unnamed file, which is removed with its last use."""
    own = local(like)
    folder = cache_folder() / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=folder) as file:
        try:
            os.posix_fallocate(file.fileno(), 0, max(own.nbytes, 1))
        except OSError as error:
            raise StorageError(error.errno, os.strerror(error.errno or 0), str(folder)) from error
        flat = torch.from_file(file.name, shared=True, size=own.numel(), dtype=own.dtype)
    part = flat.view_as(own)
    if not isinstance(like, DTensor):
        return part
    return DTensor.from_local(
        part, like.device_mesh, like.placements, shape=like.shape, stride=like.stride()
    )
