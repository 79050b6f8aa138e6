"""Refusals of a design domain, each with an alternative, and its placement of loads."""

import re

import pytest
import torch

from ingenium.core.errors import InputError
from ingenium.core.spec import Spec
from ingenium.domains import open_problem
from ingenium.domains.structures.shapes.box import VOLUME, open_box, rigid_moves
from ingenium.domains.structures.shapes.loading import Loading
from ingenium.domains.structures.shapes.settings import Load, Passive, ShapeSettings, Support
from ingenium.kits.solids.elastic.grid import RegularGrid

TIP = Load(force_n=1.0, from_m=(0.6, 0.1))
CLAMP = (Support(face="left"),)


def _settings(**changed):
    base = {"cells": (12, 4), "supports": CLAMP, "loads": (TIP,)}
    return ShapeSettings(**(base | changed))


REFUSED = {
    "no_supports": ({"supports": ()}, "no supports", r"setup\.supports"),
    "no_loads": ({"loads": ()}, "no loads", r"setup\.loads"),
    "one_point": (
        {"supports": (Support(from_m=(0.0, 0.0)),)},
        "turning in the plane of x and y",
        "clamps it",
    ),
    "only_x": ({"supports": (Support(face="left", axes=("x",)),)}, "shifting along y", "clamps"),
    "unknown_face": ({"supports": (Support(face="lefft"),)}, "lefft", '"left"'),
    "face_of_space": ({"supports": (Support(face="front"),)}, "front", "face of a support"),
    "axis_of_space": ({"supports": (Support(face="left", axes=("z",)),)}, '"z"', "axis"),
    "support_without_place": ({"supports": (Support(),)}, "nothing", "from_m = "),
    "load_outside": ({"loads": (Load(force_n=1.0, from_m=(0.7, 0.1)),)}, "0.7", "more cells"),
    "load_without_place": ({"loads": (Load(force_n=1.0),)}, "nothing", "from_m"),
    "load_in_space": (
        {"loads": (Load(force_n=1.0, from_m=(0.6, 0.1, 0.0)),)},
        "2 coordinates",
        "far corner",
    ),
    "load_on_support": (
        {"loads": (Load(force_n=1.0, from_m=(0.0, 0.1)),)},
        "only on supports",
        "Move",
    ),
    "tilt_in_plane": (
        {"loads": (Load(force_n=1.0, from_m=(0.6, 0.1), tilt_deg=(5.0, 5.0)),)},
        "tilt",
        "Leave",
    ),
    "two_loads_of_a_name": ({"loads": (TIP, TIP)}, "load, load", 'name = "right"'),
    "load_on_void": (
        {"passive": (Passive("void", (0.5, 0.0), (0.6, 0.2)),)},
        "a passive void at",
        "Move the load",
    ),
    "parted": (
        {"passive": (Passive("void", (0.2, 0.0), (0.3, 0.2)),)},
        "voids that part them",
        "bridge",
    ),
    "all_parted_from_supports": (
        {"passive": (Passive("void", (0.0, 0.0), (0.1, 0.2)),)},
        "shifting along x",
        "clamps",
    ),
    "overlap": (
        {
            "passive": (
                Passive("void", (0.2, 0.0), (0.3, 0.1)),
                Passive("solid", (0.2, 0.0), (0.3, 0.1)),
            )
        },
        "both solid and void",
        "Move one",
    ),
    "thin_passive": (
        {"passive": (Passive("solid", (0.2, 0.0), (0.2, 0.2)),)},
        "at least one cell",
        "centre",
    ),
    "more_than_is_left": (
        {"passive": (Passive("void", (0.1, 0.1), (0.5, 0.2)),), "volume_fraction": (0.5, 0.9)},
        "0.9",
        "volume_fraction = ",
    ),
    "less_than_is_solid": (
        {"passive": (Passive("solid", (0.1, 0.1), (0.5, 0.2)),), "volume_fraction": (0.2, 0.5)},
        "0.2",
        "volume_fraction = ",
    ),
    "absurd": ({"cells": (10**6, 10**6)}, "takes", "at most"),
    "absurd_in_space": (
        {"cells": (4000, 4000, 4000), "loads": (Load(force_n=1.0, from_m=(0.0, 0.0, 0.0)),)},
        "takes",
        "at most",
    ),
}


