"""The posterior of a Gaussian mixture in closed form, reweighted by the engine's likelihood.

Shapes: n samples, d standardised numbers of a design, m readings, j components.
"""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float64, Int64
from torch import Tensor
from torch.distributions import MultivariateNormal

from ingenium.core.errors import InputError
from ingenium.core.packages import Extra
from ingenium.evaluate.shrinkage import shrunk_covariance
from ingenium.infer.methods.linearised import Encoded, Linearised
from ingenium.infer.methods.method import Answer, InferenceTask
from ingenium.infer.question import Arrays, NormalReadings
from ingenium.infer.weights import Weighted, effective, smoothed

LEADING = 12  # principal numbers that separate samples
EACH = 60  # samples that a component needs at least
RIDGE = 1e-9


@dataclass(frozen=True)
class Mixture:
    """A mixture fitted to samples of the prior, conditioned on linearised readings.

    For normal errors and readings that are linear in the design the answer is exact but for the
    fit. Readings of an engine are linearised at the mean of the prior, and their errors on its
    samples count as errors of reading; each sample of the answer is then measured by the engine,
    and weighted by the ratio of its likelihood to the linear one. A sample of the posterior is one
    of the prior, moved by the gain of its component, so that what no reading informs stays as
    the generator made it.

    Source: Sorenson and Alspach, Automatica 7, 1971 (Gaussian sums); Journel and Huijbregts,
    Mining Geostatistics, 1978 (conditioning by the gain); Ledoit and Wolf, 2004.
    """

    most: int = 4  # components; as many as the Bayesian information criterion wants
    known: int = 1500  # samples of the prior

    def prepared(self, task: InferenceTask, rng: torch.Generator) -> Answer:
        """Sample the prior, fit components, and linearise the readings at the mean.

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
        state = task.prior.start(max(self.known, task.samples), rng)
        arrays, encoded = task.prior.designs(state), Encoded(task.prior)
        exact = likelihood.mean(arrays)
        alive = torch.isfinite(exact).all(1)
        arrays, rows = tuple(a[alive] for a in arrays), state.rows[alive]
        x = encoded.rows(arrays, rows)
        known = _Known(x, rows, _Components.of(x, self.most), encoded, likelihood)
        line = known.line(x.mean(0)).held_against(x, exact[alive])

        def answer(readings: Float64[Tensor, " m"], rng: torch.Generator) -> Weighted:
            return known.answered(line, readings, task.samples, rng).weighted(readings, likelihood)

        return answer


@dataclass(frozen=True, eq=False)
class _Components:
    """Weights, means and covariances, and the membership of each sample."""

    weight: Float64[Tensor, " j"]
    mean: Float64[Tensor, "j d"]
    cov: Float64[Tensor, "j d d"]
    belongs: Float64[Tensor, "j n"]

    @classmethod
    def of(cls, x: Float64[Tensor, "n d"], most: int) -> "_Components":
        """Separate samples by leading numbers, with shrunk covariances of all."""
        _, sizes, axes = torch.linalg.svd(x - x.mean(0), full_matrices=False)
        lead = min(LEADING, int((sizes > 1e-9 * sizes[0]).sum()))
        u = ((x - x.mean(0)) @ axes[:lead].T).numpy()
        mixtures, found = Extra("infer").package("sklearn.mixture"), []
        for j in range(1, min(most, max(len(u) // EACH, 1)) + 1):
            own = mixtures.GaussianMixture(j, reg_covar=1e-6 * float(u.var()), random_state=0).fit(
                u
            )
            found.append((float(own.bic(u)), own))
        best = min(found, key=lambda pair: pair[0])[1]
        belongs = best.predict_proba(u)
        hard = belongs.argmax(1)
        retained = [j for j in range(belongs.shape[1]) if (hard == j).sum() >= 2]
        parts = [x[torch.from_numpy(hard == j)] for j in retained]
        mean = torch.stack([p.mean(0) for p in parts])
        cov = [torch.from_numpy(shrunk_covariance((p - p.mean(0)).numpy())) for p in parts]
        own = torch.from_numpy((hard[None] == np.array(retained)[:, None]).astype(np.float64))
        return cls(own.mean(1), mean, torch.stack(cov), own)


@dataclass(frozen=True, eq=False)
class _Drawn:
    """Samples of a linear answer, and the engine's readings of them."""

    arrays: Arrays
    rows: Int64[Tensor, " n"]
    x: Float64[Tensor, "n d"]
    exact: Float64[Tensor, "n m"]
    line: Linearised

    def weighted(self, readings: Float64[Tensor, " m"], likelihood: NormalReadings) -> Weighted:
        """Weight samples by the engine's likelihood over the linear one they were sampled from."""
        spread = (likelihood.spread.square() + self.line.rest).sqrt()
        linear = NormalReadings(likelihood.labels, likelihood.mean, spread)
        ratio = likelihood.log_density_at(readings, self.exact)
        ratio = ratio - linear.log_density_at(readings, self.line.at(self.x))
        weight, k = smoothed(ratio.numpy())
        return Weighted(self.arrays, self.rows, weight, k, effective(weight))


@dataclass(frozen=True, eq=False)
class _Known:
    """Samples of the prior and their mixture."""

    x: Float64[Tensor, "n d"]
    rows: Int64[Tensor, " n"]
    mixture: _Components
    encoded: Encoded
    likelihood: NormalReadings

    def line(self, centre: Float64[Tensor, " d"]) -> Linearised:
        """Linearise readings at a design, under the conditions of the nearest sample."""
        near = (self.x - centre).square().sum(1).argmin()
        return Linearised.around(self.encoded, self.likelihood, centre, self.rows[near][None])

    def answered(
        self, line: Linearised, readings: Float64[Tensor, " m"], n: int, rng: torch.Generator
    ) -> _Drawn:
        """Move samples to the posterior of their component; components by their evidence."""
        own, slope = self.mixture, line.slope
        noise = torch.diag(self.likelihood.spread.square() + line.rest)
        across = torch.einsum("jde,em->jdm", own.cov, slope)
        inner = torch.einsum("dm,jdk->jmk", slope, across) + noise
        inner = inner + RIDGE * inner.diagonal(dim1=1, dim2=2).mean() * torch.eye(len(noise))
        inner = (inner + inner.mT) / 2
        odds = MultivariateNormal(line.at(own.mean), inner).log_prob(readings) + own.weight.log()
        share = torch.softmax(odds, 0)
        component = torch.multinomial(share, n, replacement=True, generator=rng)
        parent = self._parents(component, rng)
        wobble = torch.randn(n, len(readings), generator=rng, dtype=torch.float64)
        gap = readings - line.at(self.x[parent]) - wobble * noise.diagonal().sqrt()
        moved = self.x[parent].clone()
        for j in component.unique().tolist():  # few components
            at = component == j
            moved[at] += gap[at] @ torch.linalg.solve(inner[j], across[j].T)
        rows = self.rows[parent]
        arrays = self.encoded.designs(moved, rows)
        x = self.encoded.rows(arrays, rows)  # of what hard constraints left
        return _Drawn(arrays, rows, x, self.likelihood.mean(arrays), line)

    def _parents(self, component: Int64[Tensor, " n"], rng: torch.Generator) -> Int64[Tensor, " n"]:
        """Sample rows of the prior that belong to the components."""
        found = torch.empty_like(component)
        for j in component.unique().tolist():  # few components
            at, share = component == j, self.mixture.belongs[j]
            count = int(at.sum())
            again = count > int((share > 0).sum())
            found[at] = torch.multinomial(share, count, replacement=again, generator=rng)
        return found
