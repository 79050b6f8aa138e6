"""Retraining after compression: under masks, with rounded weights, from designs or a teacher.

Shapes: n designs, v symbols. Source: Hinton, Vinyals and Dean, 2015, arXiv:1503.02531 (a teacher's
    probabilities); Bengio, Léonard and Courville, 2013, arXiv:1308.3432 (gradients straight through
    a rounding); Liu, Gong and Liu, ICLR 2023, arXiv:2209.03003 (fewer calls from a teacher's own
    pairs of noise and design).
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.func import functional_call
from torch.nn import functional

from ingenium.edge.quantise import Scheme
from ingenium.generators.denoising import Denoising
from ingenium.generators.model import Model
from ingenium.generators.tokens.autoregressive import TokenAutoregressive, by_length, lengths
from ingenium.generators.vae import VAE
from ingenium.sampling.noise import gaussian
from ingenium.sampling.solvers import Ddim
from ingenium.train.plan import Plan, Turn
from ingenium.train.trainer import train

TEACHER = 0.9  # share of the loss from the teacher
STATES = 1.0  # nats for a hidden state one spread away from the teacher's


@runtime_checkable
class HasExamples(Protocol):
    """A model that declares how it learns from a teacher."""

    def taught_loss(
        self, teacher: Any, x: Tensor, cond: Tensor, rng: torch.Generator
    ) -> Float[Tensor, " n"]:
        """Loss of a student for each row."""
        ...


@dataclass
class Retraining:
    """A model whose weights are masked and rounded whenever its loss is computed."""

    student: Model
    masks: dict[str, Tensor] = field(default_factory=dict)
    bits: int | None = None  # to which weights are rounded, by a scale for each output
    teacher: Model | None = None
    matched: bool = False  # the teacher's hidden states are learned too, through a projection
    cached: "CachedStates | None" = None  # of that teacher, from other students

    def __post_init__(self) -> None:
        self._bare: nn.Module = _Loss(self.student, self.teacher)
        if isinstance(self.teacher, TokenAutoregressive):
            assert isinstance(self.student, TokenAutoregressive)
            bridge = _bridge(self.student, self.teacher) if self.matched else None
            self._bare = _TokenLoss(self.student, self.cached or CachedStates(self.teacher), bridge)

    def fit(self, x: Float[Tensor, "n *shape"], cond: Float[Tensor, "n c"], plan: Plan) -> None:
        """Train, and leave the weights masked and rounded."""
        train(self, x, cond, plan)
        self.settle()

    @torch.no_grad()
    def settle(self) -> None:
        """Set masked weights to zero, and rounded ones to their grid."""
        seen = self._seen()
        for name, weight in self.student.named_parameters():
            weight.copy_(seen[name])

    def turns(self) -> tuple[Turn, ...]:
        """One optimiser of all parameters on the loss."""
        return (Turn(tuple(self._bare.parameters()), self._loss, betas=(0.9, 0.98)),)

    def anneal(self, fraction: float) -> None:
        """Do nothing: no setting changes during training."""
        self.student.anneal(1.0)

    def held_out_loss(self, x: Tensor, cond: Tensor, rng: torch.Generator) -> Float[Tensor, " n"]:
        """Loss with the same weights."""
        with torch.no_grad():
            return self._loss(x, cond, rng)

    def named_parameters(self) -> Iterable[tuple[str, nn.Parameter]]:
        """Parameters of the student."""
        return self.student.named_parameters()

    def state_dict(self) -> dict[str, Tensor]:
        """State of the student."""
        found: dict[str, Tensor] = self.student.state_dict()
        return found

    def load_state_dict(self, state: dict[str, Tensor]) -> object:
        """Load the state of the student."""
        return self.student.load_state_dict(state)

    def _seen(self) -> dict[str, Tensor]:
        found = {}
        for name, weight in self.student.named_parameters():
            own: Tensor = weight
            if name in self.masks:
                own = own * self.masks[name]
            if self.bits is not None and own.ndim == 2 and min(own.shape) > 1:
                own = _straight(own, self.bits)
            found[name] = own
        return found

    def _loss(self, x: Tensor, cond: Tensor, rng: torch.Generator) -> Float[Tensor, " n"]:
        seen = {f"student.{k}": v for k, v in self._seen().items()}
        found: Tensor = functional_call(self._bare, seen, (x, cond, rng))
        return found


def _straight(weight: Float[Tensor, "o i"], bits: int) -> Float[Tensor, "o i"]:
    """Round to the grid of the quantisation, with a straight-through gradient."""
    most = Scheme(bits).most
    scale = weight.detach().abs().amax(1, keepdim=True).clamp(min=1e-9) / most
    grid = (weight.detach() / scale).round().clamp(-most, most) * scale
    return weight + (grid - weight.detach())


class _Loss(nn.Module):
    """A student's loss as a module, so that its weights can be replaced."""

    def __init__(self, student: Model, teacher: Model | None) -> None:
        super().__init__()
        self.student = student
        object.__setattr__(self, "teacher", teacher)  # whose weights are no part of this

    def forward(self, x: Tensor, cond: Tensor, rng: torch.Generator) -> Float[Tensor, " n"]:
        teacher: Model | None = getattr(self, "teacher")  # noqa: B009 - set alongside the modules
        if teacher is None:
            return self.student.loss(x, cond, rng)
        if isinstance(self.student, HasExamples):
            return self.student.taught_loss(teacher, x, cond, rng)
        for kind, distil in DISTILLED:
            if isinstance(self.student, kind):
                return distil(self.student, teacher, x, cond, rng)
        return self.student.loss(x, cond, rng)


