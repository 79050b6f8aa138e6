"""Choice of a recipe for a device: a search over all, cheap measurements first.

The cost of a design is exact before any training, so recipes beyond the limits are never trained.
Of the others the largest that fit are first trained briefly; half of them continue, until a
few are trained to the end and judged by the domain's verifier.
Source: Jamieson and Talwalkar, AISTATS 2016, arXiv:1502.07943 (successive halving).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ingenium.core.errors import InputError
from ingenium.edge.compressing import Workshop
from ingenium.edge.device import Cost, DeviceSheet
from ingenium.edge.judging import cost_margins, quality
from ingenium.edge.parts import GraphRunner, Runner, TokenSteps
from ingenium.edge.recipe import CompressionRecipe, recipes

SHORT = 4  # a short training takes this part of a whole one
PER_FORMAT = 2  # widths of each format that are tried, from the largest that fits
SCREENED = 64  # designs that judge a short training where there is no loss


@dataclass(frozen=True)
class ScreenedRecipe:
    """A recipe before training: its costs, and whether they are allowed."""

    recipe: CompressionRecipe
    cost: Cost
    shortfall: float  # of the worst limit on costs, as a share of it; at most 0 is allowed

    @property
    def fits(self) -> bool:
        """True if all limits on costs are satisfied."""
        return self.shortfall <= 0


def screened(
    shop: Workshop, sheet: DeviceSheet, among: Sequence[CompressionRecipe]
) -> list[ScreenedRecipe]:
    """Exact costs of each recipe."""
    found = []
    for recipe in among:
        cost = shop.cost(recipe)
        gaps = cost_margins(cost, sheet).values()
        found.append(ScreenedRecipe(recipe, cost, max((-g for g in gaps), default=0.0)))
    return found


def admitted(shop: Workshop) -> list[CompressionRecipe]:
    """List the recipes of a device that its generator allows.

    Without training designs nothing is retrained, except a denoiser, which learns from its own
    pairs.
    """
    sheet, task = shop.task.sheet, shop.task
    calls = sheet.calls if task.denoises else ()
    matched = sheet.matched and isinstance(task.part.part, TokenSteps)
    every = list(recipes(sheet.formats, sheet.widths, sheet.zeros, calls, matched=matched))
    if not task.part.path:
        return every
    return [r for r in every if not r.retrained or (r.distilled and task.denoises)]


def fitting(found: Sequence[ScreenedRecipe], sheet: DeviceSheet) -> list[ScreenedRecipe]:
    """Select recipes that fit: all if they are few enough, else the widest of each format.

    Raises:
        InputError: if none does, naming the nearest and what it lacks.
    """
    allowed = [s for s in found if s.fits]
    if not allowed:
        near = min(found, key=lambda s: s.shortfall)
        limits = ", ".join(x.label for x in sheet.limits)
        cost = near.cost
        takes = f"{cost.flash} bytes, {cost.ram} bytes of RAM and {cost.instructions:.0f}"
        if not cost.ram:  # its weights alone pass a limit, so that no board ran it
            takes = f"at least {cost.flash} bytes and {cost.instructions:.0f}"
        raise InputError(
            f"limits that some recipe meets on {sheet.name} ({limits})",
            f"none of {len(found)}; the nearest is {near.recipe.title} with {takes} instructions "
            f"a design, {100 * near.shortfall:.0f} % beyond a limit",
            "Allow that, or name a smaller family with --family.",
        )
    if len(allowed) <= sheet.finalists:
        return allowed
    retained = []
    kinds = {s: (s.recipe.scheme, s.recipe.calls) for s in allowed}
    for kind in dict.fromkeys(kinds.values()):
        own = [s for s in allowed if kinds[s] == kind]
        widths = sorted({s.recipe.width for s in own}, reverse=True)[:PER_FORMAT]
        retained += [s for s in own if s.recipe.width in widths]
    return retained


def finalists(shop: Workshop, among: Sequence[ScreenedRecipe]) -> list[ScreenedRecipe]:
    """Select the recipes that are best after a short training, by loss.

    If a loss does not measure every one, by acceptance minus the distance of the designs.
    """
    sheet, left = shop.task.sheet, list(among)
    if len(left) <= sheet.finalists:
        return left
    worth, reported = {}, all(shop.telling(s.recipe) for s in left)
    for s in left:
        shop.watch(f"try {s.recipe.title}", 0, 1)
        worth[s] = _worth(shop, s.recipe, max(1, sheet.steps // SHORT), by_loss=reported)
    return sorted(left, key=lambda s: -worth[s])[: sheet.finalists]


def _worth(shop: Workshop, recipe: CompressionRecipe, steps: int, *, by_loss: bool) -> float:
    task, made = shop.task, shop.compressed(recipe, steps)
    runners: dict[str, Runner] = {k: GraphRunner(g) for k, g in made.graphs.items()}
    family = task.seated(made.family, runners)
    losses = task.losses(family) if by_loss else None
    if losses is not None:
        return -float(np.mean(losses))
    if shop.screening is None:
        shop.screening = task.judged(task.family, SCREENED, losses=False)
    own = quality(task.judged(family, SCREENED, losses=False), shop.screening, task.sheet.seed)
    distance = own["distance"].value
    return own["accepted"].value - (0.0 if math.isnan(distance) else distance)
