"""Power flow of a user's own net over his own profiles."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ingenium.core.errors import InputError
from ingenium.domains.grid.timeseries import powerflow

pandapower = pytest.importorskip("pandapower")
CLOSE = 1e-6  # pu


@pytest.fixture(scope="module")
def net() -> pandapower.pandapowerNet:
    """A feeder with a transformer, scaled and idle loads, infeed and a storage."""
    made = pandapower.create_empty_network()
    high, low = pandapower.create_bus(made, 20.0), pandapower.create_bus(made, 0.4)
    far = pandapower.create_bus(made, 0.4, index=7)
    pandapower.create_ext_grid(made, high, vm_pu=1.01)
    pandapower.create_transformer(made, high, low, "0.4 MVA 20/0.4 kV")
    pandapower.create_line(made, low, far, 0.3, "NAYY 4x150 SE")
    pandapower.create_load(made, far, p_mw=0.02, q_mvar=0.004, scaling=0.5, index=3)
    pandapower.create_load(made, low, p_mw=0.05, q_mvar=0.01)
    pandapower.create_load(made, far, p_mw=0.5, in_service=False)
    pandapower.create_sgen(made, far, p_mw=0.03)
    pandapower.create_storage(made, far, p_mw=-0.01, max_e_mwh=0.05)
    return made


@pytest.fixture(scope="module")
def profiles() -> dict[tuple[str, str], pd.DataFrame]:
    """Six steps of some of the elements."""
    rng = np.random.default_rng(0)
    hours = pd.date_range("2024-01-01", periods=6, freq="h")
    return {
        ("load", "p_mw"): pd.DataFrame(rng.uniform(0, 0.09, (6, 2)), hours, [4, 3]),
        ("load", "q_mvar"): pd.DataFrame(rng.uniform(0, 0.02, (6, 1)), hours, [3]),
        ("sgen", "p_mw"): pd.DataFrame(rng.uniform(0, 0.1, (6, 1)), hours, [0]),
        ("storage", "p_mw"): pd.DataFrame(rng.uniform(-0.02, 0.02, (6, 1)), hours, [0]),
    }


def test_each_step_is_what_pandapower_finds(
    net: pandapower.pandapowerNet, profiles: dict[tuple[str, str], pd.DataFrame], tmp_path: Path
) -> None:
    pandapower.to_json(net, str(tmp_path / "net.json"))
    found = powerflow(tmp_path / "net.json", profiles)
    for step, hour in enumerate(profiles["load", "p_mw"].index):
        own = pandapower.toolbox.select_subnet(net, net.bus.index, include_results=False)
        for (table, column), values in profiles.items():
            for index in values.columns:
                own[table].at[index, column] = values.at[hour, index]
        pandapower.runpp(own, tolerance_mva=1e-9, numba=False)
        at = found.sel(step=hour)
        assert abs(at["vm_pu"].sel(bus=own.res_bus.index) - own.res_bus.vm_pu).max() < CLOSE
        assert abs(at["slack_mw"] - own.res_ext_grid.p_mw.sum()) < CLOSE
        assert abs(at["line_percent"].to_numpy() - own.res_line.loading_percent).max() < 1e-4
        assert abs(at["trafo_percent"].to_numpy() - own.res_trafo.loading_percent).max() < 1e-4
        losses = own.res_line.pl_mw.sum() + own.res_trafo.pl_mw.sum()
        assert abs(found["loss_mw"].to_numpy()[step] - losses) < CLOSE


def test_an_impossible_step_has_no_values_and_leaves_the_others(
    net: pandapower.pandapowerNet,
) -> None:
    found = powerflow(net, {("load", "p_mw"): pd.DataFrame({3: [0.02, 50.0]})})
    assert np.isfinite(found["vm_pu"][0]).all()
    assert np.isnan(found["vm_pu"][1]).all()


@pytest.mark.parametrize(
    ("profiles", "expected"),
    [
        ({}, "expected a table of profiles, got none"),
        ({("load", "p_kw"): pd.DataFrame({3: [1.0]})}, "p_mw"),
        ({("load", "p_mw"): pd.DataFrame({"house": [1.0]})}, "indices of net.load, got house"),
        ({("load", "p_mw"): pd.DataFrame({3: [np.nan]})}, "got nan of 3 at 0"),
        ({("load", "p_mw"): pd.DataFrame({3: ["much"]})}, "expected numbers"),
        (
            {
                ("load", "p_mw"): pd.DataFrame({3: [0.0] * 2}),
                ("sgen", "p_mw"): pd.DataFrame({0: [0.0] * 3}),
            },
            "the same 2 rows",
        ),
    ],
)
def test_other_tables_are_refused(
    net: pandapower.pandapowerNet, profiles: dict[tuple[str, str], pd.DataFrame], expected: str
) -> None:
    with pytest.raises(InputError, match=expected):
        powerflow(net, profiles)
