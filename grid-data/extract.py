"""Write the grids of this distribution from an installed SimBench.

PYTHONHASHSEED=0 python grid-data/extract.py

The same release of SimBench and of pandapower gives the same bytes: SimBench orders columns of its
tables by the hashes of their names.
"""

import json
import os
import sys
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np

from ingenium.core.digest import digest, file_digest
from ingenium.core.recipe import as_array
from ingenium.domains.grid.bundled import DEFAULT_GRID
from ingenium.domains.grid.consumers.classes import SCENARIO
from ingenium.domains.grid.data.packages import package, release_of
from ingenium.domains.grid.data.profiles import SIMBENCH_LICENCE, days_of_simbench, simbench_net

CODES = (DEFAULT_GRID,)
PLACE = Path(__file__).parent / "src" / "ingenium_grid_data"


def extract(code: str) -> str:
    """Write one grid and its year; return the digest of the file."""
    net = simbench_net(code)
    days = days_of_simbench(code, net)
    del net["profiles"]
    text = package("pandapower").to_json(net, None)
    path = PLACE / f"{code}.npz"
    with path.open("wb") as file:
        np.savez_compressed(file, allow_pickle=False, json=as_array(text), **days.arrays())
    return file_digest(path)


def source() -> dict[str, Any]:
    """Origin of the data: releases, licence, and the digest of the input tables."""
    tables = Path(str(files("simbench"))) / "networks" / SCENARIO
    return {
        "source": "https://simbench.net",
        "licence": SIMBENCH_LICENCE,
        "releases": [release_of("simbench"), release_of("pandapower")],
        "scenario": SCENARIO,
        "tables": digest({p.name: file_digest(p) for p in sorted(tables.glob("*.csv"))}),
    }


if __name__ == "__main__":
    if os.environ.get("PYTHONHASHSEED") != "0":
        sys.exit("expected PYTHONHASHSEED=0. Write: PYTHONHASHSEED=0 python grid-data/extract.py")
    reported = source() | {"grids": {code: extract(code) for code in CODES}}
    (PLACE / "source.json").write_text(json.dumps(reported, indent=2) + "\n")
