"""The family `inverse`: known designs moved, then brought to the goals of a spec.

A forward model predicts what the engine would measure. Proposals start from known designs that
nearly satisfy the spec, are moved until they are new, and take some steps of Gauss and Newton
through the forward model towards all conditions, limits and objectives, with projection after each.
Of several such candidates the one is proposed that is new and that the model likes best. Nothing of
this calls the engine, and nothing is accepted by it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
import torch
import xarray as xr
from jaxtyping import Float, Int
from torch import Tensor, nn

from ingenium.core.designs import DESIGN
from ingenium.core.errors import InputError
from ingenium.core.problem import Problem
from ingenium.core.spec import Spec
from ingenium.generators.inverse.forward import ForwardEnsemble
from ingenium.generators.inverse.goal import SpecGoal, ToleranceScale
from ingenium.generators.inverse.newton import slopes, step
from ingenium.generators.inverse.novelty import Novelty
from ingenium.sampling.labels import Labeller, quantities
from ingenium.sampling.noise import gaussian, uniform
from ingenium.sampling.steer import FREE, Steer
from ingenium.sampling.whitening import Whitening
from ingenium.train.plan import Plan

INVERSE = "inverse"
MOST_NUMBERS = 128  # of a design
STEPS = 4  # of Gauss and Newton
CANDIDATES = 4  # for each proposal
AMONG = 24  # nearest starts to choose from
MOVED = (1.0, 3.0)  # distances of a moved start, in spacings of known designs
STALE = 1e3  # cost of a candidate that is not new
UNANSWERED = 50.0  # cost of one to which the engine probably has no answer
BUFFERS = (
    "mean", "axes", "back", "given_middle", "given_spread", "y_middle", "y_spread", "log",
    "tolerance", "error", "starts", "starts_y", "starts_given",
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class Start:
    """Candidates in whitened numbers on their way to a proposal.

    Shapes: n candidates, d whitened numbers.
    """

    z: Float[Tensor, "n d"]
    conditions: xr.Dataset
    goal: SpecGoal

    def rows(self, index: Int[Tensor, " m"]) -> "Start":
        """Return some of the candidates."""
        under = self.conditions.isel({DESIGN: index.numpy()})
        return Start(self.z[index], under, self.goal.rows(index))


class InverseFamily(nn.Module):
    """Inversion of a forward model under the spec.

    Shapes: n designs, d whitened numbers, g variables given by conditions, k quantities, s starts.
    """

    mean: Tensor
    axes: Tensor
    back: Tensor
    given_middle: Tensor
    given_spread: Tensor
    y_middle: Tensor
    y_spread: Tensor
    log: Tensor
    tolerance: Tensor
    error: Tensor
    starts: Tensor
    starts_y: Tensor
    starts_given: Tensor
    forward_model: ForwardEnsemble

    def __init__(self, shape: tuple[int, ...], c: int, names: tuple[str, ...], given: int) -> None:
        super().__init__()
        self.shape, self.c, self.names, self.given = shape, c, names, given
        self.d = int(np.prod(shape))
        for name in BUFFERS:
            self.register_buffer(name, torch.empty(0))
        self.forward_model = self._built(1)

    @classmethod
    def of(cls, problem: Problem, c: int) -> "InverseFamily":
        """Build it for the designs of a problem."""
        own = Labeller(problem)
        return cls(tuple(problem.codec.shape), c, quantities(problem), len(own.given))

    def _built(self, width: int) -> ForwardEnsemble:
        return ForwardEnsemble(self.d + self.given, len(self.names), width)

    @property
    def scale(self) -> ToleranceScale:
        """Tolerances of the quantities."""
        return ToleranceScale(self.names, self.log > 0, self.tolerance)

    @property
    def whitening(self) -> Whitening:
        """Map between tensors and whitened numbers."""
        return Whitening(*(a.to(torch.float64) for a in (self.mean, self.axes, self.back)))

    def fit(self, x: Tensor, cond: Tensor, plan: Plan) -> dict[str, list[float]]:
        """Refuse designs without labels.

        Raises:
            InputError: always; `fitting.fit_inverse` fits it to labelled designs.
        """
        raise InputError(
            "designs labelled by the engine for inverse", "designs and conditions alone",
            "Write: ingenium fit PROBLEM --rows 10000",
        )  # fmt: skip

    def propose(
        self, cond: Float[Tensor, "n {self.c}"], rng: torch.Generator, steer: Steer = FREE
    ) -> Float[Tensor, "n *shape"]:
        """Refuse conditions without a spec.

        Raises:
            InputError: always; `propose_under` proposes under a spec.
        """
        raise InputError(
            "a spec for inverse, which is brought to all of it", "conditions alone",
            "Use ingenium propose, or compare --rows.",
        )  # fmt: skip

    def load_state_dict(self, state_dict: Mapping[str, Tensor], *rest: object) -> object:
        """Restore the state, with the width of the saved forward model."""
        for name in BUFFERS:
            if name in state_dict:
                setattr(self, name, torch.empty_like(state_dict[name]))
        first = state_dict.get("forward_model.weights.0")
        if first is not None:
            self.forward_model = self._built(first.shape[2])
        return super().load_state_dict(state_dict)

    @torch.no_grad()
    def propose_under(
        self,
        problem: Problem,
        spec: Spec,
        conditions: xr.Dataset,
        novelty: Novelty,
        rng: torch.Generator,
    ) -> tuple[Float[Tensor, "n *shape"], dict[str, dict[str, float]]]:
        """One design for each row of conditions, and what each step changed.

        Rows do not influence each other. The log has, for each step, the mean distance from the
        goals in tolerances, and the share that satisfies all goals, both by the forward model, and
        the share that is new.
        """
        goal = SpecGoal.of(problem, spec, conditions, self.scale)
        if not goal.columns.numel():
            raise InputError(
                "a condition, a limit or an objective that rows are labelled with", "none",
                f"Limit one of {', '.join(self.names[:6])}.",
            )  # fmt: skip
        path = Path(self, problem, spec, novelty)
        n = conditions.sizes[DESIGN]
        each = torch.arange(n).repeat_interleave(CANDIDATES)
        under = conditions.isel({DESIGN: each.numpy()})
        own = goal.rows(each)
        z = path.projected(self.nearest(own, under, rng), under)
        found = path.proposed(Start(z, under, own), n, rng)
        return self.whitening.decode(found.z, self.shape).to(torch.float32), path.log

    def inputs(
        self, z: Float[Tensor, "n d"], given: Float[Tensor, "n g"]
    ) -> Float[Tensor, "n ..."]:
        """Inputs of the forward model."""
        own = (given.to(torch.float32) - self.given_middle) / self.given_spread
        return torch.cat([z.to(torch.float32), own], 1)

    def predicted(
        self, inputs: Float[Tensor, "n ..."]
    ) -> tuple[Float[Tensor, "n k"], Float[Tensor, "n k"], Float[Tensor, " n"]]:
        """Predicted quantities in tolerances, spread of the networks, and answered probability."""
        found = self.forward_model(inputs)
        y = found[..., :-1] * self.y_spread + self.y_middle
        return y.mean(0), y.std(0), found[..., -1].sigmoid().mean(0)

    def nearest(
        self, goal: SpecGoal, conditions: xr.Dataset, rng: torch.Generator
    ) -> Float[Tensor, "n d"]:
        """One of the starts that miss the goals least, for each row."""
        u = uniform(self.starts.new_empty(len(goal.low)), rng)
        among = min(AMONG, len(self.starts))
        columns, found, seen = goal.columns, [], dict[bytes, Tensor]()
        for i, (low, high) in enumerate(zip(goal.low, goal.high, strict=True)):
            key = torch.cat([low, high]).numpy().tobytes()
            if key not in seen:  # rows with the same goals share the order
                one = SpecGoal(columns, low[None], high[None], goal.sense)
                cost = one.cost(self.starts_y, self.error).nan_to_num(torch.inf)
                seen[key] = cost.topk(among, largest=False).indices
            found.append(self.starts[seen[key][int(u[i] * among)]])
        return torch.stack(found)


@dataclass(frozen=True, eq=False)
class Path:
    """Steps of candidates under one spec, with a log of what each changed."""

    family: InverseFamily
    problem: Problem
    spec: Spec
    novelty: Novelty

    log: dict[str, dict[str, float]] = field(default_factory=dict)

    def arrays(self, z: Float[Tensor, "n d"], conditions: xr.Dataset) -> tuple[Tensor, ...]:
        """Return projected designs."""
        x = self.family.whitening.decode(z, self.family.shape)
        project = self.problem.project(self.spec.fixed, conditions)
        return project(self.problem.decode(x, conditions))

    def projected(self, z: Float[Tensor, "n d"], conditions: xr.Dataset) -> Float[Tensor, "n d"]:
        """Return the whitened numbers of projected designs."""
        arrays = self.arrays(z, conditions)
        own = self.problem.codec.encode(self.problem.proposed(arrays))
        found = self.family.whitening.encode(own).to(torch.float32)
        return torch.where(found.isfinite().all(1, keepdim=True), found, z.to(torch.float32))

    def points(self, start: Start) -> Float[Tensor, "n m"]:
        """Return the points of candidates for distances."""
        return self.novelty.of_arrays(self.arrays(start.z, start.conditions))

    def inputs(self, start: Start) -> Tensor:
        """Return the inputs of the forward model."""
        names = Labeller(self.problem).given
        own = [np.asarray(start.conditions[n], np.float64) for n in names]
        given = torch.from_numpy(np.array(own).reshape(-1, len(start.z)).T.copy())
        return self.family.inputs(start.z, given)

    def proposed(self, start: Start, n: int, rng: torch.Generator) -> Start:
        """Move candidates, invert, and pick one for each of `n` proposals; candidates lie in rows.

        The log is of candidates before the last step, and of proposals after it.
        """
        self.note("nearest known", start)
        start = self.moved(start, rng)
        self.note("moved", start)
        start = self.inverted(start)
        chosen = self.picked(start, n)
        found = start.rows(chosen)
        self.note("picked", found)
        return found

    def moved(self, start: Start, rng: torch.Generator) -> Start:
        """Move candidates at random by some spacings of known designs."""
        way = gaussian(start.z, rng)
        far = MOVED[0] + (MOVED[1] - MOVED[0]) * uniform(start.z.new_empty(len(way), 1), rng)
        before = self.points(start)
        tried = Start(start.z + 0.1 * way, start.conditions, start.goal)
        reach = (self.points(tried) - before).norm(dim=1, keepdim=True).clamp_min(1e-9) / 0.1
        z = start.z + way * (far * self.novelty.spacing / reach).clamp_max(1.0)
        return Start(self.projected(z, start.conditions), start.conditions, start.goal)

    def inverted(self, start: Start) -> Start:
        """Take the steps; each candidate ends where it was best."""
        own, best = self.family, start.z
        least = self.cost(start)
        for i in range(STEPS):
            inputs = self.inputs(start)
            y, _, _ = own.predicted(inputs)
            off, weight = start.goal.residual(y, own.error)
            spread = own.y_spread[start.goal.columns]
            one = self._model(i % own.forward_model.members)
            slope = slopes(one, inputs, start.goal.columns)[:, :, : own.d] * spread[:, None]
            z = self.projected(start.z + step(slope, off, weight), start.conditions)
            start = Start(z, start.conditions, start.goal)
            cost = self.cost(start)
            better = cost < least
            best = torch.where(better[:, None], z, best)
            least = torch.where(better, cost, least)
            self.note(f"step {i + 1}", start)
        return Start(best, start.conditions, start.goal)

    def _model(self, member: int) -> Callable[[Tensor], Tensor]:
        return lambda inputs: self.family.forward_model.one(inputs, member)

    def cost(self, start: Start) -> Float[Tensor, " n"]:
        """Return what the forward model thinks of candidates: goals missed, doubts, failures."""
        y, spread, answered = self.family.predicted(self.inputs(start))
        doubt = spread[:, start.goal.columns].square().sum(1)
        found = start.goal.cost(y, self.family.error) + doubt
        return found + UNANSWERED * (answered < 0.5)

    def picked(self, start: Start, n: int) -> Int[Tensor, " n"]:
        """Return the best candidate of each proposal: new ones first."""
        old = ~self.novelty.new(self.points(start))
        cost = (self.cost(start) + STALE * old).view(n, -1)
        return cost.argmin(1) + torch.arange(n) * cost.shape[1]

    def note(self, name: str, start: Start) -> None:
        """Record the state of candidates after a step, by the forward model."""
        y, _, _ = self.family.predicted(self.inputs(start))
        missed = start.goal.missed(y).amax(1)
        self.log[name] = {
            "missed_tolerances": round(float(missed.median()), 4),
            "within": round(float((missed <= 0).to(torch.float32).mean()), 4),
            "new": round(float(self.novelty.new(self.points(start)).to(torch.float32).mean()), 4),
        }
