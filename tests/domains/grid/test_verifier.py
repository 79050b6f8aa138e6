"""Measured days against pandapower, step by step on the original net."""

import dataclasses
import warnings

import numpy as np
import pandapower as pp
import pytest
import torch
from nets import load_network, oddities, two_buses
from torch import Tensor

from ingenium.core.errors import InputError
from ingenium.core.verify import Verifier
from ingenium.domains.grid.data.net_tables import whole
from ingenium.domains.grid.data.netfile import NetworkError
from ingenium.domains.grid.feeder.mapping import profile_map
from ingenium.domains.grid.feeder.measurements import Trace, columns
from ingenium.domains.grid.feeder.network import Network, network_of
from ingenium.domains.grid.feeder.reference import SecondDays
from ingenium.domains.grid.feeder.verifier import FeederVerifier

T = 6


@pytest.fixture(scope="module", params=["oddities", "1-LV-rural1--0-sw"])
def network(request: pytest.FixtureRequest) -> Network:
    if request.param == "oddities":
        return network_of("oddities", oddities(), cases=1)
    return load_network(request.param, cases=1)


def _days(verifier: FeederVerifier, n: int, t: int = T) -> tuple[Tensor, Tensor, Tensor]:
    rng = torch.Generator().manual_seed(5)
    u, g = len(verifier.profiles.load_profiles), len(verifier.profiles.infeed_profiles)
    a, b, c = (torch.rand(n, k, t, generator=rng, dtype=torch.float64) for k in (u, u, g))
    return a, b, c


def _pandapower_day(verifier: FeederVerifier, day: tuple[Tensor, Tensor, Tensor]) -> dict:
    """The day of design 0 by plain runpp, from the names in the profile columns."""
    base = verifier.network.net
    net = whole(base)
    load_at = {name: i for i, name in enumerate(verifier.profiles.load_profiles)}
    infeed_at = {name: i for i, name in enumerate(verifier.profiles.infeed_profiles)}
    steps = []
    for t in range(T):
        for i, row in base.load.iterrows():
            k = load_at[row.profile]
            net.load.loc[i, "p_mw"] = row.p_mw * float(day[0][0, k, t])
            net.load.loc[i, "q_mvar"] = row.q_mvar * float(day[1][0, k, t])
        for table in ("sgen", "storage"):
            for i, row in base[table].iterrows():
                factor = float(day[2][0, infeed_at[row.profile], t])
                net[table].loc[i, "p_mw"] = row.p_mw * factor
                net[table].loc[i, "q_mvar"] = row.q_mvar * factor
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            pp.runpp(net, tolerance_mva=1e-9, numba=False)
        feed = net.ext_grid.bus.iloc[0]
        steps.append(
            {
                "voltage": net.res_bus.vm_pu.drop(feed).dropna(),
                "line": net.res_line.loading_percent,
                "trafo": net.res_trafo.loading_percent,
                "import": net.res_ext_grid.p_mw.sum(),
                "loss": net.res_line.pl_mw.sum()
                + net.res_trafo.pl_mw.sum()
                + net.res_shunt.p_mw.sum(),
                "load": net.res_load.p_mw.sum(),
                "infeed": net.res_sgen.p_mw.sum() - net.res_storage.p_mw.sum(),
            }
        )
    return {name: [step[name] for step in steps] for name in steps[0]}


def test_a_day_is_what_pandapower_says(network: Network) -> None:
    verifier = FeederVerifier.of(network)
    day = _days(verifier, 3)
    names = [q.name for q in verifier.quantities]
    found = dict(zip(names, verifier.measure(*day)[0].tolist(), strict=True))
    label = {q.name: q.labels for q in verifier.quantities}
    truth = _pandapower_day(verifier, day)
    net = network.net

    for name, pick in (("min_voltage", "min"), ("max_voltage", "max")):
        values = [getattr(v, pick)() for v in truth["voltage"]]
        step = int(getattr(np, f"arg{pick}")(values))
        bus = getattr(truth["voltage"][step], f"idx{pick}")()
        assert found[name] == pytest.approx(values[step], abs=1e-8)
        assert found[f"{name}_hour"] == verifier.hours * step
        assert net.bus.name[bus] in label[f"{name}_bus"][int(found[f"{name}_bus"])].split(" + ")
    for name, table in (("max_line_loading", "line"), ("max_trafo_loading", "trafo")):
        values = [v.max() for v in truth[table]]
        step = int(np.argmax(values))
        assert found[name] == pytest.approx(values[step], abs=1e-5)
        assert found[f"{name}_hour"] == verifier.hours * step
        at = label[f"{name}_{table}"][int(found[f"{name}_{table}"])]
        assert at == net[table].name[truth[table][step].idxmax()]
    kwh = 1000 * verifier.hours
    assert found["load_energy"] == pytest.approx(kwh * sum(truth["load"]), rel=1e-9)
    assert found["infeed_energy"] == pytest.approx(kwh * sum(truth["infeed"]), rel=1e-9)
    assert found["import_energy"] == pytest.approx(kwh * sum(truth["import"]), rel=1e-6)
    share = 100 * sum(truth["loss"]) / sum(truth["load"])
    assert found["loss_share"] == pytest.approx(share, rel=1e-5)
    assert found["import_peak"] == pytest.approx(1000 * max(truth["import"]), abs=1e-4)
    assert found["import_peak_hour"] == verifier.hours * int(np.argmax(truth["import"]))
    assert found["export_peak"] == pytest.approx(max(0, -1000 * min(truth["import"])), abs=1e-4)
    assert found["balance_error"] < 1e-8


