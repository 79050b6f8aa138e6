"""Row 20.2: four families on one data set of shapes, told five properties, by training size.

Shapes that SIMP made on 24 x 12 cells (filter of 2 cells) for cantilevers with a plate of 2
columns at the free end, for a load on the plate from shear to pull, a point load anywhere on the
end in any downward direction, and any volume of 35 to 60 %. Five properties of each: work of a
shear, a pull and a couple on the plate, largest stress under them, and volume. Each family learns
shapes given their properties from N of them and proposes one for each of 256 held-out targets; R2
is of the logarithms of the properties that finite elements find in the proposal, solid and void,
against the targets, mean over properties. Where no way is left for the load, compliance and
stress count as the worst of all shapes, and none counts as worse than that; the share that bears
the loads and R2 over it alone beside. All four work on 64 principal components of the signed
distance to the outline, learned from the N shapes, and learn for about the same time. Scale of
the components, latent numbers, beta, penalty, turns of the critic, guidance, temperature, rate
and batch were chosen family by family, from three to ten settings each, with 1,024 shapes and 128
other targets. Nearest neighbour, kernel regression of the outline, any known shape, and what is
left of the target's own shape in the components beside; medians over seeds with the least and
most. Budget: 5 seeds, N of 64, 360, 2000; quick: 1 seed, two small N.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
from jaxtyping import Float64
from numpy.typing import ArrayLike
from torch import Tensor

from ingenium.core.digest import array_digest
from ingenium.core.problem import silent
from ingenium.domains.structures.studies.told_families import CEILING, WAYS, heights_of
from ingenium.domains.structures.studies.told_shapes import PROPERTIES, ToldShapes, told_shapes
from ingenium.evaluate.measured import Interval, Value
from ingenium.evaluate.trials import Readings, Trials

BASELINES = ("nearest", "smooth_mean", "any")
SCORES = ("r2", "r2_of_bearing", "bearing_percent")


@dataclass(frozen=True)
class ShapeBudget:
    """Shapes that are made, sizes of training sets and targets, a share of each fit's steps."""

    designs: int
    sizes: tuple[int, ...]
    held: int
    tuning: int
    share: float = 1.0

    @property
    def shapes(self) -> ToldShapes:
        """The same for all arms."""
        return _made(self.designs, self.held, self.tuning)


@cache
def _made(designs: int, held: int, tuning: int) -> ToldShapes:
    return told_shapes(designs, held, tuning, silent)


def run(arm: str, seed: int, size: ShapeBudget) -> dict[str, ArrayLike]:
    """A fit to each size of training set: scores over the targets, errors with most data."""
    shapes, rows = size.shapes, []
    target = shapes.properties[shapes.held]
    for count in size.sizes:
        own = shapes.own(count, seed)
        height = heights_of(shapes, arm, own, shapes.held, seed=seed, share=size.share)
        got, bears = shapes.measured(height)
        held = score(got[bears], target[bears], target)
        rows.append((score(got, target), held, 100 * float(bears.double().mean())))
    return {
        **dict(zip(SCORES, zip(*rows, strict=True), strict=True)),
        "mae_percent": percent(got, target),
        "size": size.sizes,
    }


def score(
    found: Float64[Tensor, "m k"], target: Float64[Tensor, "m k"], whole: Tensor | None = None
) -> float:
    """R2 of achieved properties against those asked for, mean over the properties.

    With `whole` the targets are a part of these, and it is their spread that counts.
    """
    whole = target if whole is None else whole
    left = (found - target).square().mean(0) / (whole - whole.mean(0)).square().mean(0)
    return float((1 - left).mean())


def percent(found: Float64[Tensor, "m k"], target: Float64[Tensor, "m k"]) -> list[float]:
    """Mean absolute error of each property, relative to what was asked for (%)."""
    errors: list[float] = (100 * ((found - target).exp() - 1).abs()).mean(0).tolist()
    return errors


def read(found: Readings) -> dict[str, ArrayLike | Value]:
    """R2 by family and size as medians; leads are paired by seed."""
    sizes = [int(n) for n in found("any", "size")[0]]
    r2 = {name: found(name, "r2") for name in found.pieces}

    def lead(name: str, at: int, others: list[str]) -> ArrayLike:
        best = np.max([r2[other][:, at] for other in others], axis=0)
        return np.asarray(r2[name][:, at] - best)

    values: dict[str, ArrayLike | Value] = {
        "diffusion_last": lead("diffusion", -1, [f for f in WAYS if f != "diffusion"]),
        "vae_first": lead("beta_vae", 0, [f for f in WAYS if f != "beta_vae"]),
        "transformer_middle": lead("transformer", len(sizes) // 2, ["diffusion"]),
        "line": np.max([r2[name][:, -1] for name in WAYS], axis=0),
    }
    for name in found.pieces:
        for key in SCORES:
            columns = found(name, key).T
            values |= {f"{name}.{n}.{key}": _median(x) for n, x in zip(sizes, columns, strict=True)}
        errors = zip(PROPERTIES, found(name, "mae_percent").T, strict=True)
        values |= {f"{name}.{p}.mae_percent": _median(x) for p, x in errors}
    return values


def _median(x: Float64[np.ndarray, " s"]) -> Value:
    """Over seeds, with the least and the most."""
    return Value(Interval(float(np.median(x)), float(x.min()), float(x.max())), tuple(x.tolist()))


measure = Trials(
    arms={name: name for name in (*WAYS, *BASELINES, CEILING)},
    sizes=(
        ShapeBudget(2432, (64, 360, 2000), 256, 128),
        ShapeBudget(256, (64, 150), 64, 32, 0.05),
    ),
    run=run,
    read=read,
    data=lambda size: array_digest(size.shapes.solid.numpy()),
)
