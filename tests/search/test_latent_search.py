"""Latent numbers of a generator as points; strategies with options after their names."""

import numpy as np
import pytest

import known_fronts
import sums
from ingenium.core.errors import InputError
from ingenium.core.problem import silent
from ingenium.core.resolving import resolve
from ingenium.core.spec import Spec, parse
from ingenium.runs.loop import training
from ingenium.searches.latent_space import LatentSpace
from ingenium.searches.stopping import Stop
from ingenium.searches.strategies import Task, make, parted

STEPS = {"flow": 30, "vae": 30}
LEAST = {"objectives": known_fronts.LEAST_SQUARE}


def latent(family: str) -> LatentSpace:
    problem = known_fronts.Front(known_fronts.Settings(d=4))
    spec = resolve(
        known_fronts.spec(generator={"family": family, "steps": STEPS.get(family)}), problem
    )
    return Task(problem, spec, training(problem), 0, silent).latent()[0]


def test_known_designs_are_found_again_from_the_noise_of_a_flow() -> None:
    space = latent("flow")
    inside = ((space.start > 0) & (space.start < 1)).all(1)
    assert inside.sum() > 40
    designs = space.designs(space.start[inside])
    np.testing.assert_allclose(designs["x"], space.known["x"].to_numpy()[inside], atol=1e-4)


def test_the_middle_of_the_cube_of_an_autoencoder_is_a_likely_design() -> None:
    space = latent("vae")
    points = np.full((2, space.m), 0.5)
    x = space.designs(points)["x"].to_numpy()
    np.testing.assert_array_equal(x[0], x[1])
    assert (np.abs(x - 0.5) < 0.35).all(), "known designs are even over the cube"


def test_a_family_without_latent_numbers_is_refused() -> None:
    requested = 'vae or flow, got gaussian_copula{}. Write family = "vae" under .generator..$'
    with pytest.raises(InputError, match=requested.format("")):
        latent("gaussian_copula")
    with pytest.raises(InputError, match=requested.format(", the default of known.front")):
        latent("default")


def test_texts_are_told_the_one_family_that_has_latent_numbers() -> None:
    problem = sums.Sums(sums.Settings())
    generator = {"family": "autoregressive", "steps": 2}
    spec = resolve(parse({"problem": problem.name, "generator": generator}, Spec, "s"), problem)
    with pytest.raises(InputError, match="a family with latent numbers: vae, got autoregressive"):
        Task(problem, spec, training(problem), 0, silent).latent()


def test_a_search_over_latent_numbers_goes_on_where_it_was(begun) -> None:
    spec = known_fronts.spec(generator={"family": "flow", "steps": 30}, **LEAST)
    whole = begun("cma_es:latent", spec, name="whole")
    whole.run(Stop(calls=60))
    begun("cma_es:latent", spec, name="part").run(Stop(calls=30))
    part = begun("cma_es:latent", spec, name="part")
    part.run(Stop(calls=60))
    assert part.curve.least <= whole.curve.least + 1e-12
    assert part.calls == 60


def test_texts_are_points_of_an_autoencoder() -> None:
    problem = sums.Sums(sums.Settings())
    generator = {"family": "vae", "steps": 5}
    spec = resolve(parse({"problem": problem.name, "generator": generator}, Spec, "s"), problem)
    strategy = make("cross_entropy:latent", Task(problem, spec, training(problem), 0, silent))
    assert strategy.model
    import torch

    designs = strategy.strategy.ask(5, torch.Generator())
    assert designs.sizes["design"] == 5


@pytest.mark.parametrize(
    ("written", "means"),
    [
        ("cma_es", ("cma_es", ())),
        ("map_elites: f1, f2", ("map_elites", ("f1", "f2"))),
        ("bayesian:ucb,latent", ("bayesian", ("ucb", "latent"))),
        ("portfolio:random,cma_es", ("portfolio", ("random", "cma_es"))),
    ],
)
def test_options_follow_a_colon(written: str, means: object) -> None:
    assert parted(written) == means


@pytest.mark.parametrize("written", ["random:latent", "bayesian:pi", "cma_es:f1", "cmaes"])
def test_options_that_a_strategy_does_not_take_are_refused(written: str) -> None:
    with pytest.raises(InputError):
        parted(written)


def test_kinds_that_a_problem_does_not_know_are_refused(begun) -> None:
    with pytest.raises(InputError, match="f0, f1, f2, mean"):
        begun("map_elites:f7", known_fronts.spec(**LEAST))
