"""Families that store training rows and sample from them: the baselines of every comparison."""

import math
from abc import abstractmethod
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from ingenium.generators.rows import check_cond, check_rows, check_steer, finish
from ingenium.sampling.noise import uniform
from ingenium.sampling.steer import FREE, Steer
from ingenium.train.plan import Plan

MANY = 12  # a condition with more distinct values than this is taken as continuous


class Classical(nn.Module):
    """A family without gradient descent; its fitted state lies in buffers.

    The buffers take their shapes from the data; loading a state restores the saved shapes.
    """

    def __init__(self, shape: tuple[int, ...], c: int) -> None:
        super().__init__()
        self.shape = shape
        self.c = c

    @property
    def d(self) -> int:
        """Number of variables of one design, flattened."""
        return math.prod(self.shape)

    def fit(
        self, x: Float[Tensor, "n *shape"], cond: Float[Tensor, "n {self.c}"], plan: Plan
    ) -> dict[str, list[float]]:
        """Learn from all rows; the budget of `plan` is not needed.

        Raises:
            ValueError: if the rows do not fit the family.
        """
        check_rows(x, cond, self.shape, self.c)
        curve = self.learn(x.detach().flatten(1), cond.detach(), plan)
        for name, buffer in self.named_buffers(recurse=False):
            setattr(self, name, buffer.contiguous())  # as safetensors wants them
        return curve

    def propose(
        self, cond: Float[Tensor, "n {self.c}"], rng: torch.Generator, steer: Steer = FREE
    ) -> Float[Tensor, "n *shape"]:
        """One design for each row of `cond`.

        Raises:
            ValueError: if `cond` has the wrong width, `steer` requests guidance, or nothing
                was learned yet.
        """
        check_cond(cond, self.c)
        check_steer(steer, type(self).__name__)
        if not next(self.buffers()).numel():
            raise ValueError(f"{type(self).__name__} has learned nothing yet; call fit first")
        with torch.no_grad():
            return finish(self.sample(cond, rng).reshape(-1, *self.shape), steer)

    @abstractmethod
    def learn(
        self, x: Float[Tensor, "n d"], cond: Float[Tensor, "n {self.c}"], plan: Plan
    ) -> dict[str, list[float]]:
        """Fill the buffers from flattened designs."""

    @abstractmethod
    def sample(
        self, cond: Float[Tensor, "n {self.c}"], rng: torch.Generator
    ) -> Float[Tensor, "n d"]:
        """One flattened design for each row of `cond`."""

    def empty(self, *names: str) -> None:
        """Register buffers whose shapes are known only after `fit` or loading."""
        for name in names:
            self.register_buffer(name, torch.empty(0))

    def _load_from_state_dict(
        self, state_dict: dict[str, Tensor], prefix: str, *rest: object
    ) -> None:
        for name, buffer in self.named_buffers(recurse=False):
            saved = state_dict.get(prefix + name)
            if saved is not None:
                setattr(self, name, torch.empty_like(saved, device=buffer.device))
        super()._load_from_state_dict(state_dict, prefix, *rest)


class RandomProposal(Classical):
    """Independent sampling of each variable from its training values, whatever the condition."""

    rows: Tensor

    def __init__(self, shape: tuple[int, ...], c: int) -> None:
        super().__init__(shape, c)
        self.empty("rows")

    def learn(
        self, x: Float[Tensor, "n d"], cond: Float[Tensor, "n {self.c}"], plan: Plan
    ) -> dict[str, list[float]]:
        self.rows = x.clone()
        return {}

    def sample(
        self, cond: Float[Tensor, "n {self.c}"], rng: torch.Generator
    ) -> Float[Tensor, "n d"]:
        pick = uniform(self.rows.new_empty(len(cond), self.d), rng) * len(self.rows)
        return self.rows.gather(0, pick.long().clamp(max=len(self.rows) - 1))


