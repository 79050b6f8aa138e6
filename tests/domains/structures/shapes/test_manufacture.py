"""Shapes to manufacture: measurements can be counted by hand, and limits are enforced."""

import pytest
import torch

from ingenium.core.errors import InputError
from ingenium.domains.structures.shapes.box import open_box
from ingenium.domains.structures.shapes.manufacture import Levels, Manufacture
from ingenium.domains.structures.shapes.repair import repaired
from ingenium.domains.structures.shapes.settings import Passive, ShapeSettings
from ingenium.domains.structures.shapes.training import Optimiser, requested_points
from ingenium.domains.structures.shapes.verifier import ShapeVerifier


def _settings(cells=(12, 6), **own):
    return ShapeSettings(preset="cantilever", cells=cells, designs=10, **own)


def _measured(settings, *shapes):
    box = open_box(settings)
    verifier = ShapeVerifier(box)
    given = torch.tensor(requested_points(box)[: len(shapes)]).unbind(1)
    found = verifier.measure(torch.stack(shapes), *given)
    return {q.name: found[:, i].tolist() for i, q in enumerate(verifier.quantities)}


def _table():
    shape = torch.zeros(12, 6, dtype=torch.float64)
    shape[5], shape[:, 5] = 1.0, 1.0
    return shape


def _block():
    shape = torch.zeros(12, 6, dtype=torch.float64)
    shape[:, :3] = 1.0
    return shape


def test_a_table_hangs_needs_support_and_has_a_stage_that_does_not_stand():
    own = Manufacture(build="+y", sag=20.0, access=("+y",), wall_cells=2)
    found = _measured(_settings(manufacture=own), _table(), _block())
    assert found["overhang"] == pytest.approx([9 / 17, 0])
    assert found["support"] == pytest.approx([9 * 5 / 72, 0])
    assert found["print_time"] == pytest.approx([17 + 45 / 4 + 12, 36 + 12])
    assert found["stages_satisfied"] == pytest.approx([5 / 6, 1])
    assert found["unreached"] == pytest.approx([1, 0])  # all void is below the top
    assert found["thin"] == pytest.approx([5 / 17, 0])  # the top continues beyond the box


def test_cells_that_are_not_as_prescribed_are_counted():
    cell = 0.05
    pad = Passive("solid", (11 * cell, 0.0), (12 * cell, 2 * cell))
    slot = Passive("void", (0.0, 5 * cell), (2 * cell, 6 * cell))
    found = _measured(_settings(passive=(pad, slot)), _block(), _table())
    assert found["misplaced"] == pytest.approx([0, 1])


def test_what_is_open_is_not_measured():
    names = [q.name for q in ShapeVerifier(open_box(_settings())).quantities]
    assert not {"overhang", "unreached", "thin", "misplaced", "stages_satisfied"} & set(names)


def _made(settings, count=1):
    box = open_box(settings)
    numbers = box.numbers(torch.tensor(requested_points(box)[:count]).unbind(1))
    start = torch.full((count, box.grid.n_cells), 0.5, dtype=torch.float64)
    return repaired(Optimiser(box), numbers, start).view(count, *box.grid.cells)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("own", "name"),
    [
        (Manufacture(build="+y"), "overhang"),
        (Manufacture(access=("+x", "+y")), "unreached"),
        (Manufacture(build="+y", supports=True), "support"),
    ],
)
def test_what_is_asked_for_is_heeded(own, name):
    settings = _settings((24, 12), manufacture=own, refine_steps=40, start="even")
    free = _settings((24, 12), manufacture=Manufacture(wall_cells=2), refine_steps=40, start="even")
    before, after = (_measured(settings, _made(s)[0])[name][0] for s in (free, settings))
    assert after < 0.6 * before


@pytest.mark.slow
def test_walls_of_cells_are_drawn_and_wide_enough():
    own, levels = Manufacture(wall_cells=2), Levels(pixels=16, wall_pixels=2)
    settings = _settings(
        (64, 32), levels=levels, manufacture=own, refine_steps=5, volume_fraction=(0.58, 0.6)
    )
    shape = _made(settings)[0]
    assert set(shape.unique().tolist()) == {0.0, 1.0}
    assert _measured(settings, shape)["thin"][0] < 0.02


def test_even_is_the_optimiser_alone_and_grey_cells_stay():
    settings = _settings(refine_steps=10, start="even", grey=True)
    box = open_box(settings)
    numbers = box.numbers(torch.tensor(requested_points(box)[:2]).unbind(1))
    rng = torch.Generator().manual_seed(0)
    start = torch.rand(2, box.grid.n_cells, generator=rng, dtype=torch.float64)
    first, again = (repaired(Optimiser(box), numbers, x) for x in (start, 1 - start))
    assert torch.equal(first, again)
    assert bool(((first > 0.1) & (first < 0.9)).any())


@pytest.mark.parametrize(
    ("wrong", "reported"),
    [
        (lambda: Manufacture(supports=True), "direction of the build"),
        (lambda: Manufacture(build="+y", supports=True, sag=1.0), "both"),
        (lambda: Manufacture(wall_cells=-1), "at least 0"),
        (lambda: Levels(pixels=4), "at least 8 pixels"),
        (lambda: _settings(levels=Levels(pixels=8)), "whole macro cells"),
    ],
)
def test_what_cannot_be_is_refused(wrong, reported):
    with pytest.raises(InputError, match=reported):
        wrong()
