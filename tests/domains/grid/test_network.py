"""Nets are read safely, checked against pandapower, and refused with a reason."""

import dataclasses
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandapower as pp
import pandapower.control
import pytest
from nets import LINE, load_network, oddities, two_buses

from ingenium.core.errors import MissingExtra
from ingenium.domains.grid.data import netfile, packages
from ingenium.domains.grid.data.netfile import NetworkError
from ingenium.domains.grid.feeder import parity
from ingenium.domains.grid.feeder.network import network_of
from ingenium.domains.grid.feeder.parity import ParityError, gate


@pytest.mark.parametrize(
    "code",
    [
        "1-LV-rural1--0-sw",
        *(
            pytest.param(code, marks=pytest.mark.slow)
            for code in (
                "1-LV-semiurb4--0-sw",
                "1-LV-urban6--0-sw",
                "1-LV-rural2--2-sw",
                "1-MV-rural--0-no_sw",
                "1-MV-rural--0-sw",
                "1-MV-comm--0-sw",
                "1-MV-semiurb--0-sw",
                "1-MV-urban--0-no_sw",
            )
        ),
    ],
)
def test_simbench_grids_agree_with_pandapower(code: str) -> None:
    network = load_network(code)
    assert network.parity.cases == 9
    assert 0 < network.parity.voltage_pu < 1e-8
    assert network.parity.line_percent < 1e-5
    assert network.parity.trafo_percent < 1e-5
    assert len(network.bus_names) == len(network.circuit.free_nodes)


def test_oddities_agree_with_pandapower_and_are_told() -> None:
    network = network_of("oddities", oddities(), cases=4)
    reported = " ".join(network.changes)
    assert "Closed switches between buses (1)" in reported
    assert "Lines open at one end, by net.switch: b-c." in reported
    assert "Phase shifts taken out" in reported
    assert "Without supply and left out: lost." in reported
    assert "c + d" in network.bus_names
    assert "island" not in network.bus_names


def test_a_line_without_a_rating_is_told_and_loaded_by_0() -> None:
    network = network_of("two", two_buses(max_i_ka=float("nan")), cases=1)
    assert network.changes == ("Lines without max_i_ka, whose loading is given as 0: cable.",)


def test_the_digest_is_that_of_the_elements(tmp_path: Path) -> None:
    """The digest depends on each element, and neither on results nor on the way through a file."""
    net = oddities()
    net.line["length_km"] = net.line["length_km"].round(6)  # as a file stores it
    digest = network_of("a", net, cases=1).digest()
    path = tmp_path / "net.json"
    pp.to_json(net, str(path))
    assert load_network(path, cases=1).digest() == digest
    pp.runpp(net)
    assert network_of("b", net, cases=1).digest() == digest
    for table, column in (("line", "max_i_ka"), ("load", "scaling"), ("switch", "closed")):
        changed = pp.from_json(str(path))
        value = changed[table][column].iloc[0]
        changed[table].loc[changed[table].index[0], column] = (
            not value if column == "closed" else 1.001 * value
        )
        assert network_of("c", changed, cases=1).digest() != digest, (table, column)


def test_the_users_net_is_not_touched() -> None:
    net = two_buses()
    before = pp.to_json(net)
    network_of("two", net, cases=1)
    assert pp.to_json(net) == before


def test_a_wrong_circuit_is_refused_with_the_place() -> None:
    network = network_of("two", two_buses(), cases=1)
    wrong = dataclasses.replace(network.circuit, y_mutual=1.001 * network.circuit.y_mutual)
    with pytest.raises(ParityError, match=r'at bus 1 \("far"\), in its own case'):
        gate(network.net, wrong, np.random.default_rng(0))
    half = dataclasses.replace(network.circuit, percent_to=0.5 * network.circuit.percent_to)
    half = dataclasses.replace(half, percent_from=0.5 * network.circuit.percent_from)
    with pytest.raises(ParityError, match=r'percent at line 0 \("cable"\)'):
        gate(network.net, half, np.random.default_rng(0))


