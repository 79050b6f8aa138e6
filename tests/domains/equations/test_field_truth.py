"""Solvers of fields against closed forms, manufactured solutions, and scikit-fem."""

import re
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from ingenium.core.errors import InputError
from ingenium.core.given import read_given
from ingenium.core.spec import Spec
from ingenium.domains import open_problem
from ingenium.domains.equations.field.codec import PairCodec
from ingenium.domains.equations.field.elements import second_engine
from ingenium.domains.equations.field.elliptic import Darcy, Poisson
from ingenium.domains.equations.field.equation import FieldEquation, InputLaw, middles
from ingenium.domains.equations.field.families import CoarseSolver, NearestSolution
from ingenium.domains.equations.field.lines import Heat, Wave
from ingenium.domains.equations.field.moving import AllenCahn, Burgers, Vorticity
from ingenium.domains.equations.field.operator import (
    DeepOperator,
    FourierOperator,
    OperatorSettings,
)
from ingenium.domains.equations.field.problem import FIELD, STRANGEST, SolutionField
from ingenium.domains.equations.field.sampled_solutions import SolutionDiffusion, SolutionFlow
from ingenium.domains.equations.field.settings import EquationSettings
from ingenium.domains.equations.field.spectral import ExponentialSteps, resampled, waves
from ingenium.domains.equations.field.verifier import SolverVerifier, errors
from ingenium.domains.equations.field.volumes import flow
from ingenium.train.plan import Plan

TAU = 2 * np.pi
TORSION = 0.140577 / 4  # Timoshenko and Goodier, Theory of Elasticity, 1970, article 109


def _off(proposed: Tensor, true: Tensor) -> float:
    return float(errors(proposed, true)[0].max())


def test_finite_volumes_are_of_second_order_on_a_manufactured_solution() -> None:
    """`u = sin(pi x) sin(2 pi y)` in the medium `1 + x + y^2`."""
    found = []
    for n in (16, 32, 64):
        x, y = middles(n), middles(n)[:, None]
        u = torch.sin(np.pi * x) * torch.sin(TAU * y)
        slope_x = np.pi * torch.cos(np.pi * x) * torch.sin(TAU * y)
        slope_y = TAU * torch.sin(np.pi * x) * torch.cos(TAU * y)
        medium = (1 + x + y**2).expand(n, n)
        source = 5 * np.pi**2 * medium * u - slope_x - 2 * y * slope_y
        found.append(_off(flow(medium[None], source[None]), u[None]))
    rates = np.log2(np.array(found[:-1]) / found[1:])
    assert rates == pytest.approx([2, 2], abs=0.1)


def test_steps_in_time_are_of_fourth_order_on_a_manufactured_solution() -> None:
    """`u = 2 + sin(2 pi (x - t))`, forced so that it solves Burgers' equation."""
    n, d = 32, 0.05
    (k,) = waves(n, 1)
    x = torch.arange(n, dtype=torch.float64) / n

    def rest(v: Tensor, t: float) -> Tensor:
        at = TAU * (x - t)
        u, slope = 2 + torch.sin(at), TAU * torch.cos(at)
        force = -slope + u * slope + d * TAU**2 * torch.sin(at)
        square = torch.fft.irfft(v, n).square()
        return -0.5j * k * torch.fft.rfft(square) + torch.fft.rfft(force)

    start = torch.fft.rfft(2 + torch.sin(TAU * x))[None]
    true = (2 + torch.sin(TAU * (x - 0.5)))[None]
    found = [
        _off(torch.fft.irfft(ExponentialSteps(-d * k**2, rest, 0.5, s).run(start), n), true)
        for s in (16, 32, 64)
    ]
    assert np.log2(np.array(found[:-1]) / found[1:]) == pytest.approx([4, 4], abs=0.3)


def test_burgers_is_the_heat_equation_after_cole_and_hopf() -> None:
    """`u = -2 d (log h)_x`, where `h` obeys the heat equation, whose modes decay exactly."""
    d, n = 0.05, 256
    (k,) = waves(n, 1)
    x = torch.arange(n, dtype=torch.float64) / n
    heat = torch.fft.rfft(torch.exp(torch.cos(TAU * x) / (4 * np.pi * d)))
    later = heat * torch.exp(-d * k**2)
    true = -2 * d * torch.fft.irfft(1j * k * later, n) / torch.fft.irfft(later, n)
    own = Burgers(points=64, diffusion=d)
    found = own.solved(torch.sin(TAU * x[::4])[None], 2)
    assert _off(found, true[None, ::4]) < 1e-7


def test_phases_without_fronts_follow_the_closed_form() -> None:
    """`u' = 5 (u - u^3)` everywhere."""
    start = torch.tensor([[-0.7], [0.2], [1.3]], dtype=torch.float64).expand(3, 32)
    true = start.sign() / (1 + (start**-2 - 1) * np.exp(-10)).sqrt()
    assert float((AllenCahn(points=32).solved(start, 1) - true).abs().max()) < 1e-6


