"""Series from few latent variables of another family, with the texture of real residuals."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from ingenium.core.errors import InputError
from ingenium.generators.day_columns import STRIDES, DayColumns
from ingenium.generators.kernel_mean import KernelMean, MeanSettings
from ingenium.generators.learned_buffers import LearnedBuffers
from ingenium.generators.model import Family
from ingenium.generators.rows import check_cond, check_rows, check_steer, finish
from ingenium.sampling.noise import uniform
from ingenium.sampling.steer import FREE, Steer
from ingenium.train.plan import Plan

FEWEST = 20  # training rows
ALIKE = 0.1  # correlation of changes from which two channels belong together


@dataclass(frozen=True)
class PrincipalSettings:
    """Settings of the decomposition of series."""

    components: int = 6  # latent numbers of the inner family; fewer if there are few rows
    near: int = 60  # training rows in the neighbourhood from which a residual is sampled
    mean: MeanSettings = field(default_factory=MeanSettings)


class Principal(LearnedBuffers):
    """A family on the principal components of series given their conditions, and real residuals.

    `x = decode(mean(cond) + latent @ axes + rest)`: columns of normal scores (`DayColumns`), their
    mean given the conditions (`KernelMean`, one for each block of channels that move together), the
    leading principal components of the residuals, proposed by the inner family, and the rest of a
    training day with near conditions, sampled for each block independently. The rest contains what
    a smooth model of a few hundred rows cannot learn: spikes, ramps, and how channels of a block
    switch together. Gradients pass from the output to the latent numbers; the rest is constant.

    Such a design has no density: it lies on one of finitely many planes, one for each choice of
    rests. Only the density of the latent numbers can be evaluated, `inner.log_density`.

    Without an inner family the whole residual is sampled, which is a regression-adjusted bootstrap.

    Shapes: n designs, d channels, t steps, c spec features, m training rows, w columns, k latent.
    Source: Efron and Tibshirani, An Introduction to the Bootstrap, 1993, sec. 9.4 (residuals);
        Clark et al., J. Hydrometeorology 5, 2004, for dependence from real days.
    """

    conditions: Tensor  # (m, c)
    block: Tensor  # (w,) block of each column
    axes: Tensor  # (k, w) of unit-variance latent numbers
    rest: Tensor  # (m, w)

    def __init__(
        self,
        shape: tuple[int, ...],
        c: int,
        inner: Callable[[tuple[int, ...], int], Family] | None = None,
        settings: PrincipalSettings = PrincipalSettings(),
    ) -> None:
        """Set up a family for series of `shape`; `inner` builds that of the latent numbers."""
        super().__init__()
        if len(shape) != 2 or settings.components < 1 or settings.near < 1:
            raise InputError(
                "a series (d, t), at least one component and one near row",
                f"{shape}, {settings.components} and {settings.near}",
                "Use another family for vectors.",
            )
        self.shape: tuple[int, ...] = shape
        self.c, self.settings = c, settings
        self.columns = DayColumns(*shape)
        self.means = nn.ModuleList()
        self.empty("conditions", "axes", "rest")
        self.empty("block", dtype=torch.int64)
        self.inner = None if inner is None else inner((self._components(),), c)

    def fit(
        self, x: Float[Tensor, "n *shape"], cond: Float[Tensor, "n {self.c}"], plan: Plan
    ) -> dict[str, list[float]]:
        """Decompose the series and fit the inner family under `plan`.

        Rows should be in the order of time: the mean is chosen on runs of rows left out together.

        Raises:
            InputError: for too few rows, or rows that do not fit the family.
        """
        check_rows(x, cond, self.shape, self.c)
        least = max(FEWEST, self.settings.components + 1)
        if len(x) < least:
            raise InputError(f"at least {least} rows", len(x), "Give more days, or use bootstrap.")
        self.columns.learn(x, cond)
        z = self.columns.encode(x, cond)
        self.conditions = cond.detach().to(torch.float64)
        self.block = _blocks(x, cond)[self.columns.channel]
        self.means = nn.ModuleList(KernelMean() for _ in range(int(self.block.max()) + 1))
        residual = torch.empty_like(z)
        for own, mean in self._blocks():
            mean.learn(z[:, own], cond, self.settings.mean)
            residual[:, own] = mean.residual
            mean.residual = mean.residual[:0]  # stored once, in `rest`
        curve = self.fit_inner(residual, cond, plan)
        for module in self.modules():
            for name, buffer in module.named_buffers(recurse=False):
                setattr(module, name, buffer.contiguous())  # as safetensors wants them
        return curve

    def propose(
        self, cond: Float[Tensor, "n {self.c}"], rng: torch.Generator, steer: Steer = FREE
    ) -> Float[Tensor, "n *shape"]:
        """One design for each row of `cond`.

        Raises:
            InputError: if `cond` has the wrong width, nothing was learned yet, or guidance is
                requested without an inner family.
        """
        check_cond(cond, self.c)
        if not self.rest.numel():
            raise InputError("a fitted family", "one that has learned nothing", "Call fit first.")
        with torch.no_grad():
            start = self._mean(cond) + self._drawn_rest(cond, rng)
        if self.inner is None:
            check_steer(steer, type(self).__name__)
            latent = start.new_zeros(len(cond), len(self.axes))
        else:
            latent = self._latent(self.inner, start, cond, rng, steer)
        with torch.no_grad():
            return finish(self._design(latent, start, cond).to(cond.dtype), steer)

    def _latent(
        self, inner: Family, start: Tensor, cond: Tensor, rng: torch.Generator, steer: Steer
    ) -> Float[Tensor, "n k"]:
        """Latent numbers of the inner family, guided through the whole map to designs."""
        outer = steer.energy
        if outer is None:
            return inner.propose(cond, rng, replace(steer, project=None))

        def energy(latent: Float[Tensor, "n k"]) -> Float[Tensor, " n"]:
            return outer(self._design(latent, start, cond).to(cond.dtype))

        return inner.propose(cond, rng, replace(steer, project=None, energy=energy))

    def _design(self, latent: Tensor, start: Tensor, cond: Tensor) -> Float[Tensor, "n d t"]:
        return self.columns.decode(start + latent.to(torch.float64) @ self.axes, cond)

    def fit_inner(
        self, residual: Float[Tensor, "n w"], cond: Float[Tensor, "n c"], plan: Plan
    ) -> dict[str, list[float]]:
        """Fit the inner family to the components of residuals, and store the remainders.

        The `rest` of a fitted residual bootstrap are these residuals, so that several families can
        share them.
        """
        if self.inner is None:
            self.axes, self.rest = residual[:0].clone(), residual
            return {}
        k = self._components()
        _, _, axes = torch.linalg.svd(residual, full_matrices=False)
        scores = residual @ axes[:k].T
        spread = scores.std(0).clamp(min=1e-12)
        self.axes = axes[:k] * spread[:, None]
        self.rest = residual - scores @ axes[:k]
        return self.inner.fit((scores / spread).to(cond.dtype), cond, plan)

    def _components(self) -> int:
        """Number of latent variables; a channel has at least `t / 8` columns after reduction."""
        d, t = self.shape
        return min(self.settings.components, d * max(t // max(STRIDES), 1))

    def _blocks(self) -> list[tuple[Tensor, KernelMean]]:
        """Columns and mean of each block."""
        return [
            (torch.nonzero(self.block == b).squeeze(1), mean)
            for b, mean in enumerate(self.means)
            if isinstance(mean, KernelMean)
        ]

    def _mean(self, cond: Tensor) -> Float[Tensor, "n w"]:
        out = self.rest.new_empty(len(cond), len(self.block))
        for own, mean in self._blocks():
            out[:, own] = mean.mean(cond)
        return out

    def _drawn_rest(self, cond: Tensor, rng: torch.Generator) -> Float[Tensor, "n w"]:
        """Remainder of one random training day among the nearest, for each block."""
        out = self.rest.new_empty(len(cond), len(self.block))
        near = min(self.settings.near, len(self.rest))
        rank = (uniform(out.new_empty(len(cond), len(self.means)), rng) * near).long()
        for b, (own, mean) in enumerate(self._blocks()):
            nearest = mean.distance(cond).topk(near, largest=False).indices
            day = nearest.gather(1, rank[:, b : b + 1].clamp(max=near - 1))
            out[:, own] = self.rest[day, own]
        return out

    def _load_from_state_dict(
        self, state_dict: dict[str, Tensor], prefix: str, *rest: object
    ) -> None:
        """Build the means of the saved number of blocks; they load after this module."""
        saved = state_dict.get(prefix + "block")
        if saved is not None and saved.numel():
            self.means = nn.ModuleList(KernelMean() for _ in range(int(saved.max()) + 1))
        super()._load_from_state_dict(state_dict, prefix, *rest)


def _blocks(x: Float[Tensor, "n d t"], cond: Float[Tensor, "n c"]) -> Int[Tensor, " d"]:
    """Group channels whose changes from step to step are correlated given the conditions."""
    n, d, _ = x.shape
    change = x.detach().to(torch.float64).diff(dim=-1).reshape(n, -1)
    known = torch.cat([torch.ones(n, 1), cond.detach()], 1).to(torch.float64)
    inverse = torch.linalg.pinv(known, rtol=1e-6)
    left = (change - known @ (inverse @ change)).reshape(n, d, -1).transpose(0, 1).flatten(1)
    left = left / left.square().sum(1, keepdim=True).sqrt().clamp(min=1e-300)
    linked = ((left @ left.T).abs() > ALIKE).double() + torch.eye(d, dtype=torch.float64)
    for _ in range(d.bit_length()):  # paths of up to d links
        linked = (linked @ linked).clamp(max=1)
    first = (linked > 0).double().argmax(1)
    block: Tensor = torch.unique(first, return_inverse=True)[1]
    return block
