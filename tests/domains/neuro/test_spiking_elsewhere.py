"""Families that spike on the series and fields of other domains, judged by their engines."""

import numpy as np
import pytest
import torch

from ingenium.core.designs import DESIGN
from ingenium.core.resolving import resolve
from ingenium.core.spec import Spec
from ingenium.core.verdict import Verdict
from ingenium.domains import open_problem
from ingenium.generators.generator import Generator
from ingenium.generators.networks import is_field
from ingenium.generators.offer import make, plan
from ingenium.kits.spikes.networks import SpikingStack
from ingenium.runs.export import verified
from ingenium.runs.loop import proposed, training

STEPS = 25


@pytest.mark.parametrize(
    ("name", "setup", "field", "family"),
    [
        ("grid.profile_day", {}, False, "spiking_vae"),
        ("physics.lattice", {}, True, "spiking_diffusion"),
    ],
)
def test_series_and_fields_of_other_domains_are_made_by_spikes(
    name: str, setup: dict[str, int], field: bool, family: str
) -> None:
    spec = Spec(problem=name, setup=setup)
    problem = open_problem(spec)
    assert is_field(problem.codec.shape) == field
    own = training(problem).isel({DESIGN: slice(0, 64)})
    x, cond = problem.encode(own).float(), problem.features(own)
    made = make(problem, family, cond.shape[1])
    assert any(isinstance(m, SpikingStack) for m in made.modules())
    rng = torch.Generator().manual_seed(0)
    before = made.loss(x, cond, rng).mean()
    torch.manual_seed(0)
    made.fit(x, cond, plan(problem, family, steps=STEPS))
    assert made.loss(x, cond, rng).mean() < 0.9 * before
    generator = Generator(problem, made, resolve(spec, problem), own)
    designs = proposed(generator, 1, 0, range(1))
    verdicts = verified(problem, generator.spec, designs)["verdict"].to_numpy()
    assert len(verdicts)
    assert not np.isin(verdicts, [Verdict.FAILED]).any()
