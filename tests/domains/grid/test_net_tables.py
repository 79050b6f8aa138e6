"""Stored tables of nets: the same as pandapower's, and read without it."""

from pathlib import Path
from typing import Any

import pandapower as pp
import pandas as pd
import pytest
from nets import oddities

from ingenium.domains.grid.data import netfile
from ingenium.domains.grid.data.net_tables import NetTables, as_text, table_digest, whole
from ingenium.domains.grid.feeder import network


@pytest.fixture
def written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user's net as a file, and an empty cache."""
    monkeypatch.setenv("INGENIUM_CACHE", str(tmp_path / "cache"))
    path = tmp_path / "net.json"
    pp.to_json(oddities(), str(path))
    return path


def _never(*_: Any, **__: Any) -> Any:
    raise AssertionError("a stored net needs no pandapower")


def test_stored_tables_are_those_of_pandapower(written: Path) -> None:
    for _ in range(2):  # made, and read
        _, net = netfile.read_net(written)
        assert isinstance(net, NetTables)
        own = net.read()
        assert table_digest(net) == table_digest(own) == table_digest(whole(net))
        for name, table in net.items():
            if isinstance(table, pd.DataFrame):
                pd.testing.assert_frame_equal(table, own[name])


def test_a_net_that_was_opened_is_opened_without_pandapower(
    written: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = network.network_of(*netfile.read_net(written), cases=1)
    for module, name in ((netfile, "_parsed"), (network, "circuit_of"), (network, "gate")):
        monkeypatch.setattr(module, name, _never)
    again = network.network_of(*netfile.read_net(written), cases=1)
    assert again.circuit.digest() == first.circuit.digest()
    assert (again.parity, again.changes) == (first.parity, first.changes)
    assert again.digest() == first.digest()
    name, net = netfile.read_net(written)
    net["load"]["p_mw"] *= 2.0  # another net, which nothing is known of
    with pytest.raises(AssertionError, match="needs no pandapower"):
        network.network_of(name, net, cases=1)


def test_changed_tables_are_in_the_net_of_pandapower(written: Path) -> None:
    _, net = netfile.read_net(written)
    net.load["p_mw"] = 0.25
    assert set(whole(net).load.p_mw) == {0.25}
    assert set(net.read().load.p_mw) != {0.25}


def test_a_net_with_other_things_in_its_tables_stays_pandapowers(written: Path) -> None:
    net = oddities()
    assert as_text(net) is not None
    net.load["name"] = [{"a": 1}] * len(net.load)
    assert as_text(net) is None
