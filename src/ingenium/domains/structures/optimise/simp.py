"""SIMP: parts of least compliance, for batches of hundreds of designs on one grid."""

from dataclasses import dataclass
from typing import Literal

import torch
from jaxtyping import Float64, Int64
from torch import Tensor

from ingenium.core.errors import InputError
from ingenium.core.problem import Watch, silent
from ingenium.domains.structures.optimise.access import ToolAccess
from ingenium.domains.structures.optimise.build import Build, Direction
from ingenium.domains.structures.optimise.cone import Cone
from ingenium.domains.structures.optimise.form import Form
from ingenium.domains.structures.optimise.mma import Mma
from ingenium.domains.structures.optimise.oc import oc_update
from ingenium.domains.structures.optimise.overhang import Overhang
from ingenium.domains.structures.optimise.projection import Projection
from ingenium.domains.structures.optimise.task import OptimisationTask
from ingenium.domains.structures.optimise.volume import to_volume
from ingenium.domains.structures.optimise.work import work_of

OFF = 1e-9  # volume fraction that counts as exact


@dataclass(frozen=True)
class Simp:
    """Settings of SIMP; the defaults are those of the 88-line code on its 60 x 20 half beam.

    Source: Andreassen et al., Struct. Multidisc. Optim. 43, 2011.

    Raises:
        InputError: for invalid settings.
    """

    steps: int = 200
    exponent: float = 3.0
    least: float = 1e-9  # modulus of the void, in parts of the solid's
    radius_cells: float = 2.4
    filter: Literal["sensitivity", "density"] = "sensitivity"
    projection: Projection | None = None  # needs the density filter, as do the next two
    build: Direction | None = None  # print without supports in this direction
    access: tuple[Direction, ...] = ()  # all void can be reached by a tool from one of these sides
    move: float = 0.2
    method: Literal["oc", "mma"] = "oc"
    tolerance: float = 0.01  # largest change of a variable at which a design has converged

    def __post_init__(self) -> None:
        if self.steps < 0 or not self.exponent >= 1 or not 0 < self.least < 1:
            raise InputError(
                "steps of at least 0, an exponent of at least 1 and a least modulus inside (0, 1)",
                (self.steps, self.exponent, self.least),
            )
        if not 0 < self.move <= 1 or not self.tolerance >= 0:
            raise InputError(
                "a move of at most 1 and a tolerance of at least 0", (self.move, self.tolerance)
            )
        if self.filter != "density" and (self.projection or self.build or self.access):
            raise InputError(
                "a projection, building and reach of tools on filtered densities",
                f'filter "{self.filter}"',
                'Write filter = "density".',
            )

    def moduli(self, density: Float64[Tensor, "n e"], solid_pa: float) -> Float64[Tensor, "n e"]:
        """Return the modulus of each cell (Pa) by the modified SIMP law."""
        return solid_pa * (self.least + density**self.exponent * (1 - self.least))


@dataclass(frozen=True)
class OptimiserTrace:
    """Result and history of an optimisation.

    Shapes: n designs, e cells, s steps of the longest run and the end.
    """

    density: Float64[Tensor, "n e"]  # of the parts, of exactly the requested volume
    variables: Float64[Tensor, "n e"]  # starting point of a further call
    compliance_j: Float64[Tensor, "n s"]  # before each step, and of `density`; then constant
    solves: Int64[Tensor, " n"]  # calls of the solver, including the one for `density`


@dataclass
class _State:
    """Designs that have not converged."""

    row: Int64[Tensor, " n"]  # index in the batch
    form: Form
    x: Float64[Tensor, "n e"]
    beta: Float64[Tensor, " n"]
    since: Int64[Tensor, " n"]  # steps at this beta
    displacement: Tensor | None
    mma: Mma

    def retain(self, which: Tensor) -> None:
        index = which.nonzero().squeeze(1)
        self.row, self.x, self.form = self.row[index], self.x[index], self.form.rows(index)
        self.beta, self.since = self.beta[index], self.since[index]
        self.displacement = None if self.displacement is None else self.displacement[index]
        self.mma.retain(index)