def test_a_case_that_the_own_power_does_not_show_is_checked_too(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """All but the first two are solved by pandapower's cached admittances, and as strictly."""
    network = network_of("oddities", oddities(), cases=1)
    assert gate(network.net, network.circuit, np.random.default_rng(0)).voltage_pu < 1e-9
    quick = parity.PandapowerLoop.solve_quickly

    def off(self: Any, factors: Any, row: int) -> Any:
        found = quick(self, factors, row)
        return dataclasses.replace(found, voltage_pu=found.voltage_pu + 1e-5 * (row == 5))

    monkeypatch.setattr(parity.PandapowerLoop, "solve_quickly", off)
    with pytest.raises(ParityError, match="in random case 5"):
        gate(network.net, network.circuit, np.random.default_rng(0))


def test_both_ways_of_pandapower_give_one_answer_and_none_where_there_is_none() -> None:
    """A case without a solution comes first; the next one does not start from it."""
    network = network_of("oddities", oddities(), cases=1)
    net = network.net
    rows = np.array([0.7, 400.0, 0.2])
    factors = {t: (np.outer(rows, np.ones(len(net[t]))),) * 2 for t in ("load", "sgen", "storage")}
    whole, quick = (parity.PandapowerLoop(net, network.circuit) for _ in range(2))
    for row in range(len(rows)):
        one, other = whole.solve(factors, row), quick.solve_quickly(factors, row)
        assert one.solved == other.solved == (row != 1)
        for field in dataclasses.fields(one):
            a, b = (getattr(x, field.name) for x in (one, other))
            np.testing.assert_allclose(a, b, rtol=1e-7, atol=1e-8, err_msg=field.name)
    early = parity.PandapowerLoop(net, network.circuit).solve_quickly(factors, 1)
    assert not early.solved


def _three_windings(net: Any) -> None:
    hv, mv = pp.create_bus(net, vn_kv=110), pp.create_bus(net, vn_kv=20)
    pp.create_transformer3w(net, hv, mv, 1, "63/25/38 MVA 110/20/10 kV")


def _second_feed(net: Any) -> None:
    pp.create_ext_grid(net, 1, vm_pu=1.0)


def _tap_control(net: Any) -> None:
    hv = pp.create_bus(net, vn_kv=20)
    pp.create_transformer(net, hv, 1, "0.4 MVA 20/0.4 kV")
    pandapower.control.DiscreteTapControl(net, 0, 0.98, 1.02)


def _impedance_load(net: Any) -> None:
    net.load["const_z_p_percent"] = 50.0


def _asymmetric(net: Any) -> None:
    pp.create_asymmetric_load(net, 1, p_a_mw=0.01)


def _generator(net: Any) -> None:
    pp.create_gen(net, 1, p_mw=0.01, vm_pu=1.0)


def _no_feed(net: Any) -> None:
    net.ext_grid["in_service"] = False


def _no_supply(net: Any) -> None:
    net.line["in_service"] = False


def _too_much(net: Any) -> None:
    net.load["p_mw"] = 5.0


def _loading_by_power(net: Any) -> None:
    pp.set_user_pf_options(net, trafo_loading="power")


def _shifting_loop(net: Any) -> None:
    far = pp.create_bus(net, vn_kv=0.4)
    for shift in (0.0, 30.0):
        pp.create_transformer_from_parameters(
            net, 1, far, 0.1, 0.4, 0.4, 1.0, 4.0, 0.1, 0.1, shift_degree=shift
        )


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (_three_windings, "net.trafo3w"),
        (_second_feed, "2 feeding buses"),
        (_no_feed, "0 feeding buses"),
        (_no_supply, "none in service"),
        (_tap_control, "net.controller"),
        (_impedance_load, "const_z_p_percent"),
        (_asymmetric, "net.asymmetric_load"),
        (_generator, "net.gen"),
        (_too_much, "pandapower finds none"),
        (_loading_by_power, "trafo_loading='power'"),
        (_shifting_loop, "shift the phase"),
    ],
)
def test_nets_beyond_the_engine_are_refused(change: Any, reason: str) -> None:
    net = two_buses()
    change(net)
    with pytest.raises(NetworkError, match=reason):
        network_of("two", net)


def test_an_unknown_code_names_close_ones() -> None:
    with pytest.raises(NetworkError, match="1-LV-rural1--0-sw"):
        load_network("1-LV-rural9--0-sw")
    with pytest.raises(NetworkError, match="Close SimBench codes: 1-LV-rural"):
        load_network("1-LV-rurall--0sw")


def test_a_users_file_is_read_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "mine.json"
    pp.to_json(oddities(), str(path))
    network = load_network(path, cases=2)
    assert network.name == "mine"
    direct = network_of("x", oddities(), cases=1).circuit
    np.testing.assert_allclose(network.circuit.y_mutual, direct.y_mutual, rtol=1e-12)
    assert network.circuit.digest() == load_network(path, cases=1).circuit.digest()
    tighter = dataclasses.replace(direct, percent_to=1.1 * direct.percent_to)
    assert tighter.digest() != direct.digest()


