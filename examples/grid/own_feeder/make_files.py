"""Makes the files of a small feeder of one's own: a net and its profiles.

    python examples/grid/own_feeder/make_files.py

writes `net.json` (pandapower) and `profiles.csv` beside this script. The profiles are synthetic:
drawn here by rule of thumb, measured nowhere. Put your own files in their place.
"""

import argparse
from pathlib import Path

import numpy as np
import pandapower
import pandas as pd

DAYS = 140  # 20 weeks from the first Monday of October
STEPS = 96
HOUSES_KW = {"House 1": 9.0, "House 2": 6.0, "House 3": 12.0, "Bakery": 25.0}
ROOF_KW = 10.0
CHARGER_KW = 11.0


def net() -> pandapower.pandapowerNet:
    """A transformer and four buses in a row; the last house has a roof with PV."""
    made = pandapower.create_empty_network(name="own feeder")
    grid = pandapower.create_bus(made, 20.0, name="20 kV")
    bus = pandapower.create_bus(made, 0.4, name="station")
    pandapower.create_ext_grid(made, grid, vm_pu=1.0)
    pandapower.create_transformer(made, grid, bus, "0.25 MVA 20/0.4 kV", name="transformer")
    for name, rated_kw in HOUSES_KW.items():
        end = pandapower.create_bus(made, 0.4, name=f"bus of {name}")
        pandapower.create_line(made, bus, end, 0.08, "NAYY 4x50 SE", name=f"to {name}")
        rated_mw = rated_kw / 1000
        pandapower.create_load(made, end, rated_mw, 0.25 * rated_mw, name=name)
        bus = end
    pandapower.create_load(made, bus, CHARGER_KW / 1000, 0.0, name="Charger")
    pandapower.create_sgen(made, bus, ROOF_KW / 1000, name="Roof", type="PV")
    return made


def profiles(seed: int = 0) -> pd.DataFrame:
    """Active power in kW at every quarter of an hour, and the charger as a share of its rating."""
    rng = np.random.default_rng(seed)
    time = pd.date_range("2023-10-02", periods=DAYS * STEPS, freq="15min")
    hour = np.asarray(time.hour + time.minute / 60)
    cold = 1 + 0.3 * np.sin(np.arange(len(time)) / len(time) * np.pi)
    evening = 0.25 + 0.5 * np.exp(-(((hour - 19) / 2.5) ** 2))
    table = {"time": time.strftime("%Y-%m-%d %H:%M")}
    for name, rated in HOUSES_KW.items():
        work = np.exp(-(((hour - 6) / 3) ** 2)) + 0.1
        shape = work if name == "Bakery" else evening * cold
        day = rng.lognormal(0, 0.15, DAYS).repeat(STEPS)
        table[f"{name} kW"] = (0.6 * rated * shape * day * rng.gamma(8, 1 / 8, len(time))).round(3)
    plugged = rng.uniform(size=DAYS).repeat(STEPS) < 0.7
    table["charging"] = (plugged & (hour >= 18) & (hour < 21)).astype(float)
    clear = rng.uniform(0.1, 1, DAYS).repeat(STEPS)
    sun = np.maximum(0, np.sin((hour - 8) / 8 * np.pi)) * ((hour > 8) & (hour < 16))
    table["Roof kW"] = (0.6 * ROOF_KW * clear * sun).round(3)
    return pd.DataFrame(table)


def write(folder: Path) -> None:
    """Write both files."""
    pandapower.to_json(net(), str(folder / "net.json"))
    profiles().to_csv(folder / "profiles.csv", index=False)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, nargs="?", default=Path(__file__).parent)
    write(parser.parse_args().folder)
