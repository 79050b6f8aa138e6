"""Augmentation of rare windows, by the engine's own generators of series.

Shapes: n windows, m synthetic ones, w rows of one, k tags.
"""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

import torch
from jaxtyping import Float
from torch import Tensor

from ingenium.core.problem import Watch, silent
from ingenium.core.seeds import one_thread
from ingenium.generators import families
from ingenium.monitor.timegan import TimeGAN
from ingenium.train.plan import Plan

ARMS: Mapping[str, str] = MappingProxyType(  # and the engine's family that an arm samples from
    {
        "none": "",
        "oversampling": "",
        "blocks": "",
        "gan": "gan",
        "timegan": "",
        "vae": "vae",
        "diffusion": "diffusion",
    }
)
STEPS = 800  # of a generator


def augmented(
    arm: str,
    few: Float[Tensor, "n w k"],
    count: int,
    *,
    seed: int,
    steps: int = STEPS,
    watch: Watch = silent,
) -> Float[Tensor, "m w k"]:
    """Generate `count` more windows like the few; none where there is nothing to learn from.

    Oversampling samples points between a window and one of its five nearest (Chawla et al.,
    SMOTE, J. Artif. Intell. Res. 16, 2002); blocks are rows of several windows, one after the
    other (Künsch, Ann. Statist. 17, 1989).
    """
    rng = torch.Generator().manual_seed(seed)
    if arm == "none" or len(few) < 10 or count < 1:
        return few[:0]
    if arm == "oversampling":
        return _between(few, count, rng)
    if arm == "blocks":
        return _blocks(few, count, rng)
    spread = few.flatten(0, 1).std(0).clamp(min=1e-3)
    mean = few.flatten(0, 1).mean(0)
    x = ((few - mean) / spread).clamp(-6, 6).transpose(1, 2).contiguous()
    with one_thread():
        made = _learned(arm, x, count, rng, seed, steps, watch)
    return made.transpose(1, 2) * spread + mean


def _learned(
    arm: str,
    x: Float[Tensor, "n k w"],
    count: int,
    rng: torch.Generator,
    seed: int,
    steps: int,
    watch: Watch,
) -> Float[Tensor, "m k w"]:
    """Sample windows from a generator fitted to standardised ones."""
    shape, reported = (x.shape[1], x.shape[2]), lambda i, n, _: watch("augment", i, n)
    if arm == "timegan":
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            inner = TimeGAN(shape)
        inner.fit(x, Plan(steps=steps, batch=128, learning_rate=2e-3, seed=seed, progress=reported))
        return inner.propose(count, rng)
    model = families.build(ARMS[arm], shape, 1, seed=seed)
    plan = families.plan(ARMS[arm], shape=shape, steps=steps, seed=seed)
    model.fit(x, torch.zeros(len(x), 1), replace(plan, progress=reported))
    return model.propose(torch.zeros(count, 1), rng)


def _blocks(
    few: Float[Tensor, "n w k"], count: int, rng: torch.Generator, parts: int = 4
) -> Float[Tensor, "m w k"]:
    """Combine quarters of randomly sampled windows, each in its own place."""
    w = few.shape[1]
    pick = torch.randint(len(few), (count, min(parts, w)), generator=rng)
    at = torch.arange(w) * pick.shape[1] // w
    return few[pick[:, at], torch.arange(w)]


def _between(
    few: Float[Tensor, "n w k"], count: int, rng: torch.Generator, near: int = 5
) -> Float[Tensor, "m w k"]:
    flat = few.flatten(1)
    pick = torch.randint(len(few), (count,), generator=rng)
    distance = torch.cdist(flat[pick], flat)
    other = distance.topk(min(near + 1, len(few)), largest=False).indices
    column = torch.randint(1, other.shape[1], (count,), generator=rng)
    chosen = other[torch.arange(count), column]
    share = torch.rand(count, 1, 1, generator=rng)
    return torch.lerp(few[pick], few[chosen], share)
