"""Bayesian optimisation in trust regions, over the latent numbers of a generator of molecules.

Source: Gómez-Bombarelli et al., ACS Cent. Sci. 4:268, 2018; Eriksson et al., NeurIPS 2019,
    arXiv:1910.01739 (trust regions); Maus et al., NeurIPS 2022, arXiv:2201.11872 (both).
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

import numpy as np
import torch
import xarray as xr
from jaxtyping import Float

from ingenium.core.seeds import one_thread
from ingenium.domains.molecules.language import SMILES
from ingenium.domains.molecules.molecule_problem import MoleculeProblem
from ingenium.domains.molecules.search.aim import Aim
from ingenium.domains.molecules.search.surrogate import Process, matern, promising
from ingenium.generators.tokens.vae import TokenVAE

LENGTHS = (0.3, 0.6, 1.2, 2.4)  # of the kernel; the likeliest is taken


@dataclass(frozen=True)
class TrustRegion:
    """A ball about the best point, which grows with success and shrinks without.

    Source: Eriksson et al., 2019, section 3; the numbers are theirs, in standard deviations.
    """

    width: float = 0.8
    wins: int = 0
    losses: int = 0
    most: float = 1.6
    least: float = 0.05
    patience: int = 3

    def after(self, better: bool) -> "TrustRegion":
        """The region after a round."""
        wins, losses = (self.wins + 1, 0) if better else (0, self.losses + 1)
        width = self.width
        if wins == self.patience:
            width, wins = min(2.0 * width, self.most), 0
        elif losses == self.patience:
            width, losses = width / 2.0, 0
        return TrustRegion(width, wins, losses, self.most, self.least, self.patience)

    @property
    def spent(self) -> bool:
        """Whether it is too small to go on in."""
        return self.width < self.least


@dataclass(frozen=True)
class RegionSettings:
    """How points are searched."""

    first: int = 100  # measured points before the model chooses
    points: int = 400  # in the region, of which the model chooses
    moved: float = 0.3  # share of the numbers that differ from the best point's, at each point
    learned: int = 500  # measured points that the model learns from: the nearest


@dataclass
class RegionSearch:
    """Bayesian optimisation of points whose first guess is standard normal.

    Shapes: n points of m numbers, k outcomes.
    """

    aim: Aim
    m: int
    rng: np.random.Generator
    settings: RegionSettings = RegionSettings()
    region: TrustRegion = TrustRegion()
    least: float = np.inf  # cost since the region began

    def __post_init__(self) -> None:
        self.x = np.empty((0, self.m))
        self.y: Float[np.ndarray, "n k"] | None = None

    def ask(self, n: int) -> Float[np.ndarray, "n m"]:
        """Points to measure; at first any."""
        if self.y is None or len(self.x) < self.settings.first:
            return self.rng.standard_normal((n, self.m))
        centre = self._centre(self.y)
        near = np.argsort(np.square(self.x - centre).sum(1))[: self.settings.learned]
        tried = [Process.of(_kernel(length), self.x[near], self.y[near]) for length in LENGTHS]
        process = max(tried, key=lambda p: p.evidence)
        around = self._around(centre)
        asked: np.ndarray = around[promising(process, around, n, self.aim, self.rng)]
        return asked

    def tell(self, x: Float[np.ndarray, "n m"], y: Float[np.ndarray, "n k"]) -> None:
        """Take in outcomes, and move the region; points without an answer are left out."""
        searching = len(self.x) >= self.settings.first
        held = np.isfinite(y).all(1)
        self.x = np.concatenate([self.x, x[held]])
        self.y = y[held] if self.y is None else np.concatenate([self.y, y[held]])
        now = float(self.aim.cost(y).min(initial=np.inf))
        if searching:
            self.region = self.region.after(now < self.least)
        self.least = min(self.least, now)
        if self.region.spent:  # begin anew elsewhere
            self.region, self.least = TrustRegion(), np.inf

    def _centre(self, y: Float[np.ndarray, "n k"]) -> Float[np.ndarray, " m"]:
        """The best point; one of them, drawn, where several are equally good."""
        cost = self.aim.cost(y)
        best = np.flatnonzero(cost <= cost.min())
        centre: Float[np.ndarray, " m"] = self.x[best[self.rng.integers(len(best))]]
        return centre

    def _around(self, centre: Float[np.ndarray, " m"]) -> Float[np.ndarray, "p m"]:
        """Points in the region, each with some of its numbers moved."""
        shape = (self.settings.points, self.m)
        move = self.region.width * self.rng.standard_normal(shape)
        kept = self.rng.random(shape) >= self.settings.moved
        return centre + np.where(kept, 0.0, move)


@dataclass
class Latent:
    """A search of the latent space of a generator, whose points are written as molecules."""

    problem: MoleculeProblem
    family: TokenVAE
    search: RegionSearch  # of as many numbers as the generator has latent ones
    rng: torch.Generator
    points: dict[str, Float[np.ndarray, " m"]] = field(default_factory=dict)  # of each molecule

    def propose(self, n: int) -> xr.Dataset:
        """Points of the search as molecules."""
        z = self.search.ask(n)
        cond = torch.zeros(len(z), self.family.c)
        with one_thread():
            x = self.family.write(torch.from_numpy(z.astype(np.float32)), cond, self.rng)
        smiles = self.problem.codec.to_texts(x)
        kept = [i for i, s in enumerate(smiles) if len(s) <= self.problem.longest]
        self.points = {smiles[i]: z[i] for i in kept}
        return self.problem.designs_of(tuple(smiles[i] for i in kept))

    def learn(self, designs: xr.Dataset, verdicts: xr.Dataset) -> None:
        """Tell the search what was measured at the points that it asked for."""
        smiles = [str(s) for s in designs[SMILES].to_numpy()]
        own = [i for i, s in enumerate(smiles) if s in self.points]
        if own:
            x = np.stack([self.points[smiles[i]] for i in own])
            self.search.tell(x, self.search.aim.outcomes(verdicts)[own])


def _kernel(length: float) -> Callable[[np.ndarray, np.ndarray], Float[np.ndarray, "n m"]]:
    return partial(matern, length=length)
