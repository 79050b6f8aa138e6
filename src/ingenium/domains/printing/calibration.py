"""Errors of predicted pools and of criteria on MeltpoolNet, as a table that the problem judges by.

The table holds no measurement: medians of absorptivities, quantiles of errors, and the precision of
thresholds. `python tools/write_pool_errors.py` writes it from the folder of the two tables.

Shapes: n tracks.
"""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from jaxtyping import Float64

from ingenium.domains.printing.alloys import ALLOYS, Alloy
from ingenium.domains.printing.criteria import (
    best_threshold,
    normalised_enthalpy,
    overlap,
    slenderness,
)
from ingenium.domains.printing.measured import (
    ABSORPTIVITIES,
    MODES,
    PLATE_K,
    PoolComparison,
    of_lasers,
    predicted,
    tracks,
)

FILE = Path(__file__).with_name("pool_errors.json")
SOURCE = "MeltpoolNet (Akbari et al., Additive Manufacturing 55:102817, 2022), split by paper"
PAIRS = 5  # errors of a paper that are saved, at equal shares of its rows
FEW = 4  # rows of a paper, below which it is no evidence of its own
SIZES = ("width", "depth")


@cache
def errors() -> Mapping[str, Any]:
    """Return the table."""
    found: Mapping[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
    return found


def pairs(calibrated: bool) -> Float64[np.ndarray, "m 2"]:
    """Return logarithms of measured over predicted widths and depths, of equal weight by paper."""
    return np.array(errors()["pairs"]["calibrated" if calibrated else "held_out"], dtype=np.float64)


def threshold(criterion: str) -> float:
    """Return the threshold of a criterion, `keyhole` or `balling`, fitted on all papers."""
    return float(errors()["criteria"][criterion]["threshold"])


def absorptivity_of(alloy: Alloy) -> float:
    """Return the median over papers of the absorptivities that were fitted to their pools."""
    return float(errors()["absorptivity"][alloy.name])


def fitted_absorptivity(
    table: pd.DataFrame, alloy: Alloy
) -> tuple[float, Float64[np.ndarray, "m 2"]]:
    """Fit one absorptivity to a user's own tracks; return the errors that it leaves, by rank.

    The table has power_w, speed_m_s, beam_m, width_m and depth_m.
    """
    own = PoolComparison.of(table.assign(alloy=alloy.name))
    rows = np.arange(len(table))
    chosen = own.best(rows)
    return float(ABSORPTIVITIES[chosen]), -np.stack([own.width[:, chosen], own.depth[:, chosen]], 1)


def calibrate(folder: Path) -> dict[str, Any]:
    """Compare the engine with all measured pools and modes of a folder."""
    table = of_lasers(tracks(folder))
    seen = table["width_m"].notna() | table["depth_m"].notna()
    comparison = PoolComparison.of(table[seen].reset_index(drop=True))
    study = PaperErrors(comparison)
    modes = of_lasers(tracks(folder, MODES))
    modes = modes[modes["mode"].notna()].reset_index(drop=True)
    by_alloy = {a: study.absorptivity(a) for a in ALLOYS}
    found = criteria_on(modes, by_alloy)
    limit = found["keyhole"]["threshold"]
    return {
        "source": SOURCE,
        "tracks": len(comparison.table),
        "papers": int(comparison.table["paper"].nunique()),
        "absorptivity": by_alloy,
        "errors": study.by_alloy(),
        "pairs": {kind: study.pairs(kind, limit) for kind in ("calibrated", "held_out")},
        "criteria": found,
    }


class PaperErrors:
    """Errors with an absorptivity of the paper itself, and with that of other papers."""

    def __init__(self, comparison: PoolComparison) -> None:
        """Fit the absorptivity of each alloy in each paper, whole and by halves of its rows."""
        self.comparison, self.table = comparison, comparison.table
        self.group = (self.table["paper"] + "|" + self.table["alloy"]).to_numpy()
        self.rows = {k: np.flatnonzero(self.group == k) for k in np.unique(self.group)}
        self.fitted = {k: comparison.best(rows) for k, rows in self.rows.items()}

    def absorptivity(self, alloy: str, but: str = "") -> float:
        """Return the median absorptivity of papers on an alloy; of all papers without one."""
        papers = [k for k in self.fitted if k.partition("|")[0] != but.partition("|")[0]]
        own = [k for k in papers if k.partition("|")[2] == alloy and len(self.rows[k]) >= FEW]
        chosen = [self.fitted[k] for k in own or papers]
        return float(ABSORPTIVITIES[int(np.median(chosen))])

    def indices(self, kind: str) -> np.ndarray:
        """Index of the absorptivity of each track: `held_out` or `calibrated` on the other half."""
        found = np.zeros(len(self.group), dtype=np.int64)
        for k, rows in self.rows.items():
            if kind == "held_out" or len(rows) < FEW:
                value = self.absorptivity(k.partition("|")[2], k)
                found[rows] = int(np.abs(ABSORPTIVITIES - value).argmin())
            else:
                for half in (0, 1):
                    found[rows[half::2]] = self.comparison.best(rows[1 - half :: 2])
        return found

    def errors(self, kind: str) -> Float64[np.ndarray, "n 2"]:
        """Logarithms of measured over predicted width and depth."""
        index, every = self.indices(kind), np.arange(len(self.group))
        own = self.comparison
        return -np.stack([own.width[every, index], own.depth[every, index]], 1)

    def by_alloy(self) -> dict[str, Any]:
        """Median factor by which widths and depths are off, by alloy and kind of absorptivity."""
        found: dict[str, Any] = {}
        kinds = {kind: self.errors(kind) for kind in ("calibrated", "held_out")}
        for alloy in [*ALLOYS, "all"]:
            rows = (self.table["alloy"] == alloy).to_numpy() | (alloy == "all")
            found[alloy] = {
                "tracks": int(rows.sum()),
                "papers": int(self.table["paper"][rows].nunique()),
            } | {
                f"{size}_{kind}": float(np.expm1(np.nanmedian(np.abs(e[rows, i]))))
                for kind, e in kinds.items()
                for i, size in enumerate(SIZES)
            }
        return found

    def pairs(self, kind: str, keyhole: float) -> list[list[float]]:
        """Errors of tracks below the keyhole threshold, a few of each paper at equal ranks."""
        error, index = self.errors(kind), self.indices(kind)
        enthalpy = enthalpies(self.table, ABSORPTIVITIES[index])
        found: list[list[float]] = []
        for rows in self.rows.values():
            use = rows[np.isfinite(error[rows]).all(1) & (enthalpy[rows] <= keyhole)]
            if len(use) < FEW:
                continue
            order = use[np.argsort(error[use].sum(1), kind="stable")]
            ranks = ((np.arange(PAIRS) + 0.5) / PAIRS * len(order)).astype(int)
            found += error[order[ranks]].round(3).tolist()
        return found


def enthalpies(
    table: pd.DataFrame, absorptivity: Float64[np.ndarray, " n"]
) -> Float64[np.ndarray, " n"]:
    """Return the normalised enthalpy of each track."""
    found = np.empty(len(table))
    for name in table["alloy"].unique():
        rows = (table["alloy"] == name).to_numpy()
        part = table[rows]
        absorbed = absorptivity[rows] * part["power_w"].to_numpy()
        speed, beam = part["speed_m_s"].to_numpy(), part["beam_m"].to_numpy()
        found[rows] = normalised_enthalpy(ALLOYS[name], PLATE_K, absorbed, speed, beam)
    return found


def indicators(table: pd.DataFrame, absorptivity: Mapping[str, float]) -> pd.DataFrame:
    """Return what the criteria look at, by the defect that each flags; NaN without a layer."""
    eta = table["alloy"].map(absorptivity).to_numpy(dtype=np.float64)
    pool = predicted(table, eta)
    layer, hatch = table["layer_m"].to_numpy(), table["hatch_m"].to_numpy()
    single = np.minimum(layer / np.maximum(pool.depth_m, 1e-9), 1e3)
    tang = overlap(hatch, layer, pool.width_m, pool.depth_m)
    return pd.DataFrame({
        "lack of fusion": np.where(layer > 0, single, np.nan),
        "lack of fusion by Tang": np.where((layer > 0) & (hatch > 0), tang, np.nan),
        "keyhole": enthalpies(table, eta),
        "balling": slenderness(pool.length_m, pool.width_m),
    })  # fmt: skip


def criteria_on(table: pd.DataFrame, absorptivity: Mapping[str, float]) -> dict[str, Any]:
    """Fit and test the criteria: a threshold is tested on papers that it was not fitted on."""
    values, paper = indicators(table, absorptivity), table["paper"].to_numpy()
    found: dict[str, Any] = {}
    for name in map(str, values):
        known = values[name].notna().to_numpy()
        x, who = values[name].to_numpy()[known], paper[known]
        truth = (table["mode"] == name.removesuffix(" by Tang")).to_numpy()[known]
        flagged = np.zeros(len(x), dtype=bool)
        for one in np.unique(who):
            other = who != one
            limit = 1.0 if name.endswith("Tang") else best_threshold(x[other], truth[other])
            flagged[~other] = x[~other] > limit
        hits = int((truth & flagged).sum())
        found[name] = {
            "threshold": 1.0 if name.endswith("Tang") else best_threshold(x, truth),
            "precision": hits / max(int(flagged.sum()), 1),
            "recall": hits / max(int(truth.sum()), 1),
            "share": float(truth.mean()),
            "rows": len(x),
            "papers": len(np.unique(who)),
        }
    return found