class CachedStates:
    """Hidden states and probabilities of a teacher at each step of designs, computed once.

    Shapes: m steps of all designs, w numbers of a step.
    """

    def __init__(self, teacher: TokenAutoregressive) -> None:
        self.teacher = teacher
        self.cached: dict[bytes, Tensor] = {}  # in half precision, by tokens and conditions

    @torch.no_grad()
    def __call__(self, x: Tensor, cond: Tensor) -> tuple[Float[Tensor, "m w"], Tensor]:
        """States in the order of `states`, and the probabilities of each token."""
        both = torch.cat([x.double(), cond.double()], 1).numpy()
        keys = [row.tobytes() for row in both]
        new = [i for i, key in enumerate(keys) if key not in self.cached]
        if new:
            states, _ = self.teacher.states(x[new], cond[new])
            order = by_length(lengths(x[new].to(torch.int64)))[0].tolist()
            counts = self.teacher.choices(x[new].to(torch.int64)).sum(1)[order].tolist()
            for i, own in zip(order, states.half().split(counts), strict=True):
                self.cached[keys[new[i]]] = own
        order = by_length(lengths(x.to(torch.int64)))[0].tolist()
        found = torch.cat([self.cached[keys[i]] for i in order]).float()
        return found, self.teacher.head(found).log_softmax(-1)


class _TokenLoss(nn.Module):
    """Divergence from a teacher's probabilities of each token, and the surprise of the data.

    With a bridge also the distance of hidden states from the teacher's, in their spread.
    """

    def __init__(
        self, student: TokenAutoregressive, cached: CachedStates, bridge: nn.Linear | None
    ) -> None:
        super().__init__()
        self.student, self.cached, self.bridge = student, cached, bridge

    def forward(self, x: Tensor, cond: Tensor, rng: torch.Generator) -> Float[Tensor, " n"]:
        own, got = self.student.states(x, cond)
        theirs, condition = self.cached(x, cond)
        mine = self.student.head(own).log_softmax(-1)
        distance = (condition.exp() * (condition - mine)).sum(-1)
        missed = functional.nll_loss(mine, got, reduction="none")
        loss = (TEACHER * distance + (1 - TEACHER) * missed).mean()
        if self.bridge is not None:
            loss = loss + STATES * (self.bridge(own) - theirs).square().mean() / theirs.var()
        rows: Tensor = loss.expand(len(x))
        return rows


def _bridge(student: TokenAutoregressive, teacher: TokenAutoregressive) -> nn.Linear:
    """Projection from a student's hidden states to its teacher's.

    Source: Romero et al., ICLR 2015, arXiv:1412.6550 (hints through a learned projection).
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return nn.Linear(student.head.in_features, teacher.head.in_features)


@torch.no_grad()
def pairs(
    teacher: Denoising, cond: Float[Tensor, "n c"], rng: torch.Generator
) -> Float[Tensor, "n 2 *shape"]:
    """Pairs of a teacher's designs and their noise: straight paths that few calls can follow."""
    noise = gaussian(cond.new_empty(len(cond), *teacher.shape), rng)
    start = teacher.levels[0] * noise
    clean = teacher.solver.solve(teacher.denoiser(cond), start, teacher.levels, rng)
    return torch.stack([clean, noise], 1)


def with_calls(student: Denoising, calls: int) -> None:
    """Set a denoiser to `calls` calls, at as many of its own levels."""
    old = student.levels[:-1]
    last = len(old) - 1
    step = min(len(old) / calls, last / max(calls - 1, 1))

    def level(place: float) -> float:
        i = min(int(place), last)
        return float(old[i] ** (i + 1 - place) * old[min(i + 1, last)] ** (place - i))

    student.levels = (*(level(i * step) for i in range(calls)), 0.0)
    student.solver = Ddim()


def _from_pairs(
    student: Denoising, teacher: Denoising, x: Tensor, cond: Tensor, rng: torch.Generator
) -> Float[Tensor, " n"]:
    """Loss of the clean design of a pair, from all the levels that the student passes through."""
    clean, noise = x.unbind(1)
    share = torch.rand(len(x), generator=rng)
    levels = torch.tensor(student.levels[:-1], dtype=x.dtype)
    sigma = levels[(share * len(levels)).to(torch.int64)]
    wide = sigma.view(-1, *[1] * (clean.ndim - 1))
    wrong = student.denoise(clean + wide * noise, sigma, cond) - clean
    return (wrong / (wide / (1 + wide) + 0.05)).square().flatten(1).mean(1)


def _from_latents(
    student: VAE, teacher: VAE, x: Tensor, cond: Tensor, rng: torch.Generator
) -> Float[Tensor, " n"]:
    """Loss of the teacher's decoded designs, for the latent numbers of proposals."""
    centre, width = teacher.believed(cond)
    z = (centre + width * gaussian(centre, rng)).detach()
    with torch.no_grad():
        condition = teacher.decode(z, cond)
    missed: Tensor = student.decode(z, cond) - condition
    return missed.square().flatten(1).mean(1)


DISTILLED: tuple[tuple[type, Callable[..., Tensor]], ...] = (
    (Denoising, _from_pairs),
    (VAE, _from_latents),
)
