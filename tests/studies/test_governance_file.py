"""Row 29.17: a flow that is not drawn, or did not take place, is noticed; so is a lossy format."""

import shutil

import numpy as np
import pytest
from scipy.io import savemat

from ingenium.domains.grid.studies import old_cases
from ingenium.governance import prov
from ingenium.governance.studies import data_flows, eccola, governance_file
from ingenium.governance.studies.data_flows import Flow


@pytest.fixture(scope="module")
def life(tmp_path_factory):
    return data_flows.lived(4, 0, tmp_path_factory.mktemp("life"))


@pytest.mark.slow
def test_the_map_shows_what_flowed_and_nothing_else(life, tmp_path):
    assert governance_file.mapped(life, tmp_path) == life.flows
    assert {flow.entry for flow in life.flows} == set(range(1, 8))
    assert {flow.role for flow in life.flows} > {"spec", "data", "model", "evidence", "exact"}


@pytest.mark.slow
def test_a_flow_that_is_not_drawn_is_missed(life, tmp_path, monkeypatch):
    monkeypatch.setattr(prov, "USED", tuple(name for name in prov.USED if name != "data"))
    missed = life.flows - governance_file.mapped(life, tmp_path)
    assert {(flow.entry, flow.role) for flow in missed} == {(1, "data"), (2, "data")}


@pytest.mark.slow
def test_a_flow_that_did_not_take_place_is_told(life, tmp_path, monkeypatch):
    """As before a map said that who publishes a run had made its evidence."""
    monkeypatch.setattr(prov, "LOOKED", ("replay",))
    shown = governance_file.mapped(life, tmp_path)
    (invented,) = shown - life.flows
    (missed,) = life.flows - shown
    assert (invented.entry, invented.how, missed.how) == (7, "gave", "used")
    assert invented.what == missed.what


@pytest.mark.slow
def test_things_under_swapped_roles_are_told(life, tmp_path, monkeypatch):
    def swapped(self):
        other = {"data": "model", "model": "data"}
        return {other.get(k, k): v for k, v in true(self).items()}

    from ingenium.trust.records import Entry

    true = Entry.table.fget
    monkeypatch.setattr(Entry, "table", property(swapped))
    missed = life.flows - governance_file.mapped(life, tmp_path)
    assert {flow.role for flow in missed if flow.entry == 2} == {"data", "model"}


@pytest.mark.slow
def test_forms_return_and_a_changed_file_does_not(life, tmp_path):
    assert set(governance_file.returned(life, tmp_path / "forms").values()) == {True}
    one, other = (tmp_path / "forms" / name for name in ("crate", "again"))
    next(other.rglob("*.dat")).write_text("other\n")
    assert governance_file._crate(one) != governance_file._crate(other)


@pytest.mark.slow
def test_a_component_has_its_artefact_only_with_all_that_is_named(life, tmp_path):
    found = governance_file.answered(life, tmp_path / "whole")
    assert found["agency and oversight"]
    assert found["social and environmental impact"]
    assert not found["redress"]
    (tmp_path / "docs").mkdir()
    bare = governance_file.answered(life, tmp_path / "bare", tmp_path)
    assert not bare["communication"]


def test_flows_are_told_apart_by_act_role_and_thing():
    one = Flow(1, "used", "data", "sha256:00")
    assert one not in {Flow(2, "used", "data", "sha256:00"), Flow(1, "gave", "data", "sha256:00")}


def test_files_that_stand_for_components_are_there():
    root = governance_file.REPOSITORY
    named = [what for whats in eccola.COMPONENTS.values() for what in whats]
    files = [what.get("file") or what.get("test") for what in named]
    assert len(eccola.COMPONENTS) == 14
    assert [f for f in files if f and not (root / f).is_file()] == []


@pytest.mark.slow
def test_software_without_its_pages_has_no_artefacts(tmp_path):
    shutil.copytree(governance_file.REPOSITORY / "docs", tmp_path / "docs")
    whole = dict(governance_file.artefacts(tmp_path))
    assert whole["problem airfoils.section"]
    assert whole["domain airfoils"]
    shutil.rmtree(tmp_path / "docs")
    bare = dict(governance_file.artefacts(tmp_path))
    assert not any(there for name, there in bare.items() if name.startswith("problem"))
    assert governance_file._filled("# A\n\n## Engine\n\n## Data\nOwn.\n") == {"Data"}


def case(path, load_mva: complex) -> dict[int, complex]:
    """Two buses and a transformer that turns, by its own equations; gives the voltages."""
    series, charging, tap = 1 / (0.02 + 0.1j), 0.04, 0.95 * np.exp(1j * np.deg2rad(30))
    one, two = 1.02 + 0j, 0.97 * np.exp(-1j * np.deg2rad(34))
    behind = one / tap
    power = two * np.conj((two - behind) * series + two * 0.5j * charging)
    demand = -100 * power + load_mva
    bus = np.zeros((2, 13))
    bus[:, 0], bus[:, 1] = (1, 2), (3, 1)
    bus[1, 2:4] = demand.real, demand.imag
    branch = np.zeros((1, 13))
    branch[0, :5] = 1, 2, 0.02, 0.1, charging
    branch[0, 8:11] = 0.95, 30, 1
    gen = np.zeros((1, 21))
    gen[0, [0, 7]] = 1, 1
    savemat(path, {"mpc": {"baseMVA": 100.0, "bus": bus, "branch": branch, "gen": gen}})
    return {1: one, 2: two}


def test_a_case_leaves_over_what_its_own_equations_do_not_explain(tmp_path):
    path = tmp_path / "two.mat"
    assert old_cases.mismatch_mva(path, case(path, 0)) == pytest.approx(0, abs=1e-10)
    assert old_cases.mismatch_mva(path, case(path, 3 - 4j)) == pytest.approx(4)


def test_old_format_returns_ieee_14_and_loses_what_iron_takes(tmp_path):
    """A branch of a case has no conductance: no-load losses of 0.95 kW are lost."""
    whole, lossy = old_cases.cases(("case14", "create_kerber_landnetz_freileitung_2"), tmp_path)
    assert whole.returned
    assert not lossy.written
    assert not lossy.returned
    assert lossy.losses > 1e-3


def test_a_net_that_is_read_wrongly_does_not_count(tmp_path):
    read_wrongly = old_cases.Case("x", mismatch=0.0, voltage_pu=0.0, losses=2e-6)
    assert read_wrongly.written
    assert not read_wrongly.returned
    assert old_cases.Case("x", 1e-9, 1e-9, 1e-9).returned
