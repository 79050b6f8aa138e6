"""Machines by hand: overshoot, rest under load, energy of a pole, integral action."""

import math

import numpy as np
import pytest

from ingenium.domains.autonomy.cart_pole import GRAVITY, CartPole, CartPoles
from ingenium.domains.autonomy.law import FeedbackLaw, Wiring
from ingenium.domains.autonomy.machines import NOMINAL
from ingenium.domains.autonomy.second_order import Oscillator, OscillatorBox
from ingenium.operate.drill import PlantFault

BOX = OscillatorBox()
PERIOD_S = 0.01


def pushed(periods: int, faults: tuple[PlantFault, ...] = ()) -> np.ndarray:
    """Positions of the nominal machine under an action of 1."""
    plant = Oscillator(BOX, PERIOD_S, 0, service=False)
    state, found = plant.begin(np.array([NOMINAL])), []
    for _ in range(periods):
        state = plant.step(state, np.ones((1, 1)), faults)
        found.append(float(state.x[0, 0]))
    return np.array(found)


def test_a_push_overshoots_as_its_damping_says() -> None:
    """Peak 1 + exp(-pi zeta / sqrt(1 - zeta^2)) at pi / omega_d (Ogata, 5th ed., eq. 5-21)."""
    root = math.sqrt(1 - BOX.damping**2)
    y = pushed(1000)
    assert y.max() == pytest.approx(1 + math.exp(-math.pi * BOX.damping / root), rel=1e-4)
    at = (int(y.argmax()) + 1) * PERIOD_S
    assert at == pytest.approx(math.pi / (BOX.omega * root), abs=PERIOD_S)
    assert y[-1] == pytest.approx(BOX.gain, rel=1e-3)


def test_a_load_moves_the_rest_by_its_size_and_a_weak_actuator_by_its_share() -> None:
    load = PlantFault("load", 0.0, 1e6, 0.25)
    assert pushed(2000, (load,))[-1] == pytest.approx(BOX.gain + 0.25, rel=1e-4)
    weak = PlantFault("weak actuator", 0.0, 1e6, 0.5)
    assert pushed(2000, (weak,))[-1] == pytest.approx(0.5 * BOX.gain, rel=1e-4)


def energy(pole: CartPole, x: np.ndarray) -> float:
    """Energy of cart and pole, a uniform rod on the hinge: T + V."""
    _, angle, v, w = x
    half, m = pole.half_m, pole.pole_kg
    moving = 0.5 * (pole.cart_kg + m) * v**2 + m * half * v * w * math.cos(angle)
    turning = 0.5 * (4 / 3) * m * half**2 * w**2
    return moving + turning + m * GRAVITY * half * math.cos(angle)


def test_without_drag_or_force_a_pole_keeps_its_energy() -> None:
    pole = CartPole(drag=0.0)
    plant = CartPoles(pole, 0.01, 0, service=False)
    x = np.array([[0.0, 0.5, 0.3, 0.0]])
    before = energy(pole, x[0])
    for _ in range(300):
        x = plant._moved(x, np.zeros(1))
    assert energy(pole, x[0]) == pytest.approx(before, rel=1e-6)
    assert abs(x[0, 3]) > 0.5  # it did fall


def test_a_hanging_pole_swings_at_its_frequency() -> None:
    """omega^2 = g / (l (4/3 - m / (M + m))), linearised as hanging, with the cart free."""
    pole = CartPole(drag=0.0)
    tiny = 1e-5
    turn = pole.rates(np.array([[0.0, math.pi + tiny, 0.0, 0.0]]), np.zeros(1))[0, 3]
    share = pole.pole_kg / (pole.cart_kg + pole.pole_kg)
    assert -turn / tiny == pytest.approx(GRAVITY / (pole.half_m * (4 / 3 - share)), rel=1e-4)


def test_a_law_without_derivative_adds_what_is_missing_up() -> None:
    """Rectangles of ki (w - y): after n periods ki n h (w - y), plus kp (b w - y)."""
    wiring = Wiring(np.ones((1, 1)), np.array([-9.0]), np.array([9.0]), PERIOD_S)
    one = np.ones(1)
    law = FeedbackLaw(
        2 * np.ones((1, 1)), np.zeros((1, 1)), 3 * np.ones((1, 1)), one, 0.5 * one, one, wiring
    )
    y, w = np.full((1, 1), 0.4), np.ones((1, 1))
    memory, actions = law.begin(1), []
    for _ in range(51):
        action = law.act(memory, y, w)
        actions.append(float(action[0, 0]))
        memory = law.learn(memory, y, w, action)
    slope = (actions[50] - actions[10]) / (40 * PERIOD_S)
    assert slope == pytest.approx(3 * (1 - 0.4), rel=1e-9)
    assert actions[0] == pytest.approx(2 * (0.5 - 0.4), abs=3 * 0.6 * PERIOD_S + 1e-9)


def test_a_law_that_was_cut_off_winds_up_no_further_than_tracking_lets_it() -> None:
    """Rest under saturation: ki e = (v - u) / Tt, by Astrom and Hagglund 2006, sec. 3.5."""
    wiring = Wiring(np.ones((1, 1)), np.array([-0.5]), np.array([0.5]), PERIOD_S)
    one = np.ones(1)
    law = FeedbackLaw(
        np.zeros((1, 1)), np.zeros((1, 1)), 3 * np.ones((1, 1)), one, one, 0.2 * one, wiring
    )
    y, w, memory = np.zeros((1, 1)), np.ones((1, 1)), law.begin(1)
    for _ in range(1000):
        memory = law.learn(memory, y, w, law.act(memory, y, w))
    assert float(memory[0, -1]) == pytest.approx(0.5 + 0.2 * 3 * 1.0, rel=1e-6)
