"""The posterior of a Gaussian mixture in closed form, weighted by what the engine says of it.

Shapes: n draws, u leading numbers of a design, m readings, j components.
"""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float64, Int64
from sklearn.mixture import GaussianMixture
from torch import Tensor

from ingenium.core.errors import InputError
from ingenium.infer.methods.latents import Latents
from ingenium.infer.methods.method import Answer, Task
from ingenium.infer.question import Arrays, NormalReadings
from ingenium.infer.weights import Weighted, effective, smoothed

RIDGE = 1e-6


@dataclass(frozen=True)
class Mixture:
    """A mixture fitted to draws of the prior, conditioned on readings that are linear around them.

    For normal errors and readings that are linear in the design the answer is exact but for the
    fit. Readings of an engine are made linear by regression, on the prior first and then on the
    answer; then each draw is measured by the engine itself, and weighed by how much likelier its
    readings are than the linear ones said.

    Source: Sorenson and Alspach, Automatica 7, 1971 (Gaussian sums); Emerick and Reynolds, Comput.
    Geosci. 55, 2013 (draws that are moved by the gain of each); Gu and Oliver, SPE J. 12, 2007
    (regression anew around the answer).
    """

    most: int = 4  # components; as many as the Bayesian information criterion wants
    rounds: int = 2
    known: int = 1500  # draws of the prior

    def prepared(self, task: Task, rng: torch.Generator) -> Answer:
        """Draws, their leading numbers and readings, and the mixture.

        Raises:
            InputError: for readings whose errors are not normal.
        """
        likelihood = task.likelihood
        if not isinstance(likelihood, NormalReadings):
            raise InputError(
                "readings with independent normal errors for the method mixture",
                type(likelihood).__name__,
                "Write another method, such as annealed.",
            )
        state = task.prior.start(max(self.known, task.draws), rng)
        arrays = task.prior.designs(state)
        exact = likelihood.mean(arrays)
        alive = torch.isfinite(exact).all(1)
        arrays, rows = tuple(a[alive] for a in arrays), state.rows[alive]
        latents = Latents.of(task.prior, arrays, rows)
        u = latents.encode(arrays, rows)
        known = _Known(arrays, rows, u, _fitted(u, self.most), latents, likelihood)
        line = Line.of(u, exact[alive], torch.full((len(u),), 1 / len(u), dtype=torch.float64))

        def answer(readings: Float64[Tensor, " m"], rng: torch.Generator) -> Weighted:
            near = line
            for i in range(self.rounds):
                drawn = known.answered(near, readings, task.draws, rng)
                if i + 1 < self.rounds:
                    near = near.around(drawn)
            return drawn.weighted(near, readings, likelihood)

        return answer


@dataclass(frozen=True, eq=False)
class Line:
    """Readings as a linear function of leading numbers, and what is left between."""

    slope: Float64[Tensor, "u m"]
    start: Float64[Tensor, " m"]
    rest: Float64[Tensor, "m m"]

    @classmethod
    def of(
        cls,
        u: Float64[Tensor, "n u"],
        exact: Float64[Tensor, "n m"],
        weight: Float64[Tensor, " n"],
        toward: "Line | None" = None,
    ) -> "Line":
        """By weighted least squares; `toward` is what few draws are drawn to."""
        slope0 = torch.zeros(u.shape[1], exact.shape[1], dtype=u.dtype)
        if toward is not None:
            slope0 = toward.slope
        centre, level = weight @ u, weight @ (exact - u @ slope0)
        out, gap = u - centre, exact - u @ slope0 - level
        held = RIDGE if toward is None else u.shape[1] / len(u)
        inner = (out * weight[:, None]).T @ out
        inner = inner + held * max(float(inner.diagonal().mean()), 1e-12) * torch.eye(u.shape[1])
        change = torch.linalg.solve(inner, (out * weight[:, None]).T @ gap)
        slope = slope0 + change
        left = gap - out @ change
        free = max(1 - u.shape[1] / len(u), 0.2)
        rest = (left * weight[:, None]).T @ left / free
        return cls(slope, weight @ exact - centre @ slope, rest)

    def at(self, u: Float64[Tensor, "n u"]) -> Float64[Tensor, "n m"]:
        """Readings without errors."""
        return u @ self.slope + self.start

    def around(self, drawn: "_Drawn") -> "Line":
        """Fitted anew to an answer."""
        alive = torch.isfinite(drawn.exact).all(1)
        if alive.sum() < 10:
            return self
        n = int(alive.sum())
        even = torch.full((n,), 1 / n, dtype=torch.float64)
        return Line.of(drawn.u[alive], drawn.exact[alive], even, toward=self)