def simp(
    requested: OptimisationTask,
    settings: Simp,
    start: Float64[Tensor, "n e"] | None = None,
    watch: Watch = silent,
) -> OptimiserTrace:
    """Optimise all designs of `requested` from `start` (default: uniform), scaled to their volume.

    Converged designs leave the batch.
    """
    form = form_of(requested, settings)
    n, sharp = len(requested), settings.projection
    beta = torch.full((n,), 1.0 if sharp is None else sharp.beta, dtype=torch.float64)
    x = _exact(form, requested.uniform() if start is None else start, beta).clone()
    rows, none = torch.arange(n), torch.zeros(n, dtype=torch.int64)
    state = _State(rows, form, x.clone(), beta.clone(), none, None, Mma(settings.move))
    history, solves = [], none.clone()
    for step in range(settings.steps):
        if len(state.row) == 0:
            break
        watch("simp", step, settings.steps)
        compliance, new = _step(state, settings)
        solves[state.row] += 1
        history.append((state.row, compliance))
        change = (new - state.x).abs().amax(1)
        state.x = new
        x[state.row] = new
        moving = _sharpen(state, change, settings)
        beta[state.row] = state.beta
        if not bool(moving.all()):
            state.retain(moving)
    x = _exact(form, x, beta)
    density = form.part(x, beta)
    last = compliance_of(requested, density, settings)
    watch("simp", settings.steps, settings.steps)
    return OptimiserTrace(density, x, _table(history, last), solves + 1)


def compliance_of(
    requested: OptimisationTask, density: Float64[Tensor, "n e"], settings: Simp
) -> Float64[Tensor, " n"]:
    """Return the work of all load cases on given densities (J), differentiable; one solve each."""
    moduli = settings.moduli(density, requested.modulus_pa)
    return work_of(requested.elastic, moduli, requested.load_n)[0].sum(1)


def form_of(requested: OptimisationTask, settings: Simp) -> Form:
    """Return the map from variables to parts of these settings."""
    grid = requested.elastic.grid
    return Form(
        requested,
        Cone(grid, settings.radius_cells) if settings.filter == "density" else None,
        settings.projection,
        ToolAccess(grid, settings.access) if settings.access else None,
        Overhang(Build(grid, settings.build)) if settings.build else None,
    )


def _exact(form: Form, x: Tensor, beta: Tensor) -> Tensor:
    wanted = form.requested.volume_fraction
    off = (form.volume(x, beta) - wanted).abs() > OFF
    if not bool(off.any()):
        return form.requested.impose(x)
    moved = to_volume(x, wanted, lambda y: form.volume(y, beta))
    return form.requested.impose(torch.where(off[:, None], moved, x))


def _step(state: _State, settings: Simp) -> tuple[Tensor, Tensor]:
    """Compliance before the step, and the variables after it."""
    form, requested, x = state.form, state.form.requested, state.x
    spread = 0.0 if settings.projection is None else settings.projection.spread
    x = x.requires_grad_()
    moduli = settings.moduli(form.part(x, state.beta, spread), requested.modulus_pa)
    work, state.displacement = work_of(
        requested.elastic, moduli, requested.load_n, state.displacement
    )
    compliance = work.sum(1)
    (slope,) = torch.autograd.grad(compliance.sum(), x)
    (price,) = torch.autograd.grad(form.part(x, state.beta, -spread).mean(1).sum(), x)
    x = x.detach()
    if settings.filter == "sensitivity":
        slope = Cone(requested.elastic.grid, settings.radius_cells).smooth_slope(slope, x)
    compliance = compliance.detach()
    wanted = requested.volume_fraction
    if settings.method == "oc":
        volume = lambda y: form.volume(y, state.beta)  # noqa: E731 - shorter than a def
        new = oc_update(x, slope, price, wanted, volume, settings.move)
    else:
        broken = form.volume(x, state.beta) / wanted - 1
        slopes = (price / wanted[:, None])[:, None]
        log_slope = slope / compliance[:, None]  # of order 1 however far the start is off
        new = state.mma.step(x, log_slope, broken[:, None], slopes)
    return compliance, requested.impose(new)


def _sharpen(state: _State, change: Tensor, settings: Simp) -> Tensor:
    """Mask of designs that continue; converged ones, or after enough steps, get a larger beta."""
    state.since = state.since + 1
    rest = change <= settings.tolerance
    sharp = settings.projection
    if sharp is None:
        return ~rest
    last = state.beta >= sharp.beta_most
    grow = ~last & (rest | (state.since >= sharp.every))
    state.beta = torch.where(
        grow, (state.beta * sharp.factor).clamp(max=sharp.beta_most), state.beta
    )
    state.since = torch.where(grow, 0, state.since)
    return ~(rest & last)


def _table(history: list[tuple[Tensor, Tensor]], last: Tensor) -> Tensor:
    table = last[:, None].repeat(1, len(history) + 1)
    for step, (rows, compliance) in enumerate(history):
        table[rows, step] = compliance
    return table
