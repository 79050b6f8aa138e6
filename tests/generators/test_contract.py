"""Contract tests of every family of the engine, and promises beyond it."""

from dataclasses import replace
from functools import partial

import pytest
import torch
from torch import nn

from ingenium.generators.admission import admitted
from ingenium.generators.families import FAMILIES, build, plan
from ingenium.generators.row_families import CLASSICAL, COMPOSED, LATENT, LEARNED, SPIKING
from ingenium.testing import GeneratorContract, Skills
from ingenium.testing.generator_contract import KINDS, REQUESTED, SHORT, designs, moments, rng

GUIDED = ["diffusion", "flow_matching", "energy", "spiking_diffusion"]
FOLLOWING = [
    *GUIDED,
    "vae",
    "gan",
    "flow",
    "spiking_vae",
    "spiking_gan",
    "fully_spiking_gan",
]  # follow the gradient of an energy
DENSE = ["vae", "spiking_vae", "flow", "autoregressive", "diffusion", "flow_matching"]
# Largest error of the mean (in deviations) and relative error of the covariance.
QUICK = {"vae": (0.25, 0.35), "flow": (0.25, 0.35), "autoregressive": (0.25, 0.35)}
QUICK |= {"diffusion": (0.3, 0.45), "flow_matching": (0.3, 0.45), "energy": (0.4, 0.5)}
QUICK |= {"gaussian_copula": (0.15, 0.15), "gaussian_process": (0.15, 0.15), "gan": (0.3, 0.5)}
# A step of the GAN has six optimiser steps.
SHORTER = replace(SHORT, steps=60, learning_rate=2e-3, ema_decay=0.9, check_every=20)
SLOW = ("diffusion", "flow", "energy", "gan")  # to learn, as long as all others together
EVERYWHERE = ("autoregressive", "principal_autoregressive")  # on all kinds of designs by default


def skills_of(name: str) -> Skills:
    """Steering reaches the family inside a composed one, whose components alone move."""
    inner = name.removeprefix("principal_").removeprefix("latent_")
    return Skills(
        partial(build, name),
        dense=name in DENSE,  # days of composed ones carry residuals, which have no density
        follows=inner in FOLLOWING,
        weighs=inner in GUIDED,
        conditional=name != "random",
        reach=0.8 if name == inner and name not in SPIKING else 1.0,
        learns=QUICK.get(name),
        plan=SHORTER if name == "gan" else SHORT,
    )


SKILLS = {name: skills_of(name) for name in FAMILIES}


class TestFamilies(GeneratorContract):
    """The default is the first kind of design that a family takes; the others are slow.

    The networks of fields are others than those of rows: one family of each goes through all.
    """

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        if "shape" not in metafunc.fixturenames:
            metafunc.parametrize("skills", [_marked(n, n in SLOW, SKILLS[n]) for n in QUICK])
            return
        cases = []
        for name in FAMILIES:
            for place, shape in enumerate(s for s in self.shapes if admitted(name, s)):
                axes, skills = len(shape), SKILLS[name]
                if name == "gan" and axes > 2:  # fields of a new one hardly follow its noise
                    skills = replace(skills, reach=1.0)
                slow = place > 0 and name not in EVERYWHERE
                cases.append(_marked(f"{name}-{KINDS[axes]}", slow, skills, shape))
        metafunc.parametrize(("skills", "shape"), cases)


def _marked(name: str, slow: bool, *values: object):
    return pytest.param(*values, id=name, marks=[pytest.mark.slow] if slow else [])


@pytest.mark.parametrize("name", [*COMPOSED, *LATENT])
def test_components_and_latent_numbers_of_vectors_are_refused(name: str) -> None:
    with pytest.raises(ValueError, match="a field"):
        build(name, (2,), 2)


@pytest.mark.parametrize("name", CLASSICAL)
def test_nothing_learned_nothing_proposed(name: str) -> None:
    with pytest.raises(ValueError, match="fit first"):
        build(name, (2,), 2).propose(REQUESTED, rng())


THOROUGH = dict.fromkeys(LEARNED, (0.15, 0.2)) | {"gan": (0.4, 0.6), "energy": (0.25, 0.35)}


@pytest.mark.slow
@pytest.mark.parametrize("name", LEARNED)
@pytest.mark.parametrize("shape", [(4,), (2, 3)], ids=["vector", "series"])
def test_learns_a_conditional_gaussian_well(name: str, shape: tuple[int, ...]) -> None:
    family = build(name, shape, 2)
    own = plan(name, steps=1000)
    family.fit(*designs(shape, 4000), replace(own, batch=128, ema_decay=0.99))
    mean, covariance = moments(family, 4000)
    assert mean < THOROUGH[name][0]
    assert covariance < THOROUGH[name][1]


def test_build_leaves_the_global_state_alone() -> None:
    state = torch.random.get_rng_state()
    first, second, third = (build("vae", (2,), 2, seed=seed) for seed in (3, 3, 4))
    assert torch.equal(state, torch.random.get_rng_state())
    assert isinstance(first, nn.Module)
    for name, value in first.state_dict().items():
        assert torch.equal(value, second.state_dict()[name])
    assert any(not torch.equal(v, third.state_dict()[k]) for k, v in first.state_dict().items())


def test_build_refuses_what_it_does_not_know() -> None:
    with pytest.raises(ValueError, match="family"):
        build("vea", (2,), 2)
    for shape, c in [((2, 3, 4, 5, 6), 2), ((), 2), ((0,), 2), ((2,), 0)]:
        with pytest.raises(ValueError, match="expected a design of shape"):
            build("vae", shape, c)