def test_a_fluid_that_is_stirred_from_rest_turns_as_its_one_wave_does() -> None:
    """A wave does not advect itself: `w = f (1 - exp(-v k^2 t)) / (v k^2)`, with k^2 = 8 pi^2."""
    own = Vorticity(points=16)
    x = torch.arange(16, dtype=torch.float64) / 16
    both = TAU * (x[:, None] + x)
    rate = own.diffusion * 2 * TAU**2
    true = 0.1 * (torch.sin(both) + torch.cos(both)) * (1 - np.exp(-5 * rate)) / rate
    found = own.solved(torch.zeros(1, 16, 16, dtype=torch.float64), 1)
    assert _off(found, true[None]) < 1e-10


def test_one_wave_fades_and_another_swings_as_its_closed_form_says() -> None:
    x = torch.arange(32, dtype=torch.float64) / 32
    start = torch.sin(3 * TAU * x)[None]
    heat, string = Heat(points=32), Wave(points=32)
    fades = np.exp(-heat.diffusion * (3 * TAU) ** 2)
    assert _off(heat.solved(start, 1), fades * start) < 1e-12
    left, right = (torch.sin(3 * TAU * (x + s * string.speed)) for s in (-1, 1))
    assert _off(string.solved(start, 1), 0.5 * (left + right)[None]) < 1e-12  # d'Alembert


def test_an_even_ground_carries_what_a_twisted_bar_does() -> None:
    even = torch.full((1, 32, 32), 2.0, dtype=torch.float64)
    assert float(Darcy(points=32).solved(even, 2).mean()) == pytest.approx(TORSION / 2, rel=1e-3)


@pytest.mark.parametrize(
    ("equation", "close"),
    [
        (Poisson(points=32), 5e-3),
        (Darcy(points=16), 1.5e-2),
        (Heat(points=64), 1e-4),
        (Wave(points=64), 2e-3),
        pytest.param(Burgers(points=64, diffusion=0.05), 1e-4, marks=pytest.mark.slow),
        pytest.param(AllenCahn(points=128), 1e-3, marks=pytest.mark.slow),
    ],
)
def test_scikit_fem_says_the_same(equation: FieldEquation, close: float) -> None:
    inputs = equation.sample(1, torch.Generator().manual_seed(4))
    second = second_engine(equation)
    assert second is not None
    own = equation.solved(inputs, 2)
    assert float(second.measure(inputs, own)[0, 0]) < close
    assert float(second.measure(inputs, 1.1 * own)[0, 0]) == pytest.approx(0.1, abs=1.5 * close)


@pytest.mark.parametrize(
    "equation",
    [Poisson(), Darcy(), Heat(), Wave(), Burgers(), AllenCahn(), Vorticity()],
)
def test_inputs_are_those_of_their_law_and_others_are_not(equation: FieldEquation) -> None:
    law = InputLaw.of(equation)
    own = equation.sample(64, torch.Generator().manual_seed(9))
    assert float(law.strangeness(own).max()) < STRANGEST
    flat = torch.full_like(own[:1], 3.0)
    assert float(law.strangeness(flat)[0]) > STRANGEST
    part = 0.05 if isinstance(equation, Heat | Wave) else 0.1  # whose few waves vary more
    faint = own.mean() + part * (own[:1] - own.mean())  # easy to solve, and too weak to be sampled
    assert float(law.strangeness(faint)[0]) > STRANGEST


def test_a_small_residual_is_no_small_error() -> None:
    """The proposal that nearly satisfies the equation is further from its solution."""
    own = Poisson(points=32)
    load = own.sample(1, torch.Generator().manual_seed(2))
    true = own.solved(load, 1)
    size = float(true.square().mean().sqrt())
    x, y = middles(32), middles(32)[:, None]
    slow = torch.sin(np.pi * x) * torch.sin(np.pi * y)
    fast = torch.sin(12 * np.pi * x) * torch.sin(12 * np.pi * y)
    proposed = torch.cat([true + 0.1 * size * slow, true + 0.01 * size * fast])
    residual = (2 * np.pi**2 * 0.1, 288 * np.pi**2 * 0.01)  # of each, over the size of the field
    assert residual[0] < 0.1 * residual[1]
    verifier = SolverVerifier(own, InputLaw.of(own))
    error = verifier.measure(load.expand(2, 32, 32), proposed)[:, 0]
    assert error[0] > 5 * error[1]


def test_whatever_is_proposed_is_0_at_the_edges() -> None:
    """Test the line through the two points next to an edge, at the edge."""
    codec = PairCodec.of(Poisson(points=64))
    wild = torch.randn(4, 2, 64, 64, generator=torch.Generator().manual_seed(0))
    _, u = codec.decode(wild.round().clamp(2, 2))
    assert float((1.5 * u[:, 0] - 0.5 * u[:, 1]).abs().max()) < 2e-3 * float(u.abs().max())


def test_a_field_is_brought_to_other_points_by_its_series() -> None:
    x = torch.arange(16, dtype=torch.float64) / 16
    plane = torch.sin(TAU * x)[:, None] * torch.cos(2 * TAU * x)
    finer = torch.arange(48, dtype=torch.float64) / 48
    true = torch.sin(TAU * finer)[:, None] * torch.cos(2 * TAU * finer)
    assert float((resampled(plane[None], 48)[0] - true).abs().max()) < 1e-12
    assert float((resampled(true[None], 16)[0] - plane).abs().max()) < 1e-12


