"""Fits are cached once, shared between processes, and never used if altered."""

import threading

import numpy as np
import pytest
import torch

import toy
from ingenium.core import recipe
from ingenium.core.spec import GeneratorChoice, Spec
from ingenium.domains import open_problem
from ingenium.generators import fitted

CHOICE = GeneratorChoice("flow_matching", steps=3)


@pytest.fixture
def learn(beams, tmp_path, monkeypatch):
    """Fit to the toy's known designs, with a cache of its own."""
    monkeypatch.setenv("INGENIUM_CACHE", str(tmp_path))
    problem = open_problem(Spec(problem=toy.spec().problem))
    known = problem.data()
    return lambda watch=lambda *reported: None: fitted.fit(problem, known, CHOICE, watch=watch)


def same(one, other) -> None:
    for name, value in one.family.state_dict().items():
        torch.testing.assert_close(other.family.state_dict()[name], value, rtol=0, atol=0)


def test_a_fit_is_made_once_and_describes_itself_alike(learn, tmp_path):
    first, again = learn(), learn()
    assert (first.cached, again.cached) == (False, True)
    assert first.digest == again.digest
    same(first, again)
    for name, one in (("a", first), ("b", again)):
        one.save(tmp_path / name)
    files = [(tmp_path / name / "model.json").read_bytes() for name in "ab"]
    assert files[0] == files[1]
    assert not list((tmp_path / "fits").glob("*"))


def test_a_fit_that_was_altered_is_made_again(learn, tmp_path):
    first = learn()
    (path,) = tmp_path.rglob("*.piece")
    seal, _, content = path.read_bytes().partition(b"\n")
    with np.load(recipe.io.BytesIO(content)) as stored:
        arrays = {k: v if v.dtype.kind == "U" else 0 * v for k, v in stored.items()}
    np.savez(tmp_path / "planted.npz", **arrays)
    for planted in (content[:-50], (tmp_path / "planted.npz").read_bytes()):
        path.write_bytes(seal + b"\n" + planted)
        again = learn()
        assert not again.cached
        same(first, again)


def test_the_second_who_needs_a_fit_waits_for_the_first(learn, monkeypatch):
    monkeypatch.setattr(recipe, "POLL_S", 0.02)
    begun, waited, reported, found = threading.Event(), threading.Event(), [], {}

    def slow(stage: str, done: int, total: int) -> None:
        begun.set()
        assert waited.wait(20)

    def see(stage: str, done: int, total: int) -> None:
        reported.append(stage)
        waited.set()

    one = threading.Thread(target=lambda: found.update(one=learn(slow)))
    one.start()
    assert begun.wait(20)
    found["other"] = learn(see)
    one.join(20)
    assert set(reported) == {"wait for another process: fit"}
    assert (found["one"].cached, found["other"].cached) == (False, True)
    same(found["one"], found["other"])


@pytest.mark.parametrize(
    ("steps", "watched", "reported", "verdict"),
    [
        ([50.0, 100.0, 150.0, 200.0], [3.0, 2.0, 1.5, 1.0], [2.0, 1.0], "learned: held-out"),
        (
            [50.0, 100.0, 150.0, 200.0],
            [1.0, 30.0, 33.0, 35.0],
            [30.0, 35.0],
            "overfitted after step 50, its first",
        ),
        (
            [50.0, 100.0, 150.0, 200.0],
            [3.0, 1.0, 3.0, 9.0],
            [1.0, 9.0],
            "overfitted after step 100",
        ),
        ([20.0, 40.0], [2.0, 1.0], [1.0, 1.0], "learned"),  # it stopped early
        ([200.0], [1.0], [1.0, 1.0], "learned"),  # one check, at the end
    ],
)
def test_losses_are_those_of_what_a_fit_ends_with(
    beams, tmp_path, monkeypatch, steps, watched, reported, verdict
):
    monkeypatch.setenv("INGENIUM_CACHE", str(tmp_path))
    problem = open_problem(Spec(problem=toy.spec().problem))
    course = {"step": steps, "held_out": watched, "turn_1": watched}
    family = fitted.offer.make(problem, "flow_matching", 3)
    monkeypatch.setattr(type(family), "fit", lambda *given: course)
    known, choice = problem.data(), GeneratorChoice("flow_matching", steps=200)
    meta = fitted.fit(problem, known, choice, watch=print).meta
    assert meta["held_out"] == reported
    assert meta["verdict"].startswith(verdict)
    assert meta["curve"]["held_out"] == watched
