"""Optimisation of buildable parts: no overhang, and each build stage carries its weight."""

from dataclasses import dataclass

import torch
from jaxtyping import Float64
from torch import Tensor

from ingenium.core.errors import InputError
from ingenium.core.problem import Watch, silent
from ingenium.domains.structures.optimise.descent import Descent, descend
from ingenium.domains.structures.optimise.simp import Simp, compliance_of, form_of
from ingenium.domains.structures.optimise.stages import Stages
from ingenium.domains.structures.optimise.task import OptimisationTask

TIGHTEN = 0.9  # of the sag, from step to step until it is the limit
POWER = 8.0  # of the mean over stages that approximates the worst one


@dataclass(frozen=True)
class Buildable:
    """Result: densities of at most the requested volume, and their worst sag (m)."""

    density: Float64[Tensor, "n e"]
    compliance_j: Float64[Tensor, " n"]
    sag_m: Float64[Tensor, " n"]


def layered(
    requested: OptimisationTask,
    settings: Simp,
    stages: Stages,
    limit_m: Float64[Tensor, " n"],
    *,
    start: Float64[Tensor, "n e"] | None = None,
    watch: Watch = silent,
) -> Buildable:
    """Minimise compliance while no stage of the build sags by more than the limit.

    The worst cell of the worst stage is constrained through a power mean of mean deflections,
    rescaled to it at each step; the limit tightens from the sag of the start. With a spread of the
    projection, the eroded part is constrained, which leaves no hinges.

    Source: Haveroth et al., Comput. Methods Appl. Mech. Eng. 398, 2022; scaling after Le et al.,
        Struct. Multidisc. Optim. 41, 2010, section 4.

    Raises:
        InputError: if the settings have no build direction.
    """
    if settings.build != stages.build.direction:
        raise InputError(
            "settings that build in the direction of the stages",
            f"{settings.build} and {stages.build.direction}",
            f'Write build = "{stages.build.direction}".',
        )
    form = form_of(requested, settings)
    spread = 0.0 if settings.projection is None else settings.projection.spread
    allowed: list[Tensor] = []  # limit at this step

    def landscape(x: Tensor, beta: Tensor) -> tuple[Tensor, Tensor]:
        part = form.part(x, beta, spread)
        mean, peak = stages.sag(part)
        worst = mean.pow(POWER).mean(1).pow(1 / POWER)
        sag = peak.amax(1) / worst.detach() * worst
        before = allowed[-1] if allowed else sag.detach()
        allowed.append(torch.maximum(limit_m, before * TIGHTEN))
        broken = [form.volume(x, beta) / requested.volume_fraction - 1, (sag / allowed[-1]).log()]
        return compliance_of(requested, part, settings).log(), torch.stack(broken, 1)

    first = requested.uniform() if start is None else start
    descent = Descent(settings.steps, settings.move, settings.projection)
    x, beta = descend(landscape, first, descent, watch)
    density = form.part(x, beta)
    return Buildable(
        density, compliance_of(requested, density, settings), stages.sag(density)[1].amax(1)
    )