def test_rows_do_not_depend_on_their_batch(network: Network) -> None:
    verifier = FeederVerifier.of(network)
    days = _days(verifier, 9)
    together = verifier.measure(*days)
    for small in (dataclasses.replace(verifier, rows=T), dataclasses.replace(verifier, threads=1)):
        torch.testing.assert_close(small.measure(*days), together, rtol=1e-9, atol=1e-9)
    alone = torch.cat([verifier.measure(*(x[i : i + 1] for x in days)) for i in range(9)])
    torch.testing.assert_close(alone, together, rtol=1e-9, atol=1e-9)


def test_a_day_without_a_solution_is_nan_alone(network: Network) -> None:
    verifier = FeederVerifier.of(network)
    days = _days(verifier, 3)
    good = verifier.measure(*days)
    days[0][1, :, 2] = 1e5
    measured = verifier.measure(*days)
    assert measured[1].isnan().all()
    torch.testing.assert_close(measured[[0, 2]], good[[0, 2]])


def _distance(verifier: FeederVerifier, days: tuple[Tensor, Tensor, Tensor]) -> dict[str, Tensor]:
    """Differences of the engine to the second one by quantity, a number a day."""
    again = SecondDays(verifier)
    names = [q.name for q in verifier.quantities]
    own = verifier.measure(*days)[:, [names.index(q.name) for q in again.quantities]]
    gaps = (again.measure(*days) - own).abs().T
    return dict(zip((q.name for q in again.quantities), gaps, strict=True))


@pytest.mark.parametrize("by_model", [True, False])
def test_days_by_a_second_engine_are_those_of_the_engine(network: Network, by_model: bool) -> None:
    verifier = FeederVerifier.of(_by(network, by_model))
    assert SecondDays(verifier).name == ("power-grid-model" if by_model else "pandapower")
    days = _days(verifier, 5)
    found = _distance(verifier, days)
    assert 0 < float(found["min_voltage"].max()) < 1e-7
    assert float(found["max_line_loading"].max()) < 1e-4
    assert float(found["import_peak"].max()) < 1e-3
    days[0][4, :, 1] = 1e5
    broken = _distance(verifier, days)
    assert all(bool(gap[4].isnan()) and bool(gap[:4].isfinite().all()) for gap in broken.values())


def _by(network: Network, by_model: bool) -> Network:
    return dataclasses.replace(
        network, parity=dataclasses.replace(network.parity, by_model=by_model)
    )


@pytest.mark.parametrize("by_model", [True, False])
def test_a_second_engine_sees_a_wrong_engine(network: Network, by_model: bool) -> None:
    c = network.circuit
    wrong = dataclasses.replace(
        _by(network, by_model), circuit=dataclasses.replace(c, y_mutual=1.0001 * c.y_mutual)
    )
    verifier = FeederVerifier.of(wrong)
    assert float(_distance(verifier, _days(verifier, 2))["min_voltage"].max()) > 1e-6


def test_the_balance_does_not_trust_the_solver() -> None:
    one = np.ones((1, 2, 1))
    trace = Trace(one, one, one, np.full((1, 2), 11.0), np.full((1, 2), 0.9))
    found = columns(trace, np.full((1, 2), 10.0), np.zeros((1, 2)), 0.25)
    assert found["balance_error"][0] == pytest.approx(0.01)


def test_no_transformer_and_no_infeed() -> None:
    verifier = FeederVerifier.of(network_of("two", two_buses(), cases=1))
    assert verifier.profiles.infeed_profiles == ()
    ones = torch.ones(2, 1, 4, dtype=torch.float64)
    measured = verifier.measure(ones, ones, torch.zeros(2, 0, 4, dtype=torch.float64))
    named = dict(zip((q.name for q in verifier.quantities), measured.T, strict=True))
    assert named["max_trafo_loading"].tolist() == [0.0, 0.0]
    assert named["load_energy"].tolist() == pytest.approx([50.0, 50.0])


def test_it_is_a_verifier(network: Network) -> None:
    verifier = FeederVerifier.of(network)
    assert isinstance(verifier, Verifier)
    names = [q.name for q in verifier.quantities]
    assert len(set(names)) == len(names)
    assert {w for q in verifier.quantities for w in q.where} <= set(names)
    assert (verifier.name, verifier.tier) == ("lightsim2grid", "exact")


def test_wrong_shapes_are_told(network: Network) -> None:
    verifier = FeederVerifier.of(network)
    p, q, g = _days(verifier, 2)
    with pytest.raises(InputError, match="The load profiles are"):
        verifier.measure(torch.cat([p, p], 1), torch.cat([q, q], 1), g)
    with pytest.raises(InputError, match="float64"):
        verifier.measure(p.float(), q.float(), g.float())


def test_mappings_by_name_and_star() -> None:
    net = oddities()
    circuit = network_of("oddities", net, cases=1).circuit
    profiles = profile_map(net, circuit, load={"L0": "shop", "*": "flat"}, infeed={"*": "sun"})
    assert profiles.load_profiles == ("flat", "shop")
    assert profiles.load_p_mw.sum(1).tolist() == pytest.approx([0.05, 0.06 * 1.2])
    assert profiles.infeed_p_mw.sum().item() == pytest.approx(0.03 - 0.02)
    with pytest.raises(NetworkError, match="L9"):
        profile_map(net, circuit, load={"L9": "shop", "*": "flat"})
    del net.load["profile"]
    with pytest.raises(NetworkError, match='none for "L0"'):
        profile_map(net, circuit)
