"""Multivariate control charts: PCA, dynamic PCA, canonical variates, CUSUM, forecast residuals.

Shapes: n windows, w rows of one, k tags, d numbers of one, a components.
"""

import torch
from jaxtyping import Float, Float64
from torch import Tensor

from ingenium.monitor.families.detector import Buffered, WindowExamples

RETAINED = 0.9  # share of the variance in the components
LEVEL = 0.99  # of the limits that scale both statistics
RIDGE = 1e-3


class PCA(Buffered):
    """Hotelling's T² within the components and the squared error beyond, each by its limit.

    On windows of several rows it is dynamic PCA.

    Source: Jackson and Mudholkar, Technometrics 21, 1979; Ku, Storer and Georgakis, Chemom.
    Intell. Lab. Syst. 30, 1995; the sum of both as Yue and Qin, Ind. Eng. Chem. Res. 40, 2001.
    """

    axes: Tensor
    variance: Tensor
    limits: Tensor

    def __init__(self, k: int, window: int, components: int | None = None) -> None:
        super().__init__(k, window)
        self.components = components

    def learn(self, examples: WindowExamples) -> dict[str, list[float]]:
        x = examples.normal.flatten(1).to(torch.float64)
        variance, axes = torch.linalg.eigh(x.T @ x / max(len(x) - 1, 1))
        variance, axes = variance.flip(0).clamp(min=0.0), axes.flip(1)
        share = variance.cumsum(0) / variance.sum()
        a = self.components or int((share < RETAINED).sum()) + 1
        self.store(axes=axes[:, :a], variance=variance[:a].clamp(min=1e-9), limits=torch.ones(2))
        both = torch.stack(self.statistics(examples.normal), 1)
        self.store(limits=both.quantile(LEVEL, 0).clamp(min=1e-9))
        return {}

    def statistics(
        self, x: Float[Tensor, "n w k"]
    ) -> tuple[Float[Tensor, " n"], Float[Tensor, " n"]]:
        """T² and squared error of standardised windows."""
        flat = x.flatten(1)
        scores = flat @ self.axes
        t2 = (scores.square() / self.variance).sum(1)
        return t2, (flat - scores @ self.axes.T).square().sum(1)

    def score(self, x: Float[Tensor, "n w k"]) -> Float[Tensor, " n"]:
        t2, error = self.statistics(x)
        return t2 / self.limits[0] + error / self.limits[1]


class CVA(Buffered):
    """Canonical variates: the part of the past that predicts the future, and the rest.

    Source: Odiowei and Cao, IEEE Trans. Ind. Inform. 6, 2010.
    """

    state: Tensor
    rest: Tensor
    limits: Tensor

    def learn(self, examples: WindowExamples) -> dict[str, list[float]]:
        half = self.window // 2
        x = examples.normal.to(torch.float64)
        past, future = x[:, :half].flatten(1), x[:, half:].flatten(1)
        root_p, root_f = _inverse_root(past), _inverse_root(future)
        u, s, _ = torch.linalg.svd(root_p @ (past.T @ future / len(x)) @ root_f)
        a = max(int((s.cumsum(0) / s.sum() < RETAINED).sum()) + 1, 1)
        state = root_p @ u[:, :a]
        rest = root_p - state @ u[:, :a].T
        self.store(state=state, rest=rest, limits=torch.ones(2))
        both = torch.stack(self._both(examples.normal), 1)
        self.store(limits=both.quantile(LEVEL, 0).clamp(min=1e-9))
        return {}

    def _both(self, x: Float[Tensor, "n w k"]) -> tuple[Float[Tensor, " n"], Float[Tensor, " n"]]:
        recent = x[:, self.window - self.window // 2 :].flatten(1)  # the past as of now
        return (recent @ self.state).square().sum(1), (recent @ self.rest).square().sum(1)

    def score(self, x: Float[Tensor, "n w k"]) -> Float[Tensor, " n"]:
        state, rest = self._both(x)
        return state / self.limits[0] + rest / self.limits[1]


class CUSUM(Buffered):
    """The largest cumulative sum of any tag, up or down, within the window.

    Source: Page, Biometrika 41, 1954, with an allowance of half a spread.
    """

    allowance = 0.5

    def learn(self, examples: WindowExamples) -> dict[str, list[float]]:
        return {}

    def score(self, x: Float[Tensor, "n w k"]) -> Float[Tensor, " n"]:
        both = torch.cat([x, -x], 2) - self.allowance
        return both.flip(1).cumsum(1).amax(1).clamp(min=0.0).amax(1)  # over where the sum begins


class ForecastResidual(Buffered):
    """Distance of the last row from a linear forecast by the rows before it.

    A vector autoregression by ridge regression; residuals by their spreads.
    """

    weights: Tensor
    spread: Tensor

    def learn(self, examples: WindowExamples) -> dict[str, list[float]]:
        x = examples.normal.to(torch.float64)
        before, last = x[:, :-1].flatten(1), x[:, -1]
        gram = before.T @ before + RIDGE * len(x) * torch.eye(before.shape[1], dtype=torch.float64)
        weights = torch.linalg.solve(gram, before.T @ last)
        spread = (last - before @ weights).std(0).clamp(min=1e-3)
        self.store(weights=weights, spread=spread)
        return {}

    def score(self, x: Float[Tensor, "n w k"]) -> Float[Tensor, " n"]:
        gap = (x[:, -1] - x[:, :-1].flatten(1) @ self.weights) / self.spread
        out: Tensor = gap.square().mean(1)
        return out


def _inverse_root(x: Float64[Tensor, "n d"]) -> Float64[Tensor, "d d"]:
    """Inverse square root of the covariance, without its empty directions."""
    variance, axes = torch.linalg.eigh(x.T @ x / len(x))
    store = variance > RIDGE * variance.max()
    out: Tensor = axes[:, store] / variance[store].sqrt() @ axes[:, store].T
    return out
