"""Pruned, masked and rounded weights after retraining."""

import copy
import dataclasses
from itertools import pairwise
from typing import Any

import pytest
import torch
from edge_nets import rows, writer

from ingenium.edge import retraining
from ingenium.edge.parts import Recorder, part_of
from ingenium.edge.pruning import masks, narrowed
from ingenium.edge.quantise import Scheme, codes_of
from ingenium.edge.retraining import CachedStates, Retraining, pairs, with_calls
from ingenium.generators.model import Model
from ingenium.train.plan import Plan

PLAN = Plan(steps=30, batch=16, learning_rate=3e-3, ema_decay=0.5, check_every=10, held_out=0.1)


def examples(model: Model) -> tuple[torch.Tensor, torch.Tensor]:
    """Proposals of the model itself, as training examples."""
    cond = torch.linspace(-1, 1, 240).reshape(120, 2)
    return model.propose(cond, torch.Generator().manual_seed(5)), cond


def test_weights_that_were_zero_stay_zero_and_rounded_ones_lie_on_their_grid() -> None:
    model = rows("vae")
    assert isinstance(model, Model)
    x, cond = examples(model)
    cut = masks(model, 0.5)
    before = {k: v.clone() for k, v in model.named_parameters()}
    Retraining(model, cut, bits=4).fit(x, cond, PLAN)
    named = dict(model.named_parameters())
    for name, mask in cut.items():
        assert (named[name][mask == 0] == 0).all()
        assert 0.45 < float((mask == 0).double().mean()) < 0.55
        whole, steps = codes_of(named[name].detach().double(), Scheme(4))
        torch.testing.assert_close(
            torch.from_numpy(whole * steps[:, None]), named[name].detach().double()
        )
    assert any(not torch.equal(before[k], v) for k, v in named.items())


def test_what_learns_rounded_is_better_when_rounded() -> None:
    """Compare with the same network rounded afterwards; check 18.2 has three seeds."""
    model = rows("vae")
    assert isinstance(model, Model)
    x, cond = examples(model)
    losses = {}
    for bits in (None, 3):
        own = rows("vae")
        assert isinstance(own, Model)
        Retraining(own, bits=bits).fit(x, cond, PLAN)
        Retraining(own, bits=3).settle()
        with torch.no_grad():
            rng = torch.Generator().manual_seed(0)
            losses[bits] = float(own.held_out_loss(x, cond, rng).mean())
    assert losses[3] < losses[None]


def test_a_narrow_writer_is_the_old_one_where_nothing_was_left_out() -> None:
    """Units without weights are pruned first, and then no number changes."""
    family: Any = writer(width=24, layers=2)
    decoder = family.decoder
    gone = torch.arange(24) % 3 == 0  # eight of them
    with torch.no_grad():
        memory = decoder.memory
        for table in (family.embed.weight, family.position, family.unknown):
            table[..., gone] = 0
        family.told[2].weight[gone] = 0
        family.told[2].bias[gone] = 0
        for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh"):
            for layer in range(2):
                gates = getattr(memory, f"{name}_l{layer}").reshape(4, 24, -1)
                gates[:, gone] = 0  # of a unit whose gates are even and whose news are nothing
                if name.startswith("weight"):
                    gates[..., gone] = 0
        family.head.weight[:, gone] = 0
        family.told[0].weight[gone] = 0
        family.told[0].bias[gone] = 0
    found = part_of(family, "toy")
    recorders = {k: Recorder(g) for k, g in found.graphs(family).items()}
    cond = torch.linspace(-1, 1, 40).reshape(20, 2)
    found.seated(family, recorders).propose(cond, torch.Generator().manual_seed(0))  # type: ignore[operator]
    small: Any = narrowed(family, found, 16 / 24, recorders)
    assert small.decoder.memory.hidden_size == 16
    cached = recorders["step"].graph.run(recorders["step"].seen())["h0_next"][:, ~gone]
    again = {k: Recorder(g) for k, g in part_of(small, "toy").graphs(small).items()}
    requested = recorders["step"].seen()
    own = {k: (v[:, ~gone] if v.shape[1] == 24 else v) for k, v in requested.items()}
    torch.testing.assert_close(again["step"].graph.run(own)["h0_next"], cached)


