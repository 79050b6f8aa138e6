"""Fourier layers for networks on grids of one, two or three axes.

Shapes: n fields, w channels.
"""

from itertools import product

import torch
from jaxtyping import Float
from torch import Tensor, nn

POINTWISE = (nn.Conv1d, nn.Conv2d, nn.Conv3d)  # by the number of axes


class FourierLayer(nn.Module):
    """A convolution by multiplication of the lowest waves, plus a linear map at each point.

    Source: Li et al., ICLR 2021, arXiv:2010.08895, section 4.
    """

    def __init__(self, width: int, modes: int, axes: int) -> None:
        super().__init__()
        self.modes, self.axes = modes, axes
        shape = (2 ** (axes - 1), width, width, *[modes] * axes)
        self.weight = nn.Parameter(torch.randn(*shape, 2) / width)
        self.point = POINTWISE[axes - 1](width, width, 1)

    def forward(self, x: Float[Tensor, "n w *grid"]) -> Float[Tensor, "n w *grid"]:
        """Apply the layer without a nonlinearity."""
        m, grid = self.modes, x.shape[2:]
        over = tuple(range(2, x.ndim))
        spectrum = torch.fft.rfftn(x, dim=over, norm="forward")
        out = torch.zeros_like(spectrum)
        corners = product((slice(0, m), slice(-m, None)), repeat=self.axes - 1)
        for weight, corner in zip(torch.view_as_complex(self.weight), corners, strict=True):
            place = (slice(None), slice(None), *corner, slice(0, m))
            out[place] = torch.einsum("ni...,io...->no...", spectrum[place], weight)
        far: Tensor = torch.fft.irfftn(out, s=grid, dim=over, norm="forward")
        near: Tensor = self.point(x)
        return near + far
