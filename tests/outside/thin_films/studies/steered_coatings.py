"""Row thin_films.1: coatings that are steered through the engine, against the same generator alone.

One flow matching model, fitted for 1000 steps, proposes 64 coatings a seed for a wanted mean
reflectance of 2 to 10 %; the transfer matrix says which of them reflect 10 % at most.
"""

from collections.abc import Mapping

import numpy as np

from ingenium.core.designs import DESIGN
from ingenium.core.resolving import resolve
from ingenium.core.seeds import BLOCK
from ingenium.core.spec import Spec, parse
from ingenium.evaluate.trials import Readings, Trials
from ingenium.generators.fitted import fit
from ingenium.generators.generator import Generator
from ingenium.runs.loop import silent, training
from thin_films.coating import Coating, Settings

STEERED = {"quantity": "mean_reflectance", "target": 0.03, "strength": 50.0}
REQUESTED = {
    "problem": "thin_films.coating",
    "conditions": {"wanted": {"at_least": 0.02, "at_most": 0.1}},
}


def run(steer: tuple[Mapping[str, object], ...], seed: int, steps: int) -> dict[str, np.ndarray]:
    """Mean reflectance of one block of coatings."""
    problem = Coating(Settings())
    generator = {"family": "flow_matching", "steps": steps, "steer": list(steer)}
    spec = resolve(parse(REQUESTED | {"generator": generator}, Spec, "spec"), problem)
    known = training(problem)
    made = fit(problem, known, spec.generator, watch=silent)
    proposed = Generator(problem, made.family, spec, known).propose_block(seed, 0)
    assert proposed.sizes[DESIGN] == BLOCK
    return {"reflectance": problem.reflected(proposed)}


def read(found: Readings) -> dict[str, np.ndarray]:
    """Shares of coatings that satisfy the limit, a row a seed."""
    held = {arm: (found(arm, "reflectance") <= 0.1).mean(1) for arm in ARMS}
    return {"gain": held["steered"] - held["alone"], **held}


ARMS = {"steered": (STEERED,), "alone": ()}
measure = Trials(arms=ARMS, sizes=(1000, 200), run=run, read=read)
