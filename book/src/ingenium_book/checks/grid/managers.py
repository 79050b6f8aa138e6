"""Row 27.14: tables of actions for homes of CityLearn, between the rule and the optimum.

Tables are made and chosen on every other week of a home, and judged on the weeks between them.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ingenium.core.seeds import one_thread
from ingenium.domains.grid.manager.engine import optimum, rule, run, wrong_way
from ingenium.domains.grid.manager.home import (
    PERIODS,
    PRICES,
    UNITS,
    HomeSettings,
    ManagedHome,
    open_home,
)
from ingenium.domains.grid.manager.tables import improved, voted
from ingenium_book.findings import Commands
from ingenium_book.owned import owned

PLACE = "INGENIUM_CITYLEARN2022"
OWNER = "the package CityLearn, folder citylearn/data/citylearn_challenge_2022_phase_all"
HOMES, PV_KW = range(1, 7), 4.0
TABLES, WEEKS = 8, 8  # made for a home, each on some planning weeks
FIRST = np.datetime64("2016-08-01T00", "h")  # as the files count their days
SURPLUSES = 10  # in each charge, price layer and period


def homes(commands: Commands, values: Mapping[str, Any]) -> dict[str, Any]:
    """Judge the chosen table of each home, and visit all its states."""
    files = owned(PLACE, [*(f"Building_{i}.csv" for i in HOMES), "pricing.csv"], OWNER)
    with one_thread():
        rows = [judged(open_home(HomeSettings(home=written(file, files[-1], commands.folder))))
                for file in files[:-1]]  # fmt: skip
    found = {key: [row[key] for row in rows] for key in rows[0]}
    way = [100 * (r["rule"] - r["table"]) / (r["rule"] - r["optimum"]) for r in rows]
    return {
        **{key: found[key] for key in ("rule", "table", "optimum")},
        "homes": len(rows),
        "states": (UNITS + 1) * SURPLUSES * PRICES * PERIODS,
        "wrong": int(sum(found["wrong"])),
        "between": sum(r["optimum"] <= r["table"] <= r["rule"] for r in rows),
        "closed": float(np.mean(way)),
        "saved": float(np.mean(np.array(found["rule"]) - np.array(found["table"]))),
    }


def written(building: Path, pricing: Path, folder: Path) -> str:
    """Write a home by the hour, as the problem reads it; the first row is the hour before."""
    table, price = pd.read_csv(building), pd.read_csv(pricing)
    load = table["Equipment Electric Power [kWh]"].to_numpy()[1:]
    own = pd.DataFrame({
        "time": (FIRST + np.arange(len(load))).astype("datetime64[m]").astype(str),
        "load_kw": load.clip(min=0.0),
        "pv_kw": PV_KW * table["Solar Generation [W/kW]"].to_numpy()[1:].clip(min=0.0) / 1000.0,
        "price_eur_per_kwh": price["Electricity Pricing [$]"].to_numpy()[1 : len(load) + 1],
    })  # fmt: skip
    path = folder / f"{building.stem}_by_the_hour.csv"
    own.to_csv(path, index=False)
    return str(path)


def judged(home: ManagedHome) -> dict[str, Any]:
    """Return costs of the rule, of the table that is best on planning weeks, and of the optimum."""
    every = home.planning
    made = []
    for k in range(TABLES):  # of weeks of their own
        rng = np.random.default_rng([27, k])
        weeks = every.some(rng.choice(len(every.price), WEEKS, replace=False))
        made.append(improved(home, weeks, voted(home, weeks), rng))
    tables = np.concatenate([rule(), np.stack(made)])
    chosen = tables[[int(run(home, every, tables).cost.mean(1).argmin())]]
    return {
        "rule": float(run(home, home.judging, rule()).cost.mean()),
        "table": float(run(home, home.judging, chosen).cost.mean()),
        "optimum": float(optimum(home, home.judging).cost.mean()),
        "wrong": int(wrong_way(home, chosen)[0]),
    }
