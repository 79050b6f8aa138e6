"""Row 20.2: four families on one data set of shapes, told five properties, by training size."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np
import torch
from jaxtyping import Float64
from torch import Tensor

from ingenium.core.digest import array_digest
from ingenium.core.problem import Watch
from ingenium.core.seeds import one_thread
from ingenium.domains.structures.shapes.box import Box, open_box
from ingenium.domains.structures.shapes.settings import Load, Passive, ShapeSettings, Support
from ingenium.domains.structures.shapes.solid import to_solid
from ingenium.domains.structures.shapes.training import stock
from ingenium.domains.structures.shapes.verifier import ShapeVerifier
from ingenium.evaluate.intervals import Interval, t_interval
from ingenium.generators import families
from ingenium.studies.rules import Part
from ingenium.studies.sources import LEARNING, OF_SHAPES, OF_TOKENS
from ingenium.studies.study import Budget, Measured, Study

CELLS, CELL_M = (24, 12), 0.05
FAMILIES: Mapping[str, str] = MappingProxyType(
    {
        "gan": "principal_gan",
        "beta_vae": "principal_vae",
        "diffusion": "principal_diffusion",
        "transformer": "principal_autoregressive",
        "nearest": "nearest_neighbours",
    }
)
PROPERTIES = (
    "compliance_shear",
    "compliance_pull",
    "compliance_corner",
    "peak_von_mises",
    "volume",
)
LINE = 0.9  # R2 that the reference draws as a line
BEYOND = 0.5  # of the known range by which a property may lie outside of it, in logarithms


@dataclass(frozen=True)
class Work:
    """Sizes of training sets, held-out targets and steps of a fit."""

    sizes: tuple[int, ...]
    held: int
    steps: int


FULL, QUICK = Work((50, 100, 200, 400, 800), 100, 200), Work((40, 80), 20, 40)


@dataclass(frozen=True, eq=False)
class Shapes:
    """Shapes with the logarithms of their properties.

    Shapes: n designs, e cells, k properties.
    """

    box: Box  # with the loads under which the properties are measured
    solid: Float64[Tensor, "n e"]
    properties: Float64[Tensor, "n k"]

    def measured(self, density: Float64[Tensor, "m e"]) -> Float64[Tensor, "m k"]:
        """Properties of proposals as solid and void cells; none lies far beyond what is known."""
        density = torch.where(self.box.solid, 1.0, density.clamp(0.0, 1.0))
        found = properties(self.box, to_solid(self.box, density, density.mean(1)))
        low, high = self.properties.amin(0), self.properties.amax(0)
        room = BEYOND * (high - low)
        return found.nan_to_num(torch.inf).clamp(low - room, high + room)


def settings(count: int) -> ShapeSettings:
    """Cantilevers for a tip load anywhere, whose free end is a solid edge."""
    x, y = (n * CELL_M for n in CELLS)
    edge = Passive("solid", (x - CELL_M, 0.0), (x, y))
    return ShapeSettings(preset="cantilever", cells=CELLS, passive=(edge,), designs=count)


def load_shapes(count: int, watch: Watch) -> Shapes:
    """Shapes of the optimiser, measured under three loads on the edge that none was made for."""
    asked = settings(count)
    x, y = (n * CELL_M for n in CELLS)
    spread = (0.0, y)
    loads = (
        Load("shear", "shear", (x, y / 2), spread_m=spread),
        Load("pull", "pull", (x, y / 2), angle_deg=(0.0, 0.0), spread_m=spread),
        Load("corner", "corner", (x, y)),
    )
    box = open_box(replace(asked, loads=loads, supports=(Support(face="left"),)))
    kept = stock(open_box(asked)).complete(watch)
    solid = torch.from_numpy(kept["solid"]).double()
    return Shapes(box, solid, properties(box, solid))


def properties(box: Box, solid: Float64[Tensor, "n e"]) -> Float64[Tensor, "n k"]:
    """Logarithms of the five properties."""
    verifier = ShapeVerifier(box)
    volume = solid.mean(1)
    found = verifier.measure(solid.view(-1, *CELLS), volume)
    names = [q.name for q in verifier.quantities]
    return found[:, [names.index(p) for p in PROPERTIES]].log()


def measure(budget: Budget, watch: Watch) -> Measured:
    """Each family, size and seed: fit to the first so many of a shuffled order, then propose."""
    work = QUICK if budget.quick else FULL
    count = max(work.sizes) + work.held
    shapes = load_shapes(count, watch)
    r2: dict[tuple[str, int], list[float]] = {}
    mae: dict[tuple[str, str], list[float]] = {}
    todo = [(s, n, f) for s in budget.seeds for n in work.sizes for f in FAMILIES]
    for done, (seed, size, name) in enumerate(todo):
        watch("families on shapes", done, len(todo))
        order = torch.randperm(count, generator=torch.Generator().manual_seed(seed))
        own, held = order[work.held :][:size], order[: work.held]
        found = proposed(shapes, FAMILIES[name], own, held, seed=seed, steps=work.steps)
        r2.setdefault((name, size), []).append(score(found, shapes.properties[held]))
        if size == max(work.sizes):
            errors = percent(found, shapes.properties[held])
            for key, value in zip(PROPERTIES, errors, strict=True):
                mae.setdefault((name, key), []).append(value)
    beside = {f"{f}.{n}.r2": _median(v) for (f, n), v in r2.items()}
    beside |= {f"{f}.{p}.mae_percent": _median(v) for (f, p), v in mae.items()}
    data = array_digest(shapes.solid.numpy())
    return Measured(_parts(r2, work), beside, data, (_winner(r2, work),))


def proposed(
    shapes: Shapes, name: str, own: Tensor, held: Tensor, *, seed: int, steps: int
) -> Float64[Tensor, "m k"]:
    """Properties of one proposal for each held-out target."""
    middle, spread = shapes.properties[own].mean(0), shapes.properties[own].std(0)
    cond = ((shapes.properties - middle) / spread).float()
    x = (2 * shapes.solid - 1).float().view(-1, 1, *CELLS)
    family = families.build(name, (1, *CELLS), len(PROPERTIES), seed=seed)
    with one_thread():
        family.fit(
            x[own], cond[own], families.plan(name, shape=(1, *CELLS), steps=steps, seed=seed)
        )
        y = family.propose(cond[held], torch.Generator().manual_seed(seed))
    return shapes.measured((y.double().flatten(1) + 1) / 2)


def score(found: Float64[Tensor, "m k"], target: Float64[Tensor, "m k"]) -> float:
    """R2 of achieved properties against those asked for, mean over the properties."""
    left = (found - target).square().sum(0) / (target - target.mean(0)).square().sum(0)
    return float((1 - left).mean())


def percent(found: Float64[Tensor, "m k"], target: Float64[Tensor, "m k"]) -> list[float]:
    """Mean absolute error of each property, relative to what was asked for (%)."""
    errors: list[float] = (100 * ((found - target).exp() - 1).abs()).mean(0).tolist()
    return errors


def _median(values: list[float]) -> Interval:
    """Median over seeds, with the least and the most."""
    return Interval(float(np.median(values)), min(values), max(values))


def _parts(r2: Mapping[tuple[str, int], list[float]], work: Work) -> dict[str, Interval]:
    """Differences are paired by seed."""
    least, most, learned = min(work.sizes), max(work.sizes), [f for f in FAMILIES if f != "nearest"]

    def lead(name: str, size: int, others: list[str]) -> Interval:
        best = np.max([r2[other, size] for other in others], axis=0)
        return t_interval(np.array(r2[name, size]) - best)

    top = np.max([r2[name, most] for name in learned], axis=0)
    return {
        "diffusion_last": lead("diffusion", most, [f for f in learned if f != "diffusion"]),
        "vae_first": lead("beta_vae", least, [f for f in learned if f != "beta_vae"]),
        "transformer_middle": lead("transformer", work.sizes[len(work.sizes) // 2], ["diffusion"]),
        "line": t_interval(top),
    }


def _winner(r2: Mapping[tuple[str, int], list[float]], work: Work) -> str:
    each = {f: float(np.median(r2[f, min(work.sizes)])) for f in FAMILIES}
    first = max(each, key=lambda name: each[name])
    return f"With {min(work.sizes)} shapes {first} is best, with a median R2 of {each[first]:.2f}."


STUDY = Study(
    row="20.2",
    chapter="20 Generative AI for Advanced Materials and Smart Structures",
    title="Four families on one data set, by training size",
    claim=(
        "Of conditional GAN, beta-VAE, diffusion and transformer on one data set, diffusion is "
        "best with most data, the transformer needs fewer designs than diffusion, beta-VAE is "
        "best with few (N < 1,000), and an R2 of 0.90 is reached."
    ),
    claimed="order of the families by training size; R2 of 0.90",
    protocol=(
        f"Shapes that SIMP made on {CELLS[0]} x {CELLS[1]} cells for cantilevers whose tip load "
        "has any place, direction and volume. Five properties of each: work of a shear, a pull "
        "and a corner load on the free edge, largest stress under them, and volume. Each family "
        "learns shapes given their properties from N of them and proposes one for each of "
        f"{FULL.held} held-out targets; R2 is of the logarithms of the properties that finite "
        "elements find in the proposals, made solid and void at their own volume, against the "
        "targets, mean over properties. A proposal that bears no load counts as half the known "
        "range beyond it. All four work on the same principal components of what the properties "
        f"leave open, with the same number of steps ({FULL.steps}). Nearest neighbours "
        "beside; medians over seeds with the least and most."
    ),
    budget=f"5 seeds, N of {', '.join(map(str, FULL.sizes))}; quick: 1 seed, two small N",
    parts=(
        Part("diffusion_last", "R2 above the other three with most data", at_least=0.0),
        Part("vae_first", "R2 of beta-VAE above the others with least data", at_least=0.0),
        Part("transformer_middle", "R2 of the transformer above diffusion's", at_least=0.0),
        Part("line", "R2 of the best family with most data", at_least=LINE),
    ),
    headline="line",
    measure=measure,
    depends=(*OF_SHAPES, *LEARNING, "studies/shape_families.py"),
    without=OF_TOKENS,
)
