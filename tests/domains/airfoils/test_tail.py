"""A bent tail against NeuralFoil's own flap, thin-section theory and its schedule's file."""

import math
from pathlib import Path

import numpy as np
import pytest
import torch

from ingenium.core.designs import to_dataset
from ingenium.core.errors import InputError
from ingenium.core.quantity import Variable
from ingenium.core.spec import Spec
from ingenium.domains import open_problem
from ingenium.domains.airfoils.cst import Surfaces, arrays_of, basis, outline, stations
from ingenium.domains.airfoils.files import dat
from ingenium.domains.airfoils.naca import naca_2412
from ingenium.domains.airfoils.network import network
from ingenium.domains.airfoils.schedules import ScheduleDat
from ingenium.domains.airfoils.section import VARIABLES
from ingenium.domains.airfoils.settings import MorphingSettings, Point
from ingenium.domains.airfoils.tail import Tail, bent, parabola

HINGE = 0.7
BEND = Variable("deflection", ("point",), "degree", "slope of the tail", -10.0, 10.0)


def moved(deflection: float) -> torch.Tensor:
    bend = torch.tensor([[deflection]], dtype=torch.float64)
    return Tail(HINGE).cases((*naca_2412(), bend), 1)


def test_bending_keeps_thickness_and_leaves_the_front_alone() -> None:
    x = stations()
    before, after = (Surfaces.of(arrays_of(moved(d)), x) for d in (0.0, 8.0))
    torch.testing.assert_close(after.thickness, before.thickness, rtol=0, atol=1e-12)
    slope = math.tan(math.radians(8.0))
    drop = slope * (x - HINGE).clamp(0).square() / (2 * (1 - HINGE))
    change = after.camber - before.camber - x * drop[-1]  # the chord is turned onto the axis
    torch.testing.assert_close(change[0], -drop, rtol=0, atol=0.05 * float(drop[-1]))


def test_lift_by_bending_is_near_that_of_thin_sections() -> None:
    """The angle is that of the nose's chord, in potential flow; viscosity takes up to a third.

    Source: Glauert, The Elements of Aerofoil and Airscrew Theory, 1926, chapter 7: the lift of a
    middle line is 2 Σ of its slope over the circle, weighted by 1 - cos, here integrated.
    """
    circle = np.linspace(0, math.pi, 20001)
    x = 0.5 * (1 - np.cos(circle))
    slope = -np.tan(np.deg2rad(4.0)) * np.clip(x - HINGE, 0, None) / (1 - HINGE)
    thin = -2 * np.trapezoid(slope * (1 - np.cos(circle)), circle)
    net = network("xlarge", 9.0)
    fast = torch.tensor([1e7], dtype=torch.float64)
    tip = math.degrees(math.tan(math.radians(4.0)) * (1 - HINGE) / 2)  # how far the chord turns
    lift = [
        float(net(moved(d), torch.tensor([a], dtype=torch.float64), fast).lift)
        for d, a in ((0.0, 2.0), (4.0, 2.0 + tip))
    ]
    assert 0.65 * thin < lift[1] - lift[0] < 1.05 * thin


def test_schedule_comes_back_and_a_missing_point_is_refused(tmp_path: Path) -> None:
    form = ScheduleDat((*VARIABLES, BEND), ("cruise", "climb"))
    bend = torch.tensor([[-1.25, 6.5]], dtype=torch.float64)
    designs = to_dataset((*naca_2412(), bend), (*VARIABLES, BEND), {})
    path = form.write(designs, tmp_path)[0]
    np.testing.assert_allclose(form.read(path)["deflection"], bend)
    path.write_text(path.read_text().replace("climb=", "descent="))
    with pytest.raises(InputError, match="no number for climb"):
        form.read(path)


@pytest.mark.parametrize(("word", "value"), [("1e-1", 0.1), (".5", 0.5), ("+2", 2.0)])
def test_a_deflection_is_read_as_any_number(word: str, value: float, tmp_path: Path) -> None:
    form = ScheduleDat((*VARIABLES, BEND), ("cruise",))
    path = tmp_path / "section.dat"
    path.write_text(dat(f"bent cruise={word}", outline(naca_2412())[0]))
    assert float(form.read(path)["deflection"].squeeze()) == value
    path.write_text(dat("bent cruise=3,5", outline(naca_2412())[0]))
    with pytest.raises(InputError, match="no number for cruise"):
        form.read(path)


@pytest.mark.parametrize(
    ("setup", "said"),
    [
        ({"hinge": 0.99}, "hinge between"),
        ({"most_deg": 40.0}, "most_deg above 0"),
        ({"every": 0}, "every from 1"),
    ],
)
def test_bad_setups_are_refused(setup: dict[str, object], said: str) -> None:
    with pytest.raises(InputError, match=said):
        open_problem(Spec("airfoils.morphing", setup=setup))


@pytest.mark.parametrize("wrong", [math.nan, math.inf, -1.0])
def test_settings_that_are_no_number_are_refused(wrong: float) -> None:
    with pytest.raises(InputError, match="energy_price"):
        MorphingSettings(energy_price=wrong)
    with pytest.raises(InputError, match="a weight of the point"):
        Point("cruise", lift=0.5, reynolds=1e6, weight=wrong)


def test_a_tail_bends_alike_in_every_process() -> None:
    """Cached values must not depend on the last bits of a fit."""
    for hinge in (0.6, 0.7, 0.75, 0.8):
        weights = bent(hinge).tolist()
        assert weights == [round(w, 10) for w in weights]
        x = stations(400)
        drop = parabola(x, hinge)
        fit = torch.linalg.lstsq(basis(x), (drop - x * drop[-1])[:, None]).solution[:, 0]
        assert bent(hinge).numpy() == pytest.approx(fit.numpy(), abs=1e-10)