def _hostile(where: str) -> str:
    evil = {"_module": "evil_marker", "_class": "Boom", "_object": "{}"}
    net = json.loads(pp.to_json(two_buses()))
    if where == "attribute":
        net["_object"]["std_types"] = evil
    elif where == "function":
        net["_object"]["std_types"] = {
            "_module": "evil_marker",
            "_class": "function",
            "_object": "f",
        }
    elif where == "string":
        net["_object"]["name"] = json.dumps({"deep": [json.dumps(evil)]})
    elif where == "net in a string":
        inner = {"_module": "pandapower.auxiliary", "_class": "pandapowerNet"}
        net = inner | {"_object": json.dumps({"bus": evil})}
    elif where == "cell":
        table = json.loads(net["_object"]["bus"]["_object"])
        table["data"][0][0] = evil
        net["_object"]["bus"]["_object"] = json.dumps(table)
    elif where == "path":
        net["_object"]["bus"]["_object"] = "/etc/passwd.json"
    elif where == "beside a table":
        net["_object"]["bus"]["dtype"] = evil
    elif where == "doubled":  # the first is built, though the last one counts
        return json.dumps(net).replace('"std_types"', f'"f_hz": {json.dumps(evil)}, "std_types"', 1)
    elif where == "doubled class":
        return json.dumps(net).replace(
            '"_class": "pandapowerNet"',
            '"_class": "Boom", "_class": "pandapowerNet", "_module": "evil_marker"',
        )
    elif where == "doubled in a table":
        table = net["_object"]["bus"]["_object"]
        doubled = f'{{"index": {json.dumps([evil])}, ' + table.removeprefix("{")
        net["_object"]["bus"]["_object"] = doubled
    return json.dumps(net)


@pytest.mark.parametrize(
    "where",
    [
        *("attribute", "function", "string", "net in a string", "cell", "path"),
        *("beside a table", "doubled", "doubled class", "doubled in a table"),
    ],
)
def test_hostile_files_run_nothing(
    where: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "evil_marker.py").write_text("def f(): pass\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    path = tmp_path / "net.json"
    path.write_text(_hostile(where))
    with pytest.raises(NetworkError, match=r"evil_marker|JSON file|occurs twice"):
        load_network(path)
    assert "evil_marker" not in sys.modules


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{", "expected a JSON file of a net"),
        ("[" * 100_000, "expected a JSON file"),
        ("[1, 2]", "with a list"),
        (
            '{"_module": "pandapower.auxiliary", "_class": "pandapowerNet", "_object": {}}',
            "without",
        ),
        ('{"bus": 3}', "expected a"),
    ],
)
def test_broken_files_are_told(text: str, reason: str, tmp_path: Path) -> None:
    path = tmp_path / "net.json"
    path.write_text(text)
    with pytest.raises(NetworkError, match=reason):
        load_network(path)


def test_a_binary_file_is_told(tmp_path: Path) -> None:
    path = tmp_path / "net.json"
    path.write_bytes(b"\x80\x04\x95pickle")
    with pytest.raises(NetworkError, match="expected a JSON file"):
        load_network(path)


def test_a_damaged_or_altered_net_is_built_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INGENIUM_CACHE", str(tmp_path))
    import simbench

    built = []

    def build(code: str) -> Any:
        built.append(code)
        net = two_buses()
        net["profiles"] = {}
        return net

    monkeypatch.setattr(simbench, "get_simbench_net", build)
    monkeypatch.setattr(netfile, "simbench_days", lambda *_: None)
    for _ in range(2):
        netfile.read_net("1-LV-rural2--0-sw")
    assert len(built) == 1
    (file,) = tmp_path.glob("kept/net-[!t]*/*.piece")
    whole = file.read_bytes()
    for n, spoiled in enumerate((whole[:1000], whole.replace(b"bus", b"sub", 1)), start=2):
        file.write_bytes(spoiled)
        name, net = netfile.read_net("1-LV-rural2--0-sw")
        assert (name, len(net.bus), len(built)) == ("1-LV-rural2--0-sw", 2, n)
    assert not list(tmp_path.rglob("*.part*"))


def test_a_missing_package_names_the_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "lightsim2grid", None)
    with pytest.raises(MissingExtra, match=r'pip install "ingenium\[grid\]"'):
        packages.package("lightsim2grid.missing")
    with pytest.raises(MissingExtra, match=r'pip install "ingenium\[grid\]"'):
        packages.release_of("no-such-package-of-the-grid")


def test_lines_of_the_two_bus_net_are_as_written() -> None:
    circuit = network_of("two", two_buses(), cases=1).circuit
    ohm = 0.4**2 / circuit.base_mva
    z = 0.3 * (LINE["r_ohm_per_km"] + 1j * LINE["x_ohm_per_km"]) / ohm
    assert circuit.y_mutual[0] == pytest.approx(-1 / z)
