"""Measured melt pools of MeltpoolNet, read with care, and what an engine is off by on them.

A user fetches the two tables, which carry no licence, and names their folder in
`INGENIUM_MELTPOOLNET`. Rows of one paper are near-duplicates: everything here is split by paper.

Shapes: n tracks.
Source: Akbari et al., MeltpoolNet: Melt pool characteristic prediction in metal additive
    manufacturing using machine learning, Additive Manufacturing 55:102817, 2022.
"""

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from jaxtyping import Float64, Int64

from ingenium.core.errors import InputError
from ingenium.domains.printing.alloys import ALLOYS
from ingenium.domains.printing.eagar_tsai import MeltPool, Source, pools

FOLDER = "INGENIUM_MELTPOOLNET"
POOLS, MODES = "meltpoolnet_regression.csv", "meltpoolnet_classification.csv"
NAMES = {"SS316L": "316L", "SS17-4PH": "17-4PH"}  # where the table names an alloy otherwise
CLASSES = {"desirable": "desirable", "keyhole": "keyhole", "LOF": "lack of fusion",
           "balling": "balling"}  # fmt: skip
HEADS = {
    "Power": "power_w",
    "Velocity": "speed_mm_s",
    "beam D": "beam_um",
    "layer thickness": "layer_um",
    "Hatch spacing": "hatch_um",
    "width of melt pool": "width_um",
    "depth of meltpool": "depth_um",
    "length of melt pool": "length_um",
}
LEAST_BEAM_UM = 10.0  # a beam below it is thought to be in mm, and its row is left out
PLATE_K = 298.0
ABSORPTIVITIES = np.geomspace(0.08, 0.95, 25)
LEAST_PAPER = 25.0  # in the table of modes a smaller "paper ID" is a share of molybdenum


def folder() -> Path | None:
    """Return the folder of the tables that the environment names; None without one."""
    named = os.environ.get(FOLDER, "")
    return Path(named) if named else None


def tracks(path: Path, file: str = POOLS) -> pd.DataFrame:
    """Read one of the tables: single tracks in SI units, with alloy, process, mode and paper.

    Numbers that are none, zeros of what has a size, and beams that look like mm are NaN. In the
    table of modes a paper is unknown where its column holds another number.

    Raises:
        InputError: if the file is absent or has no such columns.
    """
    source = path / file
    if not source.is_file():
        raise InputError(f"{file} in {path.name}", "no such file", f"Write {FOLDER}=FOLDER.")
    raw = pd.read_csv(source, low_memory=False)
    absent = [h for h in ("Material", "paper ID", "Power", "Velocity") if h not in raw]
    if absent:
        raise InputError(f"a table of MeltpoolNet with {', '.join(absent)}", file)
    table = pd.DataFrame({
        "alloy": raw["Material"].map(lambda name: NAMES.get(str(name).strip(), str(name).strip())),
        "process": raw["Process"].astype(str),
        "beam": raw["Sub-process"].astype(str),
        "mode": raw["meltpool shape"].map(CLASSES),
        "paper": raw["paper ID"].astype(str).str.strip(),
    })  # fmt: skip
    if file == MODES:
        table["paper"] = _papers(raw["paper ID"], table["alloy"])
    for head, name in HEADS.items():
        numbers = pd.to_numeric(raw[head], errors="coerce") if head in raw else np.nan
        table[name] = numbers
        if name != "layer_um":
            table.loc[~(table[name] > 0), name] = np.nan
    table.loc[table["beam_um"] < LEAST_BEAM_UM, "beam_um"] = np.nan
    for name in [n for n in HEADS.values() if n.endswith("_um")]:
        table[name.removesuffix("_um") + "_m"] = 1e-6 * table.pop(name)
    table["speed_m_s"] = 1e-3 * table.pop("speed_mm_s")
    return table


def _papers(stated: pd.Series, alloy: pd.Series) -> pd.Series:
    """Paper of each row of the table of modes, most of which is shifted by a column.

    Where the number is not that of a paper, all rows of an alloy without one count as one paper, so
    that no split can divide a paper.
    """
    number = pd.to_numeric(stated, errors="coerce")
    return number.map("{:g}".format).where(number > LEAST_PAPER, "unknown, " + alloy)


def of_lasers(table: pd.DataFrame) -> pd.DataFrame:
    """Select rows of laser powder beds with power, speed and beam, of the alloys known here."""
    known = table["alloy"].isin(list(ALLOYS)) & (table["beam"] == "SLM")
    whole = table[["power_w", "speed_m_s", "beam_m"]].notna().all(axis=1)
    return table[known & whole].reset_index(drop=True)


def predicted(table: pd.DataFrame, absorptivity: Float64[np.ndarray, " n"]) -> MeltPool:
    """Return the pools of tracks by Eagar and Tsai, with an absorptivity each."""
    secant = {a: ALLOYS[a].secant(PLATE_K) for a in table["alloy"].unique()}
    conductivity = np.array([secant[a][0] for a in table["alloy"]])
    capacity = np.array([secant[a][1] for a in table["alloy"]])
    rise = np.array([ALLOYS[a].melting_k - PLATE_K for a in table["alloy"]])
    power, speed = table["power_w"].to_numpy(), table["speed_m_s"].to_numpy()
    sigma = 0.25 * table["beam_m"].to_numpy()
    diffusivity = conductivity / capacity
    return pools(Source(absorptivity * power, speed, sigma, conductivity, diffusivity, rise))


@dataclass(frozen=True)
class PoolComparison:
    """Logarithms of predicted over measured sizes at each absorptivity; NaN where one is absent."""

    table: pd.DataFrame
    width: Float64[np.ndarray, "n a"]
    depth: Float64[np.ndarray, "n a"]

    @classmethod
    def of(cls, table: pd.DataFrame) -> "PoolComparison":
        """Predict every track at every absorptivity."""
        width, depth = [], []
        for a in ABSORPTIVITIES:
            pool = predicted(table, np.full(len(table), a))
            width.append(_log_ratio(pool.width_m, table["width_m"].to_numpy()))
            depth.append(_log_ratio(pool.depth_m, table["depth_m"].to_numpy()))
        return cls(table, np.stack(width, 1), np.stack(depth, 1))

    def best(self, rows: Int64[np.ndarray, " m"]) -> int:
        """Return the absorptivity with the least median error of widths and depths of some rows."""
        both = np.concatenate([self.width[rows], self.depth[rows]])
        both = both[np.isfinite(both).any(1)]
        if not len(both):
            return -1
        error = np.nanmedian(np.abs(np.where(np.isfinite(both), both, np.nan)), 0)
        return int(np.argmin(np.nan_to_num(error, nan=np.inf)))


def _log_ratio(
    own: Float64[np.ndarray, " n"], real: Float64[np.ndarray, " n"]
) -> Float64[np.ndarray, " n"]:
    """Logarithm of a ratio of sizes; a pool that does not melt is a hundredth of the real one."""
    return np.asarray(np.log(np.maximum(own, 0.01 * real) / real))
