"""Updates of spins on a torus, all chains at once: heat bath, and clusters that grow together.

Shapes: n chains, x rows, y columns.
"""

import torch
from jaxtyping import Float64
from torch import Tensor


def heat_bath(
    spin: Float64[Tensor, "n x y"],
    coupling: Float64[Tensor, " n"],
    bonds: Float64[Tensor, "2 x y"],
    rng: torch.Generator,
) -> Float64[Tensor, "n x y"]:
    """Each spin drawn anew under its neighbours, one field of the checkerboard after the other."""
    rows, columns = spin.shape[1:]
    black = (torch.arange(rows)[:, None] + torch.arange(columns)) % 2 == 0
    right, down = bonds
    for half in (black, ~black):
        pull = right * spin.roll(-1, 2) + (right * spin).roll(1, 2)
        pull = pull + down * spin.roll(-1, 1) + (down * spin).roll(1, 1)
        up = torch.sigmoid(2 * coupling[:, None, None] * pull)
        lot = torch.rand(spin.shape, generator=rng, dtype=spin.dtype)
        new = torch.where(lot < up, 1.0, -1.0).to(spin.dtype)
        spin = torch.where(half, new, spin)
    return spin


def swept(
    spin: Float64[Tensor, "n x y"],
    coupling: Float64[Tensor, " n"],
    bonds: Float64[Tensor, "2 x y"],
    rng: torch.Generator,
) -> Float64[Tensor, "n x y"]:
    """All clusters of each chain, each with its sign turned or not by chance.

    A bond between ends a and b is laid with probability 1 - exp(-2 coupling a b) where that is
    positive, so that signs of fields of any size are turned rightly.
    Source: Swendsen and Wang, Phys. Rev. Lett. 58 (1987) 86.
    """
    other = torch.stack([spin.roll(-1, 2), spin.roll(-1, 1)], 1)
    pull = 2 * coupling[:, None, None, None] * bonds * spin[:, None] * other
    lot = torch.rand(other.shape, generator=rng, dtype=spin.dtype)
    label = labelled(lot < 1 - torch.exp(-pull.clamp_min(0)))
    turn = torch.rand(spin.shape, generator=rng, dtype=spin.dtype) < 0.5
    return torch.where(turn.flatten(1).gather(1, label).view_as(turn), -spin, spin)


def labelled(laid: Tensor) -> Tensor:
    """The smallest site of the cluster of each site, (n, x * y), from bonds (n, 2, x, y).

    Labels of neighbours are taken over, and then those of the sites that labels point to, so that
    a cluster is labelled in about as many rounds as the logarithm of its length.
    """
    n, _, rows, columns = laid.shape
    label = torch.arange(rows * columns).expand(n, -1).contiguous()
    right, down = laid.unbind(1)
    while True:
        at = label.view(n, rows, columns)
        new = at
        for bond, axis in ((right, 2), (down, 1)):
            new = torch.where(bond, torch.minimum(new, new.roll(-1, axis)), new)
            back = bond.roll(1, axis)
            new = torch.where(back, torch.minimum(new, new.roll(1, axis)), new)
        flat = new.reshape(n, -1)
        flat = torch.minimum(flat, flat.gather(1, flat))
        if torch.equal(flat, label):
            return label
        label = flat
