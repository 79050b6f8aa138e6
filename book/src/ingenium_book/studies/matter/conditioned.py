"""Row 37.2: crystals under a composition and a space group.

Families learn crystals ABX3 of `matter.crystal`, a fifth of the systems held out, and propose under
gaps and stabilities of the latter. What they wrote is measured before anything is relaxed: valid,
as others count it, is a crystal whose charges balance and whose atoms lie 0.5 angstrom apart; it is
sound if they lie at least 0.65 of the sum of their ionic radii apart, and as asked if its elements
are of the setup and its atoms have the group that the text names, and no other, within 0.1
angstrom. Texts are written under a grammar by flow matching and by the GAN alike, so that
composition holds by construction for both, and as well for the rival that learns nothing: a random
text with the free numbers of a known crystal of its type, stretched to the radii of its ions.
Budget: 5 seeds, 200 crystals an arm, 600 steps; quick: 1 seed, 40, 60.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
import torch
from numpy.typing import ArrayLike

from ingenium.core.designs import DESIGN, to_arrays
from ingenium.core.digest import dataset_digest
from ingenium.core.seeds import block_rng, one_thread
from ingenium.domains.matter.charges import known as balanced
from ingenium.domains.matter.crystal import CrystalProblem
from ingenium.domains.matter.files import crystals
from ingenium.domains.matter.identity import CLOSEST, closest
from ingenium.domains.matter.potential import Crystal
from ingenium.domains.matter.prototypes import PEROVSKITES
from ingenium.domains.matter.settings import CrystalSettings
from ingenium.domains.matter.verifier import preserves_group
from ingenium.evaluate.measured import Value
from ingenium.evaluate.trials import Readings, Trials
from ingenium.generators import families
from ingenium.runs.loop import training

LEAST = 0.5  # angstrom
FAMILY, ADVERSARIAL, SUBSTITUTION = "tokens_flow_matching", "tokens_gan", "substitution"


@dataclass(frozen=True)
class CrystalDraws:
    """Crystals of an arm and seed, and steps of a fit."""

    crystals: int
    steps: int


@cache
def opened() -> CrystalProblem:
    """The problem, with its known crystals."""
    return CrystalProblem(CrystalSettings(judge="chgnet"))


def run(arm: str, seed: int, size: CrystalDraws) -> dict[str, ArrayLike]:
    """Shares of what an arm proposes."""
    made = _substituted(seed, size) if arm == SUBSTITUTION else _proposed(arm, seed, size)
    valid, sound = (np.array(rows) for rows in zip(*map(_distance, made), strict=True))
    inside = np.array([set(c.sites.reduced) <= set(opened().settings.elements) for c in made])
    requested = inside & np.array([preserves_group(c) for c in made])
    return {
        "valid": valid.mean(),
        "sound": sound.mean(),
        "asked": requested.mean(),
        "both": (sound & requested).mean(),
        "unlike": len({c.sites.text for c in made}) / len(made),
    }


def read(found: Readings) -> dict[str, ArrayLike | Value]:
    """Shares of each arm, and how far those of the family lie above its rivals'."""
    arms = {"family": FAMILY, "gan": ADVERSARIAL, "substitution": SUBSTITUTION}
    table = {
        f"{key}_{name}": found(arm, key)
        for name, arm in arms.items()
        for key in ("valid", "sound", "asked", "both", "unlike")
    }
    return {
        **table,
        "over_gan": table["both_family"] - table["both_gan"],
        "over_substitution": table["both_family"] - table["both_substitution"],
    }


def _proposed(name: str, seed: int, size: CrystalDraws) -> list[Crystal]:
    """What a fitted family writes, within the bounds of the problem and not relaxed."""
    problem = opened()
    learned, whole = training(problem), problem.data()
    cond = problem.features(learned)
    family = families.build(
        name, problem.codec.shape, cond.shape[1], seed=seed, codec=problem.codec
    )
    plan = families.plan(name, steps=size.steps, seed=seed, codec=problem.codec)
    held = whole.isel({DESIGN: whole["held_out"].to_numpy()})
    order = np.random.default_rng(seed).integers(held.sizes[DESIGN], size=size.crystals)
    requested = held.isel({DESIGN: order})[[]].assign_coords(
        {k: (DESIGN, held[k].to_numpy()[order]) for k in ("gap", "stability")}
    )
    with one_thread():
        family.fit(problem.encode(learned).to(torch.float32), cond, plan)
        x = family.propose(problem.features(requested), block_rng(seed, 0, "crystals"))
    arrays = problem.project({}, requested)(problem.decode(x.to(torch.float64), requested))
    return [c for c in crystals(arrays) if c is not None]


def _substituted(seed: int, size: CrystalDraws) -> list[Crystal]:
    """Random texts of the list, with the free numbers of a known crystal of their type."""
    problem, rng = opened(), np.random.default_rng([seed, 372])
    known: dict[str, list[Crystal]] = {}
    for c in crystals(to_arrays(training(problem), problem.variables)):
        if c is not None:
            known.setdefault(problem.listed[c.sites.text][0], []).append(c)
    texts = [t for t in problem.listed if problem.listed[t][0] in known]
    found = []
    for text in rng.choice(texts, size.crystals):  # one by one: each has a type of its own
        name, a, b, x = problem.listed[str(text)]
        start = PEROVSKITES[name].start(A=a, B=b, X=x)
        one = known[name][int(rng.integers(len(known[name])))]
        found.append(Crystal(start.sites, start.edges_m, one.free))
    return found


def _distance(crystal: Crystal) -> tuple[bool, bool]:
    """Whether it is valid, and whether it is sound."""
    structure, neutral = crystal.structure(), balanced(list(crystal.sites.reduced))
    near = float(structure.get_neighbor_list(r=5.0)[3].min(initial=np.inf))
    return neutral and near >= LEAST, neutral and closest(structure) >= CLOSEST


measure = Trials(
    arms={name: name for name in (FAMILY, ADVERSARIAL, SUBSTITUTION)},
    sizes=(CrystalDraws(200, 600), CrystalDraws(40, 60)),
    run=run,
    read=read,
    data=lambda size: dataset_digest(opened().data()),
)
