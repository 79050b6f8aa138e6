"""Beams of the literature as input of the optimisers."""

import parts
import torch

from ingenium.domains.structures.optimise.task import OptimisationTask
from ingenium.kits.solids.elastic.grid import RegularGrid
from ingenium.kits.solids.elastic.solver import Elastic


def half_mbb(nx, ny, volumes=(0.5,), passive=None):
    """Half of the MBB beam, some of it passive."""
    requested = parts.half_mbb((nx, ny), volumes)
    return OptimisationTask(requested.elastic, requested.load_n, requested.volume_fraction, passive)


def cantilevers(nx, ny, volumes, heights):
    """Cantilevers fixed on the left, pressed down on the right at a height for each design."""
    grid = RegularGrid((nx, ny))
    fixed = torch.zeros(*grid.nodes, 2, dtype=torch.bool)
    fixed[0] = True
    load = torch.zeros(len(heights), 1, *grid.nodes, 2, dtype=torch.float64)
    load[torch.arange(len(heights)), 0, -1, torch.tensor(heights), 1] = -1.0
    volume = torch.tensor(volumes, dtype=torch.float64)
    return OptimisationTask(Elastic(grid, fixed.flatten()), load.flatten(2), volume)
