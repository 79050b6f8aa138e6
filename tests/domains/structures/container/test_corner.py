"""Loads of a corner fitting against statics, its faces, and what the cold adds."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from ingenium.core.errors import InputError
from ingenium.core.spec import load as load_spec
from ingenium.core.spec import parse
from ingenium.domains.structures.container.climate import Climate
from ingenium.domains.structures.container.container import Container
from ingenium.domains.structures.container.corner import corner_part
from ingenium.domains.structures.container.loads import G, cases
from ingenium.domains.structures.container.milled import drawings, milled
from ingenium.domains.structures.container.settings import ContainerSettings, Freight
from ingenium.domains.structures.parts.part import positions

SETTINGS = ContainerSettings()


def test_forces_are_those_of_the_standard_at_its_own_mass() -> None:
    """ISO 1496-1: 848 kN on a post by eight of 24 t, 150 kN across and 75 kN along for 30.48 t."""
    by_24_t = replace(SETTINGS, freight=Freight(gross_kg=24_000.0))
    stacking = cases(by_24_t)[0]
    assert stacking.force_n[2] == pytest.approx(-848e3, rel=1e-3)
    by_30_t = replace(SETTINGS, freight=Freight(gross_kg=30_480.0, sling_deg=90.0))
    _, lifting, across, along = cases(by_30_t)
    assert lifting.force_n == pytest.approx((0.0, 0.0, 2 * 30_480 * G / 4), abs=1e-6)
    assert across.force_n[1] == pytest.approx(75e3)  # of each of two posts
    assert along.force_n[0] == pytest.approx(37.5e3)


@pytest.mark.parametrize(("case", "axis"), [(2, 1), (3, 0)])
@pytest.mark.parametrize("halves", [0, 1])
def test_a_racked_post_has_no_moment_at_half_its_height(case: int, axis: int, halves: int) -> None:
    part = corner_part(SETTINGS, halves=halves)
    force = part.load_n[case].view(-1, 3)
    x, y = SETTINGS.post_mm
    height = 1e3 * SETTINGS.freight.height_m
    middle = torch.tensor([x, y, SETTINGS.rail_z_mm - height / 2], dtype=torch.float64) * 1e-3
    arm = positions(part.grid.nodes, part.grid.cell_m) - middle
    moment = torch.linalg.cross(arm, force).sum(0)
    largest = float(force[:, axis].sum()) * height / 2e3
    assert abs(float(moment[1 - axis])) < 1e-9 * largest


def test_slings_pull_along_themselves_and_inwards() -> None:
    x, y, z = cases(SETTINGS)[1].force_n
    assert x == y > 0
    assert z / (x**2 + y**2) ** 0.5 == pytest.approx(3**0.5)


def test_metal_is_asked_for_only_where_it_may_be() -> None:
    part = corner_part(SETTINGS, halves=1)
    assert bool((part.lower <= part.upper + 1e-12).all())
    ring = torch.pi * (26**2 - 14**2) * 12
    feet = 4 * torch.pi * (11**2 - 5.5**2) * 12
    pads = 8 * torch.pi * (9**2 - 4.5**2) * 12
    assert float(part.lower.sum()) * 8**3 == pytest.approx(ring + feet + pads, rel=0.1)


@pytest.mark.slow
def test_drawn_fittings_hold_their_faces_and_keep_their_holes_free() -> None:
    part = corner_part(SETTINGS, halves=1)
    filled = milled(part, SETTINGS, drawings()[5::10])
    assert bool((filled >= part.lower - 1e-12).all())
    assert bool((filled <= part.upper + 1e-12).all())
    assert float(filled.std(0).max()) > 0


def _measured(**climate: Any) -> dict[str, float]:
    """Measured values of a sampled fitting on large cells."""
    settings = replace(
        SETTINGS,
        cells=(16, 16, 16),
        cell_mm=7.0,
        foot_radius_mm=13.0,
        pad_radius_mm=12.0,
        climate=Climate(**climate),
    )
    problem = Container(settings)
    found = problem.exact.measure(problem.milled(slice(3, 4)).unflatten(1, settings.cells))[0]
    return dict(zip((q.name for q in problem.quantities), found.tolist(), strict=True))


def test_cold_without_misfit_is_stiffer_and_as_stressed() -> None:
    found, cold = _measured(frame="aluminium"), Climate()
    assert found["stress_cold"] == pytest.approx(found["stress"], rel=1e-9)
    assert found["displacement_cold"] == pytest.approx(found["displacement"] / cold.stiffer)
    assert found["compliance_cold"] == pytest.approx(found["compliance"] / cold.stiffer)
    less = found["strength_used"] / cold.stronger
    assert found["strength_used_cold"] == pytest.approx(less)


@pytest.mark.slow
def test_a_frame_that_shrinks_less_adds_stress() -> None:
    distance, room = _measured(), _measured(celsius=20.0)
    assert distance["stress_cold"] != pytest.approx(distance["stress"], rel=1e-3)
    assert distance["stress"] == pytest.approx(room["stress"], rel=1e-4)
    for name in ("stress", "displacement", "strength_used"):
        assert room[f"{name}_cold"] == pytest.approx(room[name], rel=1e-9)


@pytest.mark.parametrize(
    ("setup", "message"),
    [
        ({"post_bolts_mm": 100.0}, "bolt of the post with its ring"),
        ({"post_bolts_mm": 40.0}, "reach past the seat"),
        ({"rail_z_mm": 90.0}, "bolt of the rail along x"),
        ({"offset_mm": [30.0, 0.0]}, "stands on the seat"),
        ({"hole_deep_mm": 105.0}, "locating hole above the feet"),
        ({"pad_radius_mm": 6.0}, "pad_radius_mm at least one cell"),
        ({"cells": [27, 28, 28]}, "even numbers"),
        ({"freight": {"gross_kg": 0.0}}, "gross_kg above 0"),
        ({"freight": {"sling_deg": 95.0}}, "at most 90 degrees"),
        ({"climate": {"celsius": -300.0}}, "between -196 and 20"),
        ({"tool_radius_mm": -1.0}, "tool_radius_mm above 0"),
        ({"seat": 1.0}, "seat"),
    ],
)
def test_a_setup_that_makes_no_fitting_is_refused(setup: Mapping[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        parse(setup, ContainerSettings, "setup of structures.container")


@pytest.mark.slow
def test_the_example_asks_for_the_stiffness_of_plates_on_cells_that_resolve_them() -> None:
    """Plates of 6 mm on half cells, three through a plate."""
    problem = Container(SETTINGS)
    assert problem.second is not None
    assert problem.second.finer is not None
    plates = problem.milled(slice(2, 3))[0].view(problem.part.grid.cells)
    found = problem.second.finer.verifier._surface(plates).tolist()
    own = dict(zip((q.name for q in problem.quantities), found, strict=True))
    example = Path(__file__).parents[4] / "examples" / "structures" / "container.toml"
    requested = {x.quantity: x.at_most for x in load_spec(example).limits}
    for name in (n for n in requested if n.startswith("compliance_")):
        assert own[name] == pytest.approx(requested[name], rel=0.01), name
