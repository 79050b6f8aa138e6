"""Water under SCADA against balances, another simulator and known effects of attacks."""

from pathlib import Path

import numpy as np
import pytest
import torch
import wntr
import xarray as xr

from ingenium.core.designs import DESIGN, to_dataset
from ingenium.core.errors import InputError
from ingenium.core.verdict import Verdict
from ingenium.core.verify import verify
from ingenium.domains.plant import builds, packages
from ingenium.domains.plant.attacks import Attack
from ingenium.domains.plant.builds import gate
from ingenium.domains.plant.campaign import Campaign, CampaignSettings
from ingenium.domains.plant.epanet import Toolkit
from ingenium.domains.plant.network import CTOWN, CTOWN_PRESSURES, read
from ingenium.domains.plant.scada import WeekRun, Works
from ingenium.domains.plant.streams import settled
from ingenium.monitor.stream import Watched

HOURS = 72
MOVED = (*(f"PU{i}" for i in range(1, 12)), "V2")
BATADAL = [  # its columns (Taormina et al. 2018)
    *(f"L_T{i}" for i in range(1, 8)),
    *(f"{kind}_{name}" for name in MOVED for kind in "FS"),
    *("P_J280", "P_J269", "P_J300", "P_J256", "P_J289", "P_J415"),
    *("P_J302", "P_J306", "P_J307", "P_J317", "P_J14", "P_J422"),
]


@pytest.fixture(scope="module")
def works() -> Works:
    return gate(CTOWN, CTOWN_PRESSURES, HOURS).judge


def run(works: Works, attack: Attack | None) -> WeekRun:
    found = works.run(works.network.usual, attack)
    assert found is not None
    return found


def test_tags_are_those_of_batadal(works: Works) -> None:
    assert [t.name for t in works.network.tags] == BATADAL


def test_wntr_gives_the_same_first_hour(works: Works, tmp_path: Path) -> None:
    """Before any switching: all its heads and flows, by its own path through EPANET."""
    net = wntr.network.WaterNetworkModel(str(CTOWN))
    net.options.time.duration = 0
    theirs = wntr.sim.EpanetSimulator(net).run_sim(file_prefix=str(tmp_path / "week"))
    ours = run(works, None).readings[:, 0]
    for tag, value in zip(works.network.tags, ours, strict=True):
        name = tag.name.partition("_")[2]
        if tag.kind == "pressure":
            assert value == pytest.approx(float(theirs.node["pressure"][name].iloc[0]), abs=0.02)
        if tag.kind == "flow":
            flow = 1000 * float(theirs.link["flowrate"][name].iloc[0])
            assert value == pytest.approx(flow, abs=0.02)


def test_water_is_conserved(works: Works) -> None:
    """Inflow of a tank equals the gain of its level."""
    of = works.toolkit.opened(CTOWN)
    of.begin()
    level = []
    seconds, inflow = 1, []
    while seconds:
        of.solve()
        tank = works.network.tanks[0]
        level.append(of.node(tank, 10) - of.node(tank, 0))
        inflow.append(of.node(tank, 9))
        seconds = of.advance()
        inflow[-1] *= seconds / 1000
    of.end()
    area = np.pi * 31.3**2 / 4
    gained = (level[-1] - level[0]) * area
    assert gained == pytest.approx(sum(inflow[:-1]), abs=0.01 * np.abs(inflow).sum())


def test_switching_holds_the_levels(works: Works) -> None:
    found = run(works, None)
    by_name = dict(zip(BATADAL, found.readings, strict=True))
    for station in works.network.stations:
        level = by_name[f"L_{station.name}"]
        top = max(s.closes_above for s in station.switches)
        assert level.max() < top + 0.35  # a quarter of an hour of inflow
    assert found.spilled_m3 == 0


def test_attacks_do_what_they_are_known_to_do(works: Works) -> None:
    normal = run(works, None)
    place = {s.name: i for i, s in enumerate(works.network.stations)}
    rows = {name: i for i, name in enumerate(BATADAL)}
    low = Attack("false reading", place["T7"], False, 30.0, 12.0, -0.9)  # tank seems empty
    found = run(works, low)
    assert found.spilled_m3 > 50  # its pumps never stop
    level, own = found.readings[rows["L_T7"]], slice(30, 42)
    assert (level[own] < 1).all()
    frozen = run(works, Attack("frozen reading", place["T7"], False, 30.0, 12.0, 0.0))
    assert np.ptp(frozen.readings[rows["L_T7"], own]) == 0
    again = run(works, Attack("replayed reading", place["T7"], False, 30.0, 12.0, 0.0))
    np.testing.assert_allclose(
        again.readings[rows["L_T7"], own], again.readings[rows["L_T7"], 6:18], atol=0.01
    )
    hidden = run(works, Attack("false reading", place["T7"], True, 30.0, 12.0, -0.9))
    np.testing.assert_array_equal(
        hidden.readings[rows["L_T7"], own], hidden.readings[rows["L_T7"], 6:18]
    )
    assert hidden.spilled_m3 == pytest.approx(found.spilled_m3)
    moved = run(works, Attack("setpoint", place["T1"], False, 30.0, 30.0, -0.3))
    assert moved.readings[rows["L_T1"]].min() < normal.readings[rows["L_T1"]].min()
    np.testing.assert_array_equal(moved.readings[:, :30], normal.readings[:, :30])