def test_a_teacher_pulls_its_student() -> None:
    teacher = writer(width=24, layers=1)
    student = narrowed(teacher, part_of(teacher, "toy"), 1.0, {})
    assert isinstance(teacher, Model)
    assert isinstance(student, Model)
    with torch.no_grad():
        for weight in student.parameters():
            weight.add_(0.2 * torch.randn(weight.shape, generator=torch.Generator().manual_seed(1)))
    x, cond = examples(teacher)
    distance = []
    for _ in range(2):
        with torch.no_grad():
            reported = teacher.scores(x, cond)[0].softmax(-1)  # type: ignore[operator]
            own = student.scores(x, cond)[0].log_softmax(-1)  # type: ignore[operator]
            distance.append(float((reported * (reported.log() - own)).sum(-1).mean()))
        Retraining(student, teacher=teacher).fit(x, cond, PLAN)
    assert distance[1] < 0.7 * distance[0]


def test_what_a_teacher_knows_is_computed_once() -> None:
    """Test any batches of designs, and the order of the student's own steps."""
    teacher: Any = writer(width=24, layers=1)
    x, cond = examples(teacher)
    cached, requested = CachedStates(teacher), []
    states = teacher.states
    teacher.states = lambda *given: requested.append(len(given[0])) or states(*given)
    for batch in (slice(0, 70), slice(40, 120), torch.arange(119, -1, -1)):
        found, reported = cached(x[batch], cond[batch])
        with torch.no_grad():
            true, _ = states(x[batch], cond[batch])
            torch.testing.assert_close(found, true, rtol=0, atol=5e-3)
            torch.testing.assert_close(
                reported, teacher.head(true).log_softmax(-1), rtol=0, atol=0.05
            )
    assert sum(requested) <= 120


def test_hidden_states_are_learned_through_a_projection(monkeypatch: pytest.MonkeyPatch) -> None:
    """A large weight brings a student's states nearer to the teacher's than probabilities do."""
    monkeypatch.setattr(retraining, "STATES", 30.0)
    teacher: Any = writer(width=24, layers=1)
    found = part_of(teacher, "toy")
    recorders = {k: Recorder(g) for k, g in found.graphs(teacher).items()}
    x, cond = examples(teacher)
    found.seated(teacher, recorders).propose(cond, torch.Generator())  # type: ignore[operator]
    with torch.no_grad():
        true = teacher.states(x, cond)[0]
    missed = []
    for matched in (False, True):
        student: Any = narrowed(teacher, found, 16 / 24, recorders)
        plan = dataclasses.replace(PLAN, steps=120, batch=64)
        Retraining(student, teacher=teacher, matched=matched).fit(x, cond, plan)
        with torch.no_grad():
            own = student.states(x, cond)[0]
        best = torch.linalg.lstsq(own, true).solution
        missed.append(float((own @ best - true).square().mean()))
    assert missed[1] < missed[0]


def test_a_denoiser_of_few_calls_goes_where_its_teacher_does() -> None:
    """Start from the same noise, trained on pairs, and end nearer than before."""
    teacher: Any = rows("diffusion", 3)
    x, cond = examples(teacher)
    Retraining(teacher).fit(x, cond, PLAN)
    cond = torch.rand(512, 2, generator=torch.Generator().manual_seed(6))
    reported = pairs(teacher, cond, torch.Generator().manual_seed(7))
    student = copy.deepcopy(teacher)
    with_calls(student, 2)
    assert len(student.levels) == 3
    assert student.levels[0] == teacher.levels[0]
    clean, noise = reported.unbind(1)
    missed = []
    for _ in range(2):
        start = student.levels[0] * noise
        rng = torch.Generator()
        with torch.no_grad():
            own = student.solver.solve(student.denoiser(cond), start, student.levels, rng)
        missed.append(float((own - clean).square().mean()))
        plan = dataclasses.replace(PLAN, steps=120, batch=64)
        Retraining(student, teacher=teacher).fit(reported, cond, plan)
    assert missed[1] < 0.5 * missed[0]


def test_levels_of_any_number_of_calls_fall_along_those_of_the_teacher() -> None:
    teacher: Any = rows("diffusion", 3)
    for calls in (1, 2, 5, 20, 50):
        student = copy.deepcopy(teacher)
        with_calls(student, calls)
        levels = student.levels
        assert len(levels) == calls + 1
        assert all(now > then for now, then in pairwise(levels))
        assert levels[0] == teacher.levels[0]
        assert levels[-2] >= teacher.levels[-2] * (1 - 1e-9)
        if calls == 20:
            assert levels == teacher.levels
