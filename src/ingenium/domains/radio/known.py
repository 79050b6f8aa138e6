"""Survey of known channels of a site: traced places outdoors, with whole blocks held out.

Shapes: n places.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float64, Int64

from ingenium.core.errors import InputError
from ingenium.core.recipe import Recipe
from ingenium.domains.radio.rays import VARIABLES, Rays
from ingenium.domains.radio.scene import TRACING, TracedScene

BATCH = 200  # places tried in a batch
MOST_TRIED = 20_000
EVERY = 5  # block that is held out
PARTS = ("known", "streets", "between")  # for training; in held-out blocks; new places in known


@dataclass(frozen=True)
class Survey:
    """Settings of the places that are traced."""

    low_m: tuple[float, float]
    high_m: tuple[float, float]
    block_m: float
    known: int
    held_out: int  # of held-out blocks, and as many in known ones
    seed: int

    def blocks(self, places: Float64[np.ndarray, "n 2"]) -> Int64[np.ndarray, " n"]:
        """Return the block of each place: squares of the map, since scenes name no streets."""
        at = np.floor((places - np.array(self.low_m)) / self.block_m).astype(np.int64)
        return np.asarray(at[:, 0] + 1000 * at[:, 1])

    def distance(self, blocks: Int64[np.ndarray, " n"]) -> Bool[np.ndarray, " n"]:
        """Mask of held-out blocks: every fifth, in a random order by the seed."""
        columns, lines = (
            int(np.ceil((high - low) / self.block_m))
            for low, high in zip(self.low_m, self.high_m, strict=True)
        )
        names = np.array([x + 1000 * y for y in range(lines) for x in range(columns)])
        order = np.random.default_rng([self.seed, 1]).permutation(names)
        return np.isin(blocks, order[::EVERY])

    def recipe(self, scene: TracedScene) -> Recipe:
        """Return the recipe that traces the survey once and caches it."""
        own = [scene.name, scene.bs_m, scene.ue_height_m, scene.carrier_hz, scene.depth, scene.rays]
        under = [own, vars(self), scene.version, TRACING]

        def make(piece: int) -> Mapping[str, np.ndarray]:
            return self._surveyed(scene)

        return Recipe("radio_survey", under, make)

    def _surveyed(self, scene: TracedScene) -> dict[str, np.ndarray]:
        """Sample places where something arrives, until each part has its number."""
        rng = np.random.default_rng([self.seed, 2])
        wanted = (self.known, self.held_out, self.held_out)
        rows: list[list[tuple[np.ndarray, ...]]] = [[], [], []]
        tried = 0
        while any(len(r) < w for r, w in zip(rows, wanted, strict=True)):
            if tried >= MOST_TRIED:
                raise InputError(
                    f"a region with {sum(wanted)} places outdoors that the base station reaches",
                    f"{sum(map(len, rows))} of {tried} tried",
                    "Write another bs_m, a wider region, or fewer known.",
                )
            places = rng.uniform(self.low_m, self.high_m, (BATCH, 2))
            tried += BATCH
            places = places[scene.outdoors(places)]
            if not len(places):
                continue
            held = self.distance(self.blocks(places))
            room = len(rows[0]) < self.known or len(rows[2]) < self.held_out
            places, held = (x[held | room] for x in (places, held))
            rays = scene.trace(places)
            alive = rays.present.any(1).numpy()
            each = [a.numpy() for a in rays.arrays]
            for i in np.flatnonzero(alive).tolist():  # a few hundred places
                part = 1 if held[i] else 0 if len(rows[0]) < self.known else 2
                if len(rows[part]) < wanted[part]:
                    rows[part].append(tuple(a[i] for a in each))
        whole = [row for part in rows for row in part]
        found = {
            v.name: np.stack(x) for v, x in zip(VARIABLES, zip(*whole, strict=True), strict=True)
        }
        found["part"] = np.repeat(np.arange(3), [len(r) for r in rows])
        return found


def near(
    scene: TracedScene,
    survey: Survey,
    places: Float64[np.ndarray, "n 2"],
    reach_m: float,
    count: int,
) -> Float64[np.ndarray, "m 2"]:
    """Sample new places outdoors, at most `reach_m` from a given one, outside held-out blocks.

    Raises:
        InputError: where there are none.
    """
    rng = np.random.default_rng([survey.seed, 3])
    found: list[np.ndarray] = []
    for _ in range(20):
        base = places[rng.integers(len(places), size=2 * count)]
        angle = rng.uniform(0, 2 * np.pi, len(base))
        far = reach_m * np.sqrt(rng.random(len(base)))
        new = base + far[:, None] * np.stack([np.cos(angle), np.sin(angle)], 1)
        inside = (new >= np.array(survey.low_m)).all(1) & (new <= np.array(survey.high_m)).all(1)
        inside &= ~survey.distance(survey.blocks(new))
        new = new[inside]
        found.append(new[scene.outdoors(new)])
        if sum(map(len, found)) >= count:
            return np.concatenate(found)[:count]
    raise InputError("new places outdoors near known ones", "none", "Write a larger reach_m.")


def rays_of(arrays: Mapping[str, np.ndarray]) -> Rays:
    """Return the channels of a survey."""
    import torch

    return Rays.of([torch.from_numpy(arrays[v.name]) for v in VARIABLES])
