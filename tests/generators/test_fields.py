"""Families on fields: patches, admission, sizes, and learned statistics."""

import math
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor

from blobs import blobs, hold_volume
from ingenium.core.errors import InputError
from ingenium.generators.admission import admit, admitted
from ingenium.generators.families import FAMILIES, build, plan
from ingenium.generators.field_autoregressive import FieldAutoregressive
from ingenium.generators.field_grid import MOST_PATCHES, Grid
from ingenium.generators.networks import trunk
from ingenium.generators.patches import Patches
from ingenium.generators.row_families import CIRCUITS, LATENT
from ingenium.sampling.steer import Steer


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
    """The density of a single number integrates to 1, and has the mean of the proposals."""
    family = build("autoregressive", (1, 1, 1), 1, seed=3)
    assert isinstance(family, FieldAutoregressive)
    grid = torch.linspace(-12, 12, 6001)
    with torch.no_grad():
        density = family.log_density(grid.view(-1, 1, 1, 1), torch.zeros(len(grid), 1)).exp()
    assert float(torch.trapezoid(density, grid)) == pytest.approx(1.0, abs=1e-4)
    sampled = family.propose(torch.zeros(20_000, 1), torch.Generator().manual_seed(0)).flatten()
    mean = float(torch.trapezoid(density * grid, grid))
    assert float(sampled.mean()) == pytest.approx(
        mean, abs=4 * float(sampled.std()) / math.sqrt(20_000)
    )


def test_patches_are_given_those_before_them_alone() -> None:
    family = build("autoregressive", (1, 6, 9), 1, seed=3)
    assert isinstance(family, FieldAutoregressive)
    x, cond = torch.rand(1, 1, 6, 9, generator=torch.Generator().manual_seed(0)), torch.zeros(1, 1)
    reported = torch.autograd.functional.jacobian(lambda v: family.by_patch(v, cond)[0], x)
    reach = torch.stack([family.patches.cut(row)[0].abs().sum(-1) for row in reported]) > 0
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
    for name in FAMILIES.keys() - LATENT.keys() - CIRCUITS.keys():
        admit(name, (20, 10_000))
    for name in CIRCUITS:
        admit(name, (12,))
        with pytest.raises(InputError, match="a vector"):
            admit(name, (20, 10_000))


class Stopped(Exception):
    """Raised in the middle of a fit."""


def stop(step: int, steps: int, loss: float) -> None:
    if step == 5:
        raise Stopped


@pytest.mark.parametrize("name", ["diffusion", "vae", "autoregressive"])
def test_a_stopped_fit_goes_on_to_the_same_weights(name: str, tmp_path: Path) -> None:
    fields, cond = blobs((6, 5), 24)
    x = (2 * fields[:, None] - 1).float()
    whole = replace(plan(name, shape=(1, 6, 5), steps=7), batch=8, check_every=3)
    straight = build(name, (1, 6, 5), 2, seed=1)
    straight.fit(x, cond, whole)
    resumed = replace(whole, checkpoint=tmp_path / "fit")
    with pytest.raises(Stopped):
        build(name, (1, 6, 5), 2, seed=1).fit(x, cond, replace(resumed, progress=stop))
    again = build(name, (1, 6, 5), 2, seed=1)
    again.fit(x, cond, resumed)
    for key, value in straight.state_dict().items():
        assert torch.equal(value, again.state_dict()[key])


@pytest.mark.slow
@pytest.mark.parametrize("through", [True, False])
@pytest.mark.parametrize("cells", [(12, 8), (6, 5, 4)])
def test_fields_are_steered_and_held_at_once(cells: tuple[int, ...], through: bool) -> None:
    """A gradient moves material to one side while a projection preserves its volume."""
    fields, cond = blobs(cells, 200)
    shape = (1, *cells)
    family = build("flow_matching", shape, 2)
    family.fit(
        (2 * fields[:, None] - 1).float(), cond, plan("flow_matching", shape=shape, steps=60)
    )
    requested = cond[:16]
    volume = 0.45 + 0.15 * requested[:, 1]
    half = cells[0] // 2

    def onto(x: Tensor) -> Tensor:
        return 2 * hold_volume((x + 1) / 2, volume).float() - 1

    def lean(x: Tensor) -> Tensor:
        return -x[:, :, :half].flatten(1).sum(1)

    def first_half(x: Tensor) -> float:
        return float(x[:, :, :half].mean() - x[:, :, half:].mean())

    rng = torch.Generator().manual_seed
    free = family.propose(requested, rng(0), Steer(project=onto))
    led = family.propose(
        requested, rng(0), Steer(energy=lean, strength=1.0, through=through, project=onto)
    )
    held = ((led + 1) / 2).double().flatten(1).mean(1)
    torch.testing.assert_close(held, volume.double(), atol=1e-6, rtol=0)
    assert first_half(led) > first_half(free) + 0.05
