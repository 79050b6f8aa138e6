"""Labelled designs from the engine: known designs perturbed and mixed, then measured.

Designs that the engine rejects or has no answer to are labels as well: a row has whatever was
measured, and NaN where nothing was.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from types import MappingProxyType
from typing import Literal

import numpy as np
import torch
import xarray as xr
from jaxtyping import Float, Int
from torch import Tensor

from ingenium.core.counts import check_least
from ingenium.core.designs import DESIGN
from ingenium.core.digest import dataset_digest
from ingenium.core.errors import InputError
from ingenium.core.problem import Problem, Watch, silent
from ingenium.core.provenance import package_digest
from ingenium.core.quantity import Condition
from ingenium.core.recipe import Arrays, Recipe
from ingenium.core.seeds import BLOCK, one_thread
from ingenium.sampling.whitening import Whitening
from ingenium.scale.place import HERE, LOCAL, WorkPlace
from ingenium.scale.port import Answering, opened
from ingenium.scale.worker_pool import spread

PIECE = 8 * BLOCK  # rows that are made and stored together
FEW_VALUES = 12  # a condition with no more values than these is not mixed
Source = Literal["learned", "held_out"]


@dataclass(frozen=True)
class RowMaking:
    """Settings of one way to make designs of two known ones: `g (w a + (1 - w) b) + s noise`."""

    weight: tuple[float, float] | None  # of the first design; None for Beta(1/2, 1/2)
    noise: tuple[float, float] = (0.02, 0.4)  # in spreads of the whitened numbers
    growth: tuple[float, float] = (1.0, 1.0)  # distance from the mean design


WAYS: Mapping[str, tuple[float, RowMaking]] = MappingProxyType(
    {
        "perturbed": (0.2, RowMaking((1.0, 1.0))),
        "mixed": (0.6, RowMaking(None)),
        "wild": (0.2, RowMaking((-0.8, 1.8), noise=(0.02, 0.8), growth=(1.0, 1.8))),
    }
)  # shares of the rows


@dataclass(frozen=True, eq=False)
class LabelledRows:
    """Designs in whitened numbers with their measurements.

    Shapes: n designs, d whitened numbers, g variables given by conditions, k quantities.
    """

    z: Float[Tensor, "n d"]
    given: Float[Tensor, "n g"]
    y: Float[Tensor, "n k"]  # NaN where the engine has no answer
    way: Int[Tensor, " n"]  # index into `WAYS`

    def __len__(self) -> int:
        return len(self.z)

    def first(self, n: int) -> "LabelledRows":
        """Return the first rows; every way has its share of them."""
        return LabelledRows(self.z[:n], self.given[:n], self.y[:n], self.way[:n])


@dataclass(frozen=True, eq=False)
class Labeller:
    """Maker of labelled designs of an opened problem, by its cheapest engine."""

    problem: Problem

    @cached_property
    def known(self) -> xr.Dataset:
        """All known designs."""
        return self.problem.data()

    @cached_property
    def data(self) -> str:
        """Digest of the known designs."""
        return dataset_digest(self.known)

    def of(self, source: Source) -> xr.Dataset:
        """Known designs that rows are made of."""
        held = self.known["held_out"].to_numpy()
        return self.known.isel({DESIGN: np.flatnonzero(held == (source == "held_out"))})

    @cached_property
    def whitening(self) -> Whitening:
        """Whitened numbers of the designs to learn from."""
        return Whitening.of(self.problem.encode(self.of("learned")))

    @cached_property
    def given(self) -> tuple[str, ...]:
        """Conditions that set a variable, in the order of the variables."""
        return tuple(v.given for v in self.problem.variables if v.given is not None)

    def rows(
        self,
        count: int,
        source: Source = "learned",
        *,
        seed: int = 0,
        watch: Watch = silent,
        on: WorkPlace = HERE,
        opener: Callable[[], Problem] | None = None,
    ) -> LabelledRows:
        """Return labelled rows; pieces that were made before come from the cache.

        A stopped call resumes with the piece that was not finished. Workers at `on` open the
        problem by `opener`, and return the same rows.

        Raises:
            InputError: for fewer than one row, or fewer than two designs to make them of.
        """
        check_least(count, "--rows", "labelled design", say=10_000)
        if self.of(source).sizes[DESIGN] < 2:
            raise InputError(
                f"at least two known designs of {self.problem.name} to make others of",
                f"{self.of(source).sizes[DESIGN]} that are {source.replace('_', ' ')}",
                "Write a setup that gives more of them.",
            )
        recipe = self.recipe(count, source, seed)
        if on.kind != LOCAL and opener is not None:
            self._by_workers(recipe, (source, seed), on, opener, watch)
        parts = recipe.complete(watch)
        own = {k: torch.from_numpy(np.array(v[:count])) for k, v in parts.items()}
        return LabelledRows(own["z"], own["given"], own["y"], own["way"])

    def recipe(self, count: int, source: Source, seed: int) -> Recipe:
        """Return the recipe of rows, keyed by problem, known designs, engine and settings."""
        engine = self.problem.tiers[0]
        shares = [[name, share, vars(making)] for name, (share, making) in WAYS.items()]
        under = [
            self.problem.name, self.problem.system, dict(self.problem.given.digests), self.data,
            package_digest(self.problem), engine.name, engine.version, source, seed, shares,
        ]  # fmt: skip
        pieces, name = -(-count // PIECE), f"rows of {self.problem.name}"
        return Recipe(name, under, lambda number: self.piece(number, source, seed), pieces)

    def piece(self, number: int, source: Source, seed: int) -> Arrays:
        """Make and measure the rows of one piece."""
        words = [seed, number, source == "held_out"]
        rng, known = np.random.default_rng(words), self.of(source)
        kept: dict[str, list[np.ndarray]] = {"z": [], "given": [], "y": []}
        ways = rng.choice(len(WAYS), PIECE, p=[share for share, _ in WAYS.values()])
        with one_thread():
            for first in range(0, PIECE, BLOCK):
                made = self._made(known, ways[first : first + BLOCK], rng)
                for name, array in made.items():
                    kept[name].append(array)
        parts = {k: np.concatenate(v).astype(np.float32) for k, v in kept.items()}
        return parts | {"way": ways.astype(np.int64)}

    def _made(
        self, known: xr.Dataset, ways: np.ndarray, rng: np.random.Generator
    ) -> dict[str, np.ndarray]:
        """Whitened numbers, given variables and measurements of new designs."""
        weight, noise, growth = _sampled(ways, rng)
        pair = rng.integers(known.sizes[DESIGN], size=(2, len(ways)))
        a, b = (known.isel({DESIGN: rows}) for rows in pair)
        za, zb = (self.whitening.encode(self.problem.encode(d)) for d in (a, b))
        w, g, s = (torch.from_numpy(v)[:, None] for v in (weight, growth, noise))
        start = torch.from_numpy(rng.standard_normal(za.shape))
        z = g * (w * za + (1 - w) * zb) + s * start
        conditions = self._mixed(a, b, weight)
        arrays, z, found = self.projected(z, conditions)
        y = measured(self.problem, arrays)
        y[~found] = torch.nan
        given = [np.asarray(conditions[n], np.float64) for n in self.given]
        return {
            "z": z.numpy(), "y": y.numpy(), "given": np.array(given).reshape(-1, len(z)).T,
        }  # fmt: skip

    def projected(
        self, z: Float[Tensor, "n d"], conditions: xr.Dataset
    ) -> tuple[tuple[Tensor, ...], Float[Tensor, "n d"], Tensor]:
        """Return designs of whitened numbers, projected, their own numbers, and where finite."""
        shape = self.problem.codec.shape
        project = self.problem.project({}, conditions)
        arrays = project(self.problem.decode(self.whitening.decode(z, shape), conditions))
        own = self.whitening.encode(self.problem.codec.encode(self.problem.proposed(arrays)))
        sound = own.isfinite().all(1)
        return arrays, torch.where(sound[:, None], own, 0.0), sound

    def _mixed(self, a: xr.Dataset, b: xr.Dataset, weight: np.ndarray) -> xr.Dataset:
        """Conditions of mixed designs: numbers are mixed as well, choices are the first's."""
        own = {}
        for c in self.problem.conditions:
            one, other = (d[c.name].to_numpy() for d in (a, b))
            if c.name in self._continuous:
                one = np.clip(weight * one + (1 - weight) * other, c.lower, c.upper)
            own[c.name] = (DESIGN, one)
        return xr.Dataset(own, {DESIGN: np.arange(len(weight))})

    @cached_property
    def _continuous(self) -> frozenset[str]:
        return frozenset(c.name for c in self.problem.conditions if _mixes(c, self.of("learned")))

    def _by_workers(
        self,
        recipe: Recipe,
        how: tuple[Source, int],
        on: WorkPlace,
        opener: Callable[[], Problem],
        watch: Watch,
    ) -> None:
        """Let workers make the pieces that are not in the cache."""
        left = recipe.missing()
        with opened(on) as site:
            for i, (number, arrays) in spread(site, partial(_worker, opener, how), left):
                recipe.put(number, arrays)
                watch(f"make {recipe.name}", recipe.pieces - len(left) + i + 1, recipe.pieces)