@pytest.mark.slow
def test_what_learned_beats_the_nearest_known_field() -> None:
    """Test smooth fields of 32 points, after a few seconds."""
    own = Burgers(points=32, diffusion=0.1)
    codec, rng = PairCodec.of(own), torch.Generator().manual_seed(0)
    inputs = own.sample(120, rng)
    x = codec.encode((inputs, own.solved(inputs, 2)))
    cond = torch.zeros(len(x), 1)
    found = {}
    size = OperatorSettings(width=12, modes=8, layers=3)
    families = {
        "fno": FourierOperator(own, codec, None, size),
        "deeponet": DeepOperator(own, codec, None, size),
        "flow": SolutionFlow(own, codec, None, size),
        "diffusion": SolutionDiffusion(own, codec, None, size),
        "nearest": NearestSolution(own, codec, None),
        "coarse": CoarseSolver(own, codec, None, 2),
    }
    for name, family in families.items():
        plan = Plan(steps=250, batch=24, learning_rate=5e-3, check_every=1000, ema_decay=0.97)
        family.fit(x if name in ("nearest", "coarse") else x.float(), cond, plan)
        sampled, u = codec.decode(family.propose(cond[:48], torch.Generator().manual_seed(8)))
        found[name] = float(errors(u, own.solved(sampled, 2))[0].median())
    assert found["coarse"] < found["fno"] < 0.5 * found["nearest"]
    assert max(found[n] for n in ("deeponet", "flow", "diffusion")) < 0.8 * found["nearest"]


@pytest.mark.parametrize("family", [SolutionFlow, SolutionDiffusion])
def test_draws_are_other_solutions_each_time_and_the_same_of_a_seed(
    family: type[SolutionFlow],
) -> None:
    own = AllenCahn(points=16)
    codec = PairCodec.of(own)
    given = own.sample(1, torch.Generator().manual_seed(1))[0]
    draws = family(own, codec, given, OperatorSettings(width=4, modes=4, layers=2))
    cond = torch.zeros(3, 1)
    one = draws.propose(cond, torch.Generator().manual_seed(5))
    assert torch.equal(one, draws.propose(cond, torch.Generator().manual_seed(5)))
    assert torch.equal(one[0, 0], one[1, 0])
    assert not torch.equal(one[0, 1], one[1, 1])


SETUPS: Mapping[str, tuple[dict[str, Any], str]] = {
    "an unknown equation": ({"equation": "maxwell"}, "equation"),
    "points that are no multiple": ({"points": 50}, "points = 64"),
    "fronts thinner than a cell": ({"equation": "burgers", "diffusion": 1e-4}, "Write diffusion"),
    "steps of an equation at rest": ({"equation": "darcy", "steps": 10}, "Leave them out"),
}


@pytest.mark.parametrize("name", SETUPS)
def test_setups_that_no_solver_can_hold_are_refused_with_what_to_write(name: str) -> None:
    setup, said = SETUPS[name]
    with pytest.raises(InputError, match=re.escape(said)):
        EquationSettings(**setup).opened()


def _given(equation: str, values: np.ndarray) -> None:
    requested = Spec(
        problem="equations.field",
        setup={"equation": equation, "points": 64, "known": 12},
        given={FIELD.name: values.tolist()},
    )
    open_problem(requested)


def test_inputs_that_no_solver_can_hold_are_refused_with_what_to_write() -> None:
    with pytest.raises(InputError, match=r"Courant number.*Write steps = "):
        _given("burgers", np.full((1, 64), 40.0))
    with pytest.raises(InputError, match="permeability above 0"):
        _given("darcy", np.zeros((64, 64)))
    with pytest.raises(InputError, match="1 rows of 64 numbers for burgers"):
        _given("burgers", np.ones((64, 64)))
    with pytest.raises(InputError, match="row x column"):
        read_given((FIELD,), {FIELD.name: [1.0, 2.0]}, "equations.field")


def test_a_courant_number_that_is_broken_is_no_answer() -> None:
    own = Burgers(points=16)
    verifier = SolverVerifier(own, InputLaw.of(own), finer=1)
    wild = torch.full((1, 16), 40.0, dtype=torch.float64)
    assert bool(torch.isnan(verifier.measure(wild, wild)).all())


def test_steps_that_break_the_courant_number_are_refused_with_enough_of_them() -> None:
    with pytest.raises(InputError, match=r"Courant.*Write steps = \d+"):
        SolutionField(EquationSettings(equation="burgers", steps=3))


def test_known_fields_without_an_answer_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    problem = SolutionField(EquationSettings(equation="poisson", points=16, known=12))
    made = {n: np.ones((50, 16, 16)) for n in ("input", "solution")}
    made["solution"][3, 2, 1] = np.nan
    monkeypatch.setattr(type(problem._recipe), "complete", lambda self: made)
    assert problem.data().sizes["design"] == 13
    assert np.isfinite(problem.data()["solution"].to_numpy()).all()