@dataclass(frozen=True, eq=False)
class _Drawn:
    """Draws of a linear answer, and what the engine says of them."""

    arrays: Arrays
    rows: Int64[Tensor, " n"]
    u: Float64[Tensor, "n u"]
    exact: Float64[Tensor, "n m"]
    line: Line

    def weighted(
        self, line: Line, readings: Float64[Tensor, " m"], likelihood: NormalReadings
    ) -> Weighted:
        """By the engine's likelihood over that of the line that they were drawn by."""
        noise = torch.diag(likelihood.spread.square())
        normal = torch.distributions.MultivariateNormal(
            self.line.at(self.u), self.line.rest + noise
        )
        ratio = likelihood.log_density_at(readings, self.exact) - normal.log_prob(readings)
        weight, k = smoothed(ratio.numpy())
        return Weighted(self.arrays, self.rows, weight, k, effective(weight))


@dataclass(frozen=True, eq=False)
class _Known:
    """Draws of the prior and their mixture."""

    arrays: Arrays
    rows: Int64[Tensor, " n"]
    u: Float64[Tensor, "n u"]
    mixture: GaussianMixture
    latents: Latents
    likelihood: NormalReadings

    def answered(
        self, line: Line, readings: Float64[Tensor, " m"], n: int, rng: torch.Generator
    ) -> _Drawn:
        """Draws moved to the posterior of their component; components by their evidence."""
        means = torch.from_numpy(self.mixture.means_)
        spreads = torch.from_numpy(self.mixture.covariances_)
        noise = torch.diag(self.likelihood.spread.square()) + line.rest
        inner = torch.einsum("um,juv,vk->jmk", line.slope, spreads, line.slope) + noise
        evidence = torch.distributions.MultivariateNormal(line.at(means), inner)
        odds = evidence.log_prob(readings) + torch.from_numpy(self.mixture.weights_).log()
        share = torch.softmax(odds, 0)
        component = torch.multinomial(share, n, replacement=True, generator=rng)
        parent = self._parents(component, rng)
        start = self.u[parent]
        error = torch.linalg.cholesky(noise + RIDGE * noise.diagonal().mean() * torch.eye(len(noise)))
        wobble = torch.randn(n, len(readings), generator=rng, dtype=torch.float64) @ error.T
        gap = readings - line.at(start) - wobble
        gain = torch.linalg.solve(inner, torch.einsum("um,juv->jmv", line.slope, spreads))
        u = start + torch.einsum("nm,nmv->nv", gap, gain[component])
        arrays, rows = tuple(a[parent] for a in self.arrays), self.rows[parent]
        arrays = self.latents.moved(arrays, rows, u)
        u = self.latents.encode(arrays, rows)  # of what hard constraints left
        return _Drawn(arrays, rows, u, self.likelihood.mean(arrays), line)

    def _parents(self, component: Int64[Tensor, " n"], rng: torch.Generator) -> Int64[Tensor, " n"]:
        """Draws of the prior by how much each belongs to the component."""
        belongs = torch.from_numpy(self.mixture.predict_proba(self.u.numpy())).T + 1e-12
        found = torch.empty_like(component)
        for j in component.unique().tolist():  # few components
            own = component == j
            count = int(own.sum())
            again = count > len(self.u)
            found[own] = torch.multinomial(belongs[j], count, replacement=again, generator=rng)
        return found


def _fitted(u: Float64[Tensor, "n u"], most: int) -> GaussianMixture:
    """The mixture with the best Bayesian information criterion; one Gaussian of few draws."""
    found, x = [], u.numpy()
    for j in range(1, most + 1):
        if j > 1 and len(x) < 10 * j * x.shape[1]:
            break
        own = GaussianMixture(j, reg_covar=1e-6, random_state=0, n_init=1).fit(x)
        found.append((float(own.bic(x)), own))
    best: GaussianMixture = min(found, key=lambda pair: pair[0])[1]
    best.weights_ = np.maximum(best.weights_, 1e-12)
    return best