@pytest.mark.parametrize(("changed", "got", "instead"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_carried_is_refused(changed, got, instead):
    with pytest.raises(InputError) as found:
        open_box(_settings(**changed))
    assert got in str(found.value)
    assert re.search(instead, str(found.value))


REPORTED = {"from_m": [1.0, 0.1], "force_n": 1.0}
ALLOY = {"modulus_pa": 70e9, "density_kg_m3": 2700.0, "yield_pa": 240e6}
SETUPS = {
    "zero_load": ({"loads": [{"from_m": [0.6, 0.1], "force_n": 0.0}]}, "force_n"),
    "volume_of_one": ({"volume_fraction": [0.5, 1.0]}, "volume_fraction"),
    "volume_upside_down": ({"volume_fraction": [0.6, 0.3]}, "volume_fraction"),
    "no_such_preset": ({"preset": "bridge"}, "cantilever"),
    "preset_of_other_dimension": ({"preset": "mbb", "cells": [8, 8, 8]}, "setup.supports"),
    "few_designs": ({"designs": 3}, "designs = 500"),
    "negative_steps": ({"refine_steps": -1}, "refine_steps"),
    "wide_filter": ({"filter_cells": 1e6}, "filter_cells"),
    "angle": ({"loads": [REPORTED | {"angle_deg": [10, -10]}]}, "angle_deg"),
    "name": ({"loads": [REPORTED | {"name": "a b"}]}, "one word"),
    "text_for_cells": ({"cells": "many"}, "cells"),
    "four_axes": ({"cells": [4, 4, 4, 4]}, "two or three"),
    "poisson": ({"material": ALLOY | {"poisson": 0.5}}, "Poisson"),
    "kind": ({"passive": [{"kind": "air", "from_m": [0, 0], "to_m": [1, 1]}]}, "solid"),
    "unknown_in_load": ({"loads": [{"from": [1.0, 0.1]}]}, "from"),
    "nothing_varies": (
        {"loads": [REPORTED], "volume_fraction": [0.5, 0.5]},
        "range",
    ),
}


@pytest.mark.parametrize(("setup", "reported"), SETUPS.values(), ids=SETUPS)
def test_a_bad_setup_is_told_apart(setup, reported):
    with pytest.raises(InputError, match=reported):
        open_problem(Spec(problem="structures.minimum_compliance", setup=setup))


def test_force_and_moment_of_a_load_between_nodes_are_exact():
    """Nodes and continuum agree: the moves of a rigid box do the same work."""
    for cells, at, spread in (
        ((7, 5), (0.23, 0.0), (0.13, 0.0)),
        ((7, 5, 4), (0.11, 0.17, 0.2), (0.04, 0.05, 0.0)),
    ):
        grid = RegularGrid(cells, 0.05)
        span = tuple(0.05 * n for n in cells)
        load = Load(from_m=at, to_m=span, force_n=3.0, angle_deg=(-170.0, 10.0), spread_m=spread)
        loading = Loading(grid, (load,))
        numbers = {
            "load_position": torch.tensor([0.0, 0.3, 0.71], dtype=torch.float64),
            "load_angle": torch.tensor([-170.0, -31.0, 10.0], dtype=torch.float64),
        }
        force = loading.forces(numbers, 3)[:, 0]
        way = 3.0 * loading.direction(load, numbers, 3)
        at_cells = loading.points(load, numbers, 3).mean(1)
        moves = rigid_moves(grid)
        found = force @ moves.T
        torch.testing.assert_close(found[:, : grid.dim], way)
        middle = torch.tensor(cells, dtype=torch.float64) / 2
        arm = (at_cells - middle) / max(cells)
        torch.testing.assert_close(
            found[:, grid.dim], way[:, 1] * arm[:, 0] - way[:, 0] * arm[:, 1]
        )


def test_cases_loads_and_conditions():
    loads = (
        Load(force_n=1.0, name="a", case="one", from_m=(0.6, 0.0), to_m=(0.6, 0.2)),
        Load(force_n=1.0, name="b", case="one", from_m=(0.3, 0.2), angle_deg=(-100.0, -80.0)),
        Load(force_n=1.0, name="c", case="two", from_m=(0.6, 0.1), angle_deg=(0.0, 0.0)),
    )
    box = open_box(_settings(loads=loads))
    assert [c.name for c in box.conditions] == ["a_position", "b_angle", VOLUME]
    assert box.loading.cases == ("one", "two")
    half = torch.full((1,), 0.5, dtype=torch.float64)
    force = box.loading.forces({"a_position": half, "b_angle": -90 * 2 * half}, 1)
    assert force.view(2, -1, 2).sum(1).flatten().tolist() == pytest.approx([0, -2, 1, 0], abs=1e-12)
