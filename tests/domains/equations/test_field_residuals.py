"""Networks trained on residuals: derivatives, solutions, and failures with their cause."""

from dataclasses import replace

import pytest
import torch

from ingenium.core.errors import InputError
from ingenium.core.resolving import resolve
from ingenium.core.seeds import BLOCK
from ingenium.core.spec import Spec, parse
from ingenium.domains import open_problem
from ingenium.domains.equations.field.codec import PairCodec
from ingenium.domains.equations.field.diagnosis import FAILED, MANY, diagnosed
from ingenium.domains.equations.field.elliptic import Darcy, Poisson
from ingenium.domains.equations.field.equation import FieldEquation
from ingenium.domains.equations.field.families import ResidualFamily
from ingenium.domains.equations.field.lines import Heat, Wave
from ingenium.domains.equations.field.moving import AllenCahn, Burgers
from ingenium.domains.equations.field.residual import (
    ResidualNetworks,
    ResidualSettings,
    rest_of,
)
from ingenium.domains.equations.field.verifier import errors
from ingenium.generators.generator import Generator
from ingenium.runs.loop import proposed
from ingenium.train.plan import Plan

SMALL = ResidualSettings(width=16, layers=2, steps=150, points=200)


def _drawn(equation: FieldEquation, own: ResidualSettings) -> ResidualNetworks:
    rng = torch.Generator().manual_seed(3)
    return ResidualNetworks.sampled(equation, own, equation.sample(2, rng), 1.0, rng)


@pytest.mark.parametrize(
    ("equation", "held"),
    [(Heat(points=32), False), (Wave(points=32), True), (Burgers(points=32), True),
     (Poisson(points=32), True)],
)  # fmt: skip
def test_derivatives_are_those_of_differences(equation: FieldEquation, held: bool) -> None:
    nets = _drawn(equation, replace(SMALL, exact_start=held))
    nets.weights[:] = [w.double() for w in nets.weights]
    at = torch.rand(20, 2, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    at = 0.1 + 0.8 * at
    _, dx, dy, dxx, dyy = nets.rows(at)
    h = 1e-4
    for axis, first, second in ((0, dx, dxx), (1, dy, dyy)):
        step = torch.zeros(2, dtype=torch.float64)
        step[axis] = h
        lower, middle, upper = (nets.rows(at + i * step)[0] for i in (-1, 0, 1))
        torch.testing.assert_close((upper - lower) / (2 * h), first, rtol=1e-3, atol=1e-3)
        bent = (upper - 2 * middle + lower) / h**2
        scale = float(second.abs().max()) + 1
        assert float((bent - second).abs().max()) < 1e-2 * scale


def test_a_start_and_edges_hold_before_anything_is_learned() -> None:
    own = _drawn(Burgers(points=32), SMALL)
    assert float(own.start().max()) < 1e-9
    square = _drawn(Poisson(points=32), SMALL)
    edge = torch.tensor([[0.0, 0.3], [1.0, 0.6], [0.2, 0.0], [0.7, 1.0]])
    assert float(square.rows(edge)[0].abs().max()) == 0.0


def test_only_equations_with_a_residual_are_offered() -> None:
    """A medium with jumps has no residual at its jumps."""
    assert rest_of(Darcy()) is None
    assert rest_of(AllenCahn()) is not None


@pytest.mark.slow
def test_warmth_is_found_from_the_equation_alone() -> None:
    own = Heat(points=32)
    nets = _drawn(own, SMALL)
    nets.train()
    true = own.solved(nets.inputs.double(), 1)
    error = float(errors(nets.solution().double(), true)[0].max())
    assert error < 0.1
    assert diagnosed(nets, error) is None


@pytest.mark.parametrize(
    ("change", "cause"),
    [
        ({"rate": 1.0}, "steps too long"),
        ({"activation": "relu"}, "no second derivative"),
        ({"coordinate_unit": 0.01}, "coordinates out of scale"),
        ({"joined": False}, "ends that do not meet"),
    ],
)
def test_a_planted_failure_is_told_with_its_cause(change: dict[str, object], cause: str) -> None:
    own = Burgers(points=32, diffusion=0.02)
    nets = _drawn(own, replace(SMALL, steps=40, **change))  # type: ignore[arg-type]
    nets.train()
    fault = diagnosed(nets, FAILED + 0.1)
    assert fault is not None
    assert fault.cause == cause


def test_times_that_are_learned_out_of_order_are_told() -> None:
    """Phases that separate: late ones at rest fit their equation, whatever the start was."""
    nets = _drawn(AllenCahn(points=64, diffusion=5e-3), replace(SMALL, causal=0.0, steps=MANY))
    nets.train()
    fault = diagnosed(nets, FAILED + 0.1)
    assert fault is not None
    assert (fault.cause, fault.write) == ("times learned out of order", "causal = 5")


def test_a_pilot_that_fails_stops_with_the_cause() -> None:
    own = Heat(points=32)
    codec = PairCodec.of(own)
    inputs = own.sample(2, torch.Generator().manual_seed(0))
    x = codec.encode((inputs, own.solved(inputs, 1)))
    family = ResidualFamily(own, codec, None, replace(SMALL, rate=1.0, steps=40))
    with pytest.raises(InputError, match=r"steps too long.*Write rate = 0.01"):
        family.fit(x, torch.zeros(2, 1), Plan())


def test_two_fields_train_the_networks_of_their_part_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """The networks of a whole block are not trained, and a field equals that of a full fit."""
    trained: list[int] = []
    monkeypatch.setattr(ResidualNetworks, "train", lambda nets: trained.append(len(nets.inputs)))
    setup = {"equation": "heat", "points": 32, "known": 12}
    table = {"problem": "equations.field", "generator": {"family": "pinn"}, "setup": setup}
    requested = parse(table, Spec, "heat")
    problem = open_problem(requested)
    own = resolve(requested, problem)
    few, whole = (Generator(problem, problem.baselines()["pinn"](), own, problem.data())
                  for _ in range(2))  # fmt: skip
    some = proposed(few, 7, 0, range(2))
    assert trained == [8]
    every = proposed(whole, 7, 0, range(BLOCK))
    assert trained == [8] * 9
    for name in ("input", "solution"):
        assert some[name][:2].equals(every[name][:2])
    assert not every["input"][0].equals(every["input"][8])


@pytest.mark.parametrize(("name", "value"), [("causal", -1.0), ("until", 1.5), ("steps", 0)])
def test_settings_of_no_network_are_refused_by_name(name: str, value: float) -> None:
    with pytest.raises(InputError, match=f"{name} = {value}"):
        replace(SMALL, **{name: value})  # type: ignore[arg-type]