def test_a_week_settles_when_what_was_drained_is_full_again(works: Works) -> None:
    normal = run(works, None)
    assert settled(works.network, normal.readings, normal) == 0
    place = [s.name for s in works.network.stations].index("T3")
    full = Attack("false reading", place, False, 30.0, 12.0, 0.9)  # tank seems full
    found = run(works, full)
    row = BATADAL.index("L_T3")
    level, least = found.readings[row], normal.readings[row].min()
    assert (level[42:46] < least - 0.1).all()  # the attack is over, and its pumps fill the tank
    after = settled(works.network, found.readings, normal)
    assert after >= 46
    assert level[after:].min() >= least - 0.1
    assert settled(works.network, np.roll(normal.readings, 5, 1), normal) == 0  # switched later


def test_weeks_of_a_campaign_have_their_attack_as_an_event() -> None:
    plant = Campaign(CampaignSettings(known=10, days=3))
    assert isinstance(plant, Watched)
    known = plant.data()
    streams = plant.streams(known)
    for i, stream in enumerate(streams):
        kind = str(known["attack"].to_numpy()[i])
        assert [e.kind for e in stream.events] == ([] if kind == "none" else [kind])
        for event in stream.events:
            onset = float(known["onset"].to_numpy()[i])
            assert event.first == int(np.ceil(onset))
            assert event.last < event.settled <= len(stream.values)
    layout = plant.layout()
    assert layout is not None
    assert set(layout.tags) == set(streams[0].tags)


def test_builds_agree_where_the_gate_says_so() -> None:
    both = gate(CTOWN, CTOWN_PRESSURES, HOURS)
    assert both.other is not None
    assert both.judge.toolkit.version != both.other.toolkit.version
    again = both.other.run(both.other.network.usual, None)
    assert again is not None
    assert again.energy_kwh == pytest.approx(run(both.judge, None).energy_kwh, rel=1e-5)


def test_the_older_build_judges_where_builds_differ_and_one_alone_where_the_other_fails(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(builds, "AGREE", 0.0)
    differing = gate(CTOWN, CTOWN_PRESSURES, HOURS)
    assert differing.judge.toolkit.version.startswith("2.2")
    assert differing.other is not None
    assert "so the older one judges" in differing.note
    own_run = Works.run

    def unbalanced(self: Works, demand: np.ndarray, attack: Attack | None) -> WeekRun | None:
        newer = self.toolkit.version.startswith("2.3")
        return None if newer else own_run(self, demand, attack)

    monkeypatch.setattr(Works, "run", unbalanced)
    alone = gate(CTOWN, CTOWN_PRESSURES, HOURS)
    assert alone.judge.toolkit.version.startswith("2.2")
    assert alone.other is None
    assert "does not balance the usual week" in alone.note


def test_a_week_without_a_balance_has_failed_and_is_not_rejected() -> None:
    """A tank that reads full while empty isolates a district, and no flows balance."""
    plant = Campaign(CampaignSettings(known=10, days=3))
    cut = {"attack": "false reading", "target": "T1", "shown": "replayed"}
    numbers = {"onset": 30.326018, "length": 6.172928, "strength": 0.981583, "level": 1.0}
    under = xr.Dataset({k: (DESIGN, [v]) for k, v in (cut | numbers).items()})
    x = plant.codec.encode((torch.from_numpy(plant._dataset[0][:1]),))
    arrays = plant.repair(plant.project({}, under)(plant.decode(x, under)), under)
    coords = {k: under[k] for k in under} | plant.labels()
    week = to_dataset(arrays, plant.variables, coords)
    own = {"variables": plant.variables, "sizes": plant.sizes}
    found = verify(week, plant.verifier, plant.limits, **own)
    assert found["verdict"].to_numpy()[0] == Verdict.FAILED


def test_networks_that_cannot_be_used_are_refused(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.inp"
    wrong.write_text("[JUNCTIONS]\n a b c\n")
    with pytest.raises(InputError, match="a network that EPANET runs"):
        Campaign(CampaignSettings(network=str(wrong)))
    without = tmp_path / "without.inp"
    lines = CTOWN.read_text().splitlines()
    first, last = lines.index("[CONTROLS]"), lines.index("[RULES]")
    without.write_text("\n".join(lines[: first + 1] + lines[last:]))
    with pytest.raises(InputError, match="a level controls something"):
        Campaign(CampaignSettings(network=str(without)))
    with pytest.raises(InputError, match="nodes of the network, got J999"):
        read(CTOWN, Toolkit(packages.toolkit_22()), ("J999",), HOURS)
    for settings in ({"known": 3}, {"days": 2}):
        with pytest.raises(InputError):
            Campaign(CampaignSettings(**settings))


def test_a_network_of_ones_own_is_read(tmp_path: Path) -> None:
    own = tmp_path / "own.inp"
    own.write_text(CTOWN.read_text())
    found = Campaign(CampaignSettings(network=str(own), known=10, days=3))
    pressures = [t.name for t in found.network.tags if t.kind == "pressure"]
    assert len(pressures) > 12  # both ends of all that is switched
    assert found.licence == "as the network's file"
