"""More windows of what is rare, by the engine's own generators of series.

Shapes: n windows, m made ones, w rows of one, k tags.
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

# An arm and the family that it draws from. TimeGAN's idea, adversarial training on features of
# a sequence instead of on its values, is the GAN on principal components.
ARMS: Mapping[str, str] = MappingProxyType(
    {
        "none": "",
        "oversampling": "",
        "gan": "gan",
        "latent_gan": "principal_gan",
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
    """So many more windows like the few; none where there is nothing to learn from.

    Oversampling draws points between a window and one of its five nearest (Chawla et al.,
    SMOTE, J. Artif. Intell. Res. 16, 2002).
    """
    rng = torch.Generator().manual_seed(seed)
    if arm == "none" or len(few) < 10 or count < 1:
        return few[:0]
    if arm == "oversampling":
        return _between(few, count, rng)
    spread = few.flatten(0, 1).std(0).clamp(min=1e-3)
    mean = few.flatten(0, 1).mean(0)
    x = ((few - mean) / spread).clamp(-6, 6).transpose(1, 2).contiguous()
    model = families.build(ARMS[arm], tuple(x.shape[1:]), 1, seed=seed)
    cond = torch.zeros(len(x), 1)
    plan = families.plan(ARMS[arm], shape=tuple(x.shape[1:]), steps=steps, seed=seed)
    with one_thread():
        model.fit(x, cond, replace(plan, progress=lambda i, n, _: watch("augment", i, n)))
        made = model.propose(torch.zeros(count, 1), rng)
    return made.transpose(1, 2) * spread + mean


def _between(
    few: Float[Tensor, "n w k"], count: int, rng: torch.Generator, near: int = 5
) -> Float[Tensor, "m w k"]:
    flat = few.flatten(1)
    pick = torch.randint(len(few), (count,), generator=rng)
    apart = torch.cdist(flat[pick], flat)
    other = apart.topk(min(near + 1, len(few)), largest=False).indices
    column = torch.randint(1, other.shape[1], (count,), generator=rng)
    chosen = other[torch.arange(count), column]
    share = torch.rand(count, 1, 1, generator=rng)
    return torch.lerp(few[pick], few[chosen], share)
