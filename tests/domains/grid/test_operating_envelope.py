"""Operating envelopes: the headroom of one line by hand, satisfied risks, and the page."""

import json
import shlex
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from nets import two_buses
from typer.testing import CliRunner

from ingenium.cli.app import app
from ingenium.core.errors import InputError
from ingenium.domains.grid.consumers.load_series import LoadSeries
from ingenium.domains.grid.data.dataset import ProfileNames
from ingenium.domains.grid.data.profiles import DayTable
from ingenium.domains.grid.feeder.envelope_verifier import EnvelopeVerifier, SecondEnvelopes
from ingenium.domains.grid.feeder.headroom import Headroom
from ingenium.domains.grid.feeder.network import network_of
from ingenium.domains.grid.feeder.operating_envelope import EnvelopeSettings, SharedOut
from ingenium.domains.grid.feeder.verifier import FeederVerifier

ROOT = Path(__file__).parents[3]
PAGE = ROOT / "docs" / "how-to" / "forecasts.md"
DAYS, STEPS = 10, 96


@pytest.fixture(scope="module")
def judge() -> EnvelopeVerifier:
    """One load behind one line, ten days; the headroom of each is that of its power flow."""
    feeder = FeederVerifier.of(network_of("two", two_buses(), cases=1))
    headroom = Headroom(feeder, 0.95, 1.03, 0.5, most_percent=100.0)
    load = np.random.default_rng(0).uniform(0, 1, (DAYS, 1, STEPS))
    dates = np.datetime64("2016-01-04") + np.arange(DAYS)
    names, none = ProfileNames(("home",)), np.zeros((DAYS, 0, STEPS))
    rated = np.array([0.05])
    table = DayTable(dates, names, load, load, none, rated, np.zeros(0), "made")
    days = [torch.as_tensor(a) for a in (load, load, none)]
    rooms = 1000 * np.stack([headroom.infeed_mw(*days), headroom.load_mw(*days)])
    series = LoadSeries(("export", "import"), dates, rooms, np.arange(DAYS) < 8, "kW")
    return EnvelopeVerifier(headroom, series, table, np.flatnonzero(headroom.share))


def measured(judge: EnvelopeVerifier, kw: np.ndarray, day: float) -> dict[str, float]:
    """Measure one envelope, both sides as (2, t)."""
    sides = [torch.as_tensor(side)[None, None] for side in kw]
    found = judge.measure(*sides, torch.tensor([day], dtype=torch.float64))[0].tolist()
    return dict(zip([q.name for q in judge.quantities], found, strict=True))


def test_the_room_is_kept_and_a_little_more_breaks_every_step(judge):
    room = judge.rooms.load[:, 8]
    had = measured(judge, room, 8.0)
    assert had["export_broken"] == had["import_broken"] == 0
    assert had["export_share"] == had["import_share"] == 1.0
    assert had["max_voltage"] == pytest.approx(1.03, abs=2e-6)
    assert had["min_voltage"] == pytest.approx(0.95, abs=2e-6)
    assert had["export_energy"] == pytest.approx(room[0].sum() / 4)
    more = measured(judge, room + 0.1, 8.0)
    assert more["export_broken"] == more["import_broken"] == 1.0
    some = room + np.where(np.arange(STEPS) < 24, 0.1, -0.1)
    assert measured(judge, some, 8.0)["import_broken"] == 0.25


def test_days_that_cannot_be_asked_for_have_no_answer(judge):
    assert measured(judge, judge.rooms.load[:, 7], 7.0)["learned"] == 1.0
    assert measured(judge, judge.rooms.load[:, 8], 8.0)["learned"] == 0.0
    assert np.isnan(measured(judge, judge.rooms.load[:, 3], 3.0)["export_broken"])
    far = np.full((2, STEPS), 1e5)
    assert np.isnan(measured(judge, far, 8.0)["import_broken"])


def test_pandapower_finds_the_same_extremes(judge):
    kw = [torch.as_tensor(side)[None, None] for side in 1.1 * judge.rooms.load[:, 9]]
    day = torch.tensor([9.0], dtype=torch.float64)
    own = judge.measure(*kw, day)[0].tolist()
    names = [q.name for q in judge.quantities]
    other = SecondEnvelopes(judge)
    theirs = other.measure(*kw, day)[0].tolist()
    assert theirs == pytest.approx([own[names.index(q.name)] for q in other.quantities], rel=1e-6)


def test_totals_are_shared_by_rated_load_and_found_again():
    share = torch.tensor([0.25, 0.75], dtype=torch.float64)
    mean, spread = (torch.tensor(a, dtype=torch.float64) for a in ([10.0, 20.0], [2.0, 4.0]))
    codec = SharedOut(share, mean, spread, 3)
    x = torch.randn(4, 2, 3, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    feed, draw = codec.decode(x)
    torch.testing.assert_close(feed[:, 1], 3 * feed[:, 0])
    torch.testing.assert_close(draw.sum(1), 20 + 4 * x[:, 1])
    torch.testing.assert_close(codec.encode((feed, draw)), x)


def test_risks_and_limits_that_are_none_are_refused():
    for wrong in ({"risk": 0.0}, {"risk": 0.9}):
        with pytest.raises(InputError, match="risk"):
            EnvelopeSettings(**wrong)
    assert replace(EnvelopeSettings(), risk=0.05).risk == 0.05


@pytest.mark.slow
def test_the_page_runs(own_folders, tmp_path, monkeypatch):
    """Run the page's command on the example, whose envelopes violate no more steps than allowed."""
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    monkeypatch.chdir(tmp_path)
    line = next(
        x for x in PAGE.read_text().splitlines() if x.startswith("ingenium propose grid.en")
    )
    done = CliRunner().invoke(app, [*shlex.split(line)[1:], "--json"])
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["summary"]["accepted"] > 0