class RowMemory(Classical):
    """Training rows with their conditions, and distances between conditions."""

    rows: Tensor
    conditions: Tensor
    spread: Tensor
    discrete: Tensor

    def __init__(self, shape: tuple[int, ...], c: int) -> None:
        super().__init__(shape, c)
        self.empty("rows", "conditions", "spread", "discrete")

    def learn(
        self, x: Float[Tensor, "n d"], cond: Float[Tensor, "n {self.c}"], plan: Plan
    ) -> dict[str, list[float]]:
        """Store the rows; a condition with few distinct, often repeated values is discrete."""
        self.rows, self.conditions = x.clone(), cond.clone()
        spread = cond.std(0, correction=0)
        self.spread = torch.where(spread > 0, spread, torch.ones_like(spread))
        distinct = torch.tensor([len(column.unique()) for column in cond.T])
        self.discrete = ((distinct <= MANY) & (distinct * 4 <= len(cond))).to(cond.device)
        return {}

    def distance(
        self, cond: Float[Tensor, "n c"], columns: Tensor | None = None
    ) -> Float[Tensor, "n rows"]:
        """Euclidean distance to all stored conditions, each column in its own spread."""
        ours, retained = cond / self.spread, self.conditions / self.spread
        if columns is not None:
            ours, retained = ours[:, columns], retained[:, columns]
        # The product form of the distance would let rows of one batch touch each other's rounding.
        return torch.cdist(ours, retained, compute_mode="donot_use_mm_for_euclid_dist")

    def pick(
        self, order: Int[Tensor, "n rows"], among: Int[Tensor, " n"], rng: torch.Generator
    ) -> Float[Tensor, "n d"]:
        """Choose for each design one of the first `among` rows of its order at random."""
        u = uniform(
            self.spread.new_empty(
                len(order),
            ),
            rng,
        )
        place = (u * among).long().minimum(among - 1)
        return self.rows[order.gather(1, place[:, None])[:, 0]]


@dataclass(frozen=True)
class BootstrapSettings:
    """Share of the equal rows to sample from."""

    share: float = 0.25  # about a season of a year


class Bootstrap(RowMemory):
    """Historical bootstrap: a training row with equal discrete conditions.

    Among the rows whose discrete conditions (day type) are equal, the share with the nearest
    continuous conditions (season) is sampled at random; where no row is equal, the nearest row is
    taken.
    """

    def __init__(
        self, shape: tuple[int, ...], c: int, settings: BootstrapSettings = BootstrapSettings()
    ) -> None:
        super().__init__(shape, c)
        if not 0 < settings.share <= 1:
            raise ValueError(
                f"share: expected a number in (0, 1], got {settings.share}; 1 takes all equal rows"
            )
        self.settings = settings

    def sample(
        self, cond: Float[Tensor, "n {self.c}"], rng: torch.Generator
    ) -> Float[Tensor, "n d"]:
        retained, requested = self.conditions[:, self.discrete], cond[:, self.discrete]
        equal = torch.isclose(requested[:, None], retained[None], atol=1e-6).all(-1)
        matched = equal.any(1)
        near = self.distance(cond, ~self.discrete).masked_fill(~equal, math.inf)
        order = torch.where(matched[:, None], near, self.distance(cond)).argsort(dim=1, stable=True)
        pool = (equal.sum(1) * self.settings.share).ceil().long().clamp(min=1)
        return self.pick(order, torch.where(matched, pool, torch.ones_like(pool)), rng)


@dataclass(frozen=True)
class NeighbourSettings:
    """Number of neighbours to sample from."""

    k: int = 5


class NearestNeighbours(RowMemory):
    """One of the `k` training rows that are nearest in the space of conditions."""

    def __init__(
        self, shape: tuple[int, ...], c: int, settings: NeighbourSettings = NeighbourSettings()
    ) -> None:
        super().__init__(shape, c)
        if settings.k < 1:
            raise ValueError(f"k: expected at least one neighbour, got {settings.k}")
        self.settings = settings

    def sample(
        self, cond: Float[Tensor, "n {self.c}"], rng: torch.Generator
    ) -> Float[Tensor, "n d"]:
        order = self.distance(cond).argsort(dim=1, stable=True)
        among = torch.full((len(cond),), min(self.settings.k, len(self.rows)), device=cond.device)
        return self.pick(order, among, rng)


class NearestKnown(RowMemory):
    """Nearest-neighbour baseline: the nearest training row in the space of conditions.

    It proposes the nearest row half the time, else the next, and so on. With the repair of a
    problem it is the baseline of repaired nearest neighbours.
    """

    def sample(
        self, cond: Float[Tensor, "n {self.c}"], rng: torch.Generator
    ) -> Float[Tensor, "n d"]:
        order = self.distance(cond).argsort(dim=1, stable=True)
        u = uniform(self.spread.new_empty(len(cond)), rng)
        place = (-u.log2()).floor().clamp(max=len(self.rows) - 1).long()
        return self.rows[order.gather(1, place[:, None])[:, 0]]