def _worker(opener: Callable[[], Problem], how: tuple[Source, int]) -> Answering:
    """Build the function that answers a worker's tasks: numbers of pieces."""
    labeller = Labeller(opener())

    def answer(number: int) -> tuple[int, Arrays]:
        return number, labeller.piece(number, *how)

    return answer


def _sampled(ways: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, ...]:
    """Weights, noise and growth of each row by its way."""
    n, makings = len(ways), [making for _, making in WAYS.values()]
    beta, u = rng.beta(0.5, 0.5, n), rng.uniform(size=(3, n))
    columns = []
    for i, name in enumerate(("weight", "noise", "growth")):
        ends = np.array([getattr(m, name) or (0.0, 0.0) for m in makings])[ways]
        columns.append(ends[:, 0] + u[i] * (ends[:, 1] - ends[:, 0]))
    plain = np.array([m.weight is None for m in makings])[ways]
    return np.where(plain, beta, columns[0]), columns[1], columns[2]


def _mixes(c: Condition, known: xr.Dataset) -> bool:
    """Return whether a condition is a number that can lie between those of two designs."""
    if c.choices is not None or c.period is not None:
        return False
    return len(np.unique(known[c.name].to_numpy())) > FEW_VALUES


def measured(problem: Problem, arrays: tuple[Tensor, ...]) -> Float[Tensor, "n k"]:
    """Measure designs by the problem's cheapest engine, without labels of places."""
    engine = problem.tiers[0]
    size = min(problem.batch_size, BLOCK)
    parts = [
        torch.as_tensor(engine.measure(*(a[i : i + size].clone() for a in arrays)))
        for i in range(0, len(arrays[0]), size)
    ]
    columns = [i for i, q in enumerate(engine.quantities) if q.labels is None]
    return torch.cat(parts).detach().to(torch.float64)[:, columns]


def quantities(problem: Problem) -> tuple[str, ...]:
    """Names of the quantities that rows are labelled with."""
    return tuple(q.name for q in problem.tiers[0].quantities if q.labels is None)
