"""Build plans: distortion, hatching and hours against closed forms, and what is refused."""

import numpy as np
import pytest
import torch

from ingenium.core.errors import InputError
from ingenium.core.given import NOTHING, Given
from ingenium.domains.printing.builds.deposit import deposited, hanging_m2, wrong_share
from ingenium.domains.printing.builds.distortion import Shrinking
from ingenium.domains.printing.builds.hatching import CORE, Hatch, Raster, ScanVectors, hatched
from ingenium.domains.printing.builds.part import angle, part_of, turned, upward
from ingenium.domains.printing.builds.plan import BuildPlan, PlanNumbers
from ingenium.domains.printing.builds.problem import BuildSettings, PrintBuild
from ingenium.domains.printing.builds.timing import Prices, Timing, moved_s
from ingenium.domains.printing.cure import Resin
from ingenium.kits.solids.elastic.grid import RegularGrid
from ingenium.kits.solids.elastic.solver import Elastic
from ingenium.kits.solids.printing.mesh import mesh_of

NUMBERS = PlanNumbers(0.0, 0.0, 45.0, 6e-4, 67.0, 5e-5, 200.0, 0.8, 1e-4, 150.0, 1.0, 8e-5)
BED = (0.1, 0.1, 0.1)


def test_a_strip_of_two_layers_bends_as_timoshenko_says() -> None:
    """Upper half of a cantilever shrinks by e: curvature 3 e / (2 h) for equal layers."""
    long, high, cell, shrink = 60, 8, 1e-3, -1e-3
    part = np.ones((long, 2, high))
    own = Shrinking(part, np.zeros_like(part), cell, 1e9, 0.0, (shrink, 0.0, 0.0), 1)
    grid = RegularGrid(part.shape, cell)
    fixed = torch.zeros(*grid.nodes, 3, dtype=torch.bool)
    fixed[0] = True
    upper = torch.zeros(part.shape, dtype=torch.bool)
    upper[:, :, high // 2 :] = True
    modulus = torch.full((grid.n_cells,), 1e9, dtype=torch.float64)
    load = own.load_n(modulus, upper.flatten())  # of the free ends: nothing else is fixed there
    system = Elastic(grid, fixed.flatten(), 0.0)
    load[..., fixed.flatten()] = 0.0
    moved = system.solve(modulus[None], load).numpy().reshape(*grid.nodes, 3)
    tip = moved[-1, 1, high // 2, 2]
    curvature = 1.5 * abs(shrink) / (high * cell)
    assert tip == pytest.approx(0.5 * curvature * (long * cell) ** 2, rel=0.03)


def test_a_free_block_shrinks_by_its_strain() -> None:
    part = np.ones((8, 8, 24))
    strain = (-1e-3, -1e-3, -1e-3)
    own = Shrinking(part, np.zeros_like(part), 1e-3, 1e9, 0.3, strain, 1)
    moved, rise = own.displacement_m()
    top = moved[:, :, -1]
    across = top[-1, 4, 0] - top[0, 4, 0]
    assert across == pytest.approx(-8e-6, rel=0.02), "far from the plate"
    assert rise == 0.0, "a top that sinks meets no recoater"


def test_hatches_fill_a_box() -> None:
    box = 1e3 * np.array([[x, y, z] for x in (0, 5) for y in (0, 3) for z in (0, 1)], float)
    faces = np.array([[0, 1, 3], [0, 3, 2], [4, 6, 7], [4, 7, 5], [0, 4, 5], [0, 5, 1],
                      [2, 3, 7], [2, 7, 6], [0, 2, 6], [0, 6, 4], [1, 5, 7],
                      [1, 7, 3]])  # fmt: skip
    none = np.zeros((20, 12, 4), np.int8)
    for turn in (0.0, 67.0, 90.0):
        hatch = Hatch(50.0, 100.0, 100.0, 600.0, turn)
        found = hatched(box[faces], Raster(none, none, 250.0), hatch)
        assert (found.region == CORE).all()
        assert len(np.unique(found.layer)) == 20
        volume = found.length_um.sum() * 100.0 * 50.0
        assert volume == pytest.approx(5e3 * 3e3 * 1e3, rel=0.02)
        own = deposited(found, hatch, (20, 12, 4), 250.0)
        assert wrong_share(own, np.ones((20, 12, 4)))[0] == 0.0
        half = ScanVectors(found.layer[::2], found.region[::2], found.ends_um[::2])
        thin = deposited(half, hatch, (20, 12, 4), 250.0)
        assert wrong_share(thin, np.ones((20, 12, 4)))[0] > 0.3, "every second line is missing"


def test_overhangs_need_their_supports() -> None:
    plan = BuildPlan(part_of(NOTHING, 1.0, BED), NUMBERS._replace(tilt_deg=90.0, azimuth_deg=270.0))
    with_supports = plan.deposit(1e-4)
    assert hanging_m2(with_supports, 8e-4) < 2e-6
    bare = with_supports._replace(support=np.zeros_like(with_supports.support))
    assert hanging_m2(bare, 8e-4) > 5 * max(hanging_m2(with_supports, 8e-4), 2e-7)


def test_orientation_turns_the_stated_direction_up() -> None:
    lean, azimuth = np.radians(40.0), np.radians(110.0)
    way = [np.sin(lean) * np.cos(azimuth), np.sin(lean) * np.sin(azimuth), np.cos(lean)]
    assert upward(40.0, 110.0) @ way == pytest.approx([0.0, 0.0, 1.0], abs=1e-12)
    mesh = turned(angle(), 40.0, 110.0)
    assert float(mesh.volume) == pytest.approx(float(angle().volume), rel=1e-3)


def test_moves_and_prices_by_hand() -> None:
    length, speed = np.array([0.01, 1e-5]), np.array([1.0, 1.0])
    assert moved_s(length, speed, 1e4) == pytest.approx([0.0101, 2 * (1e-9) ** 0.5])
    assert Prices(60.0, 100.0, 0.1, 5.0, 100.0).price(2.0, 0.5, 1.0, 2e-6) == pytest.approx(290.0)
    vectors = ScanVectors(np.array([0]), np.array([0], np.int8), np.array([[0, 0, 1000, 0]]))
    seconds = Timing(least_layer_s=20.0).seconds(vectors, np.array([1.0, 1.0, 1.0]), 2)
    assert seconds.tolist() == [20.0, 20.0], "the layer's least time"


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"scale": 0.0}, "scale"),
        ({"alloy": "unobtainium"}, "alloy"),
        ({"bed_m": (100.0, 100.0, 100.0)}, "if these are mm"),
        ({"timing": {"jump_m_s": 5000.0}}, "mm/s"),
        ({"scale": 100.0}, "fits a build space"),
        ({"scale": 0.04}, "25.4"),
    ],
)
def test_bad_setups_are_refused(settings: dict, words: str) -> None:
    def opened() -> None:
        if "timing" in settings:
            Timing(**settings["timing"])
        PrintBuild(BuildSettings(**{"known": 20, **settings}), NOTHING)

    with pytest.raises(InputError, match=words):
        opened()


def test_an_open_mesh_is_refused() -> None:
    whole = angle()
    faces = np.asarray(whole.faces)[:-1]
    opened = mesh_of(np.asarray(whole.vertices), faces)
    data = b"".join(_record(c) for c in 1e3 * opened.vertices[opened.faces])
    stl = b" " * 80 + len(faces).to_bytes(4, "little") + data
    given = Given({"part": stl}, {"part": "x"}, {"part": (".stl", stl)})
    with pytest.raises(InputError, match="watertight"):
        part_of(given, 1.0, BED)


def _record(corners: np.ndarray) -> bytes:
    return np.concatenate([np.zeros(3), corners.ravel()]).astype("<f4").tobytes() + b"\0\0"


def test_a_working_curve_by_hand() -> None:
    resin = Resin(1.5e-4, 100.0)
    found = resin.cure_m(np.array([50.0, 100.0, 100.0 * np.e]))
    assert found == pytest.approx([0.0, 0.0, 1.5e-4])
    with pytest.raises(InputError, match="if it is in mm"):
        Resin(0.15, 100.0)
