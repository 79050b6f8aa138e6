"""What is peculiar to fields: patches, admission, sizes, and what they learn."""

import math

import pytest
import torch

from ingenium.generators.admission import admit, admitted
from ingenium.generators.families import FAMILIES, build
from ingenium.generators.field_autoregressive import FieldAutoregressive
from ingenium.generators.field_grid import MOST_PATCHES, Grid
from ingenium.generators.networks import trunk
from ingenium.generators.patches import Patches


@pytest.mark.parametrize(
    "cells", [(60, 20), (150, 50), (3, 2), (16, 12, 18), (32, 24, 36), (96, 32, 32)]
)
def test_patches_of_a_grid_stay_few_and_come_in_pairs(cells: tuple[int, ...]) -> None:
    grid = Grid(cells)
    assert math.prod(math.ceil(n / grid.edge) for n in cells) <= MOST_PATCHES
    assert all(p % (2 * grid.edge) == 0 and p >= n for p, n in zip(grid.padded, cells, strict=True))
    x = torch.rand(2, 3, *cells)
    assert grid.pad(x).shape == (2, 3, *grid.padded)
    assert torch.equal(grid.crop(grid.pad(x)), x)


@pytest.mark.parametrize("shape", [(2, 9, 6), (1, 5, 4, 7)])
def test_patches_come_back_and_know_what_is_before_them(shape: tuple[int, ...]) -> None:
    x = torch.rand(3, *shape)
    patches = Patches(shape)
    cut = patches.cut(x)
    assert cut.shape == (3, patches.t, patches.p)
    assert torch.equal(patches.join(cut), x)
    assert int(patches.inside.sum()) == math.prod(shape)
    place = torch.cartesian_prod(*(torch.arange(g) for g in patches.grid))
    for axis in range(len(patches.grid)):
        for i, before in enumerate(patches.before(axis)):
            if before < 0:
                assert place[i, axis] == 0
            else:
                step = place[i] - place[before]
                assert step[axis] == step.abs().sum() == 1


@pytest.mark.parametrize("shape", [(1, 32, 24, 36), (1, 150, 50)])
def test_large_fields_pass_through_a_trunk(shape: tuple[int, ...]) -> None:
    net = trunk(shape, 2, width=16, depth=2)
    x = torch.rand(1, *shape)
    assert torch.equal(net(x, torch.zeros(1, 2), torch.ones(1)), torch.zeros_like(x))


def test_density_of_patches_is_that_of_the_proposals() -> None:
    """One number at a time: the density integrates to 1 over what sticks out of no patch."""
    family = build("autoregressive", (1, 1, 1), 1, seed=3)
    assert isinstance(family, FieldAutoregressive)
    grid = torch.linspace(-12, 12, 6001)
    with torch.no_grad():
        density = family.log_density(grid.view(-1, 1, 1, 1), torch.zeros(len(grid), 1)).exp()
    assert float(torch.trapezoid(density, grid)) == pytest.approx(1.0, abs=1e-4)
    drawn = family.propose(torch.zeros(20_000, 1), torch.Generator().manual_seed(0)).flatten()
    mean = float(torch.trapezoid(density * grid, grid))
    assert float(drawn.mean()) == pytest.approx(
        mean, abs=4 * float(drawn.std()) / math.sqrt(20_000)
    )


def test_patches_are_given_those_before_them_alone() -> None:
    family = build("autoregressive", (1, 6, 9), 1, seed=3)
    assert isinstance(family, FieldAutoregressive)
    x, cond = torch.rand(1, 1, 6, 9, generator=torch.Generator().manual_seed(0)), torch.zeros(1, 1)
    told = torch.autograd.functional.jacobian(lambda v: family.by_patch(v, cond)[0], x)
    reach = torch.stack([family.patches.cut(row)[0].abs().sum(-1) for row in told]) > 0
    assert torch.equal(reach, torch.ones_like(reach).tril())


REFUSED = [
    ("flow", (1, 60, 40), "principal_flow"),
    ("autoregressive", (1, 64, 64, 64), "diffusion"),
    ("gaussian_copula", (1, 32, 24, 36), "nearest_neighbours"),
    ("gaussian_process", (2, 32, 24, 36), "nearest_neighbours"),
]


@pytest.mark.parametrize(("name", "shape", "instead"), REFUSED)
def test_what_a_family_cannot_do_is_refused(
    name: str, shape: tuple[int, ...], instead: str
) -> None:
    with pytest.raises(ValueError, match=f"of a field for {name}, since .* {instead}"):
        build(name, shape, 2)
    assert not admitted(name, shape)


def test_vectors_and_series_are_admitted_whatever_their_size() -> None:
    for name in FAMILIES:
        admit(name, (20, 10_000))
