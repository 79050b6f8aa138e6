"""Monitors as artefacts: split, threshold, verdict, record and replay; users of three kinds."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from synthetic import table as own_table
from synthetic import week, weeks

from ingenium.core.artifact import load
from ingenium.core.designs import DESIGN
from ingenium.core.errors import CorruptError, InputError
from ingenium.core.judgement import Judgement
from ingenium.core.problem import Problem
from ingenium.core.spec import Limit
from ingenium.evaluate.measured import Interval
from ingenium.monitor import fitting, tables, training_sets
from ingenium.monitor.alarms import AlarmRule, calibrated, false_alarms
from ingenium.monitor.artifact import Monitor
from ingenium.monitor.families import table as families
from ingenium.monitor.fitting import StreamSource
from ingenium.monitor.judging import EventFound, Judged, judge, rate
from ingenium.monitor.spec import MonitorSpec
from ingenium.monitor.splitting import parts
from ingenium.monitor.stream import Event, Stream, Watched
from ingenium.report.artifact_report import write
from ingenium.trust.ledger import open_ledger
from ingenium.verbs import monitor as watching


def test_parts_do_not_share_a_week_and_unseen_kinds_judge_alone() -> None:
    own = parts(weeks(), MonitorSpec(unseen=("swap",), seed=3))
    names = [s.name for p in (own.learned, own.setting, own.judging) for s in p]
    assert len(set(names)) == len(names) == len(weeks())
    for p in (own.learned, own.setting):
        assert all(e.kind != "swap" for s in p for e in s.events)
    drawn = parts(weeks(), MonitorSpec(seed=1))
    left = {e.kind for s in (*drawn.learned, *drawn.setting) for e in s.events}
    assert left == {"drift", "swap"}  # the seed selects one of three in order
    with pytest.raises(InputError, match="unseen kinds among"):
        parts(weeks(), MonitorSpec(unseen=("flood",)))


def test_copies_are_told_from_new_windows_of_kinds_that_were_learned(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    spec = MonitorSpec(family="lstm", augment="oversampling", unseen=("swap",), seed=0)
    own, compared = parts(weeks(), spec), []
    monkeypatch.setattr(
        training_sets, "_membership", lambda made, old, new, seed: compared.append(new)
    )
    training_sets.taught(own, spec, families.build("lstm", 4, window=6, seed=0))
    known = [s for s in own.judging if all(e.kind != "swap" for e in s.events)]
    assert len(compared[0]) == len(training_sets.event_windows(known, 6)) > 0
    assert len(compared[0]) < len(training_sets.event_windows(own.judging, 6))


def test_one_long_record_stays_in_order() -> None:
    values = np.concatenate([s.values for s in weeks(10)])
    stamps = np.datetime64("2026-01-05", "s") + np.arange(len(values)) * np.timedelta64(3600, "s")
    one = Stream("all", stamps, tuple("ABCD"), values, ())
    own = parts([one], MonitorSpec())
    ends = [max(s.stamps[-1] for s in p) for p in (own.learned, own.setting, own.judging)]
    assert ends == sorted(ends)


def test_the_bar_gives_no_more_than_was_asked() -> None:
    rng = np.random.default_rng(0)
    own = [week(i, attacked=False) for i in range(30)]
    scores = [rng.standard_normal(168) for _ in own]
    rule = calibrated(own, scores, per_week=2.0, hold=3, recovery=0)
    count = sum(false_alarms(rule.on(x), np.ones(168, dtype=bool)) for x in scores)
    assert 50 <= count <= 60
    with pytest.raises(InputError, match="calm weeks"):
        calibrated(own[:1], scores[:1], per_week=0.1, hold=3, recovery=0)


def test_judging_counts_events_delays_and_false_alarms() -> None:
    streams = [week(i, attacked=True) for i in range(2)]
    scores = [np.zeros(168) for _ in streams]
    event = streams[0].events[0]
    scores[0][event.first + 5] = 9.0  # 5 h late; the other event is missed
    scores[1][3] = 9.0  # a false alarm
    found = judge(streams, scores, AlarmRule(5.0, 3), recovery=24)
    assert found.values["missed"].value == 0.5
    assert found.values["delay"].value == 5.0
    normal = sum(int(s.normal(24).sum()) for s in streams) / 168
    assert found.values["false_alarms"].value == pytest.approx(1 / normal)
    low, high = (
        found.values["false_alarms"].low * normal,
        found.values["false_alarms"].high * normal,
    )
    assert (low, high) == pytest.approx((0.0253, 5.572), abs=1e-3)  # Garwood's table for one


def test_the_rate_of_false_alarms_covers_the_truth_where_they_come_in_clusters() -> None:
    rng = np.random.default_rng(5)
    hits = {True: 0, False: 0}
    for _ in range(300):
        time = rng.uniform(0.5, 1.0, 40)
        normal = rng.poisson(2.0 * time)
        weekly = rng.poisson(rng.gamma(0.7, 2.0 / 0.7, 40) * time)
        for clustered, count in ((False, normal), (True, weekly)):
            found = rate(count, time)
            assert found.value == pytest.approx(count.sum() / time.sum())
            hits[clustered] += found.low <= 2.0 <= found.high
    assert min(hits.values()) > 0.91 * 300  # a Poisson's own: 211 of 300 where they cluster
    nothing = rate(np.zeros(3, dtype=int), np.ones(3))
    assert (nothing.low, nothing.high) == (0.0, pytest.approx(3.689 / 3, abs=1e-3))


def test_rows_are_not_calm_before_an_event_has_settled() -> None:
    one = week(1, attacked=True)
    (event,) = one.events
    slow = replace(one, events=(replace(event, settled=event.last + 41),))
    assert one.normal(24)[event.last + 25]
    assert not slow.normal(24)[event.last + 25 : event.last + 41].any()
    assert slow.normal(24)[event.last + 41]
    assert slow.normal(60).tolist() == one.normal(60).tolist()
    part = slow.cut(event.last - 5, event.last + 30)
    assert not part.normal(0).any()
    for cut in (event.first + 5, event.last - 3, event.last + 1, event.last + 20, event.last + 90):
        for whole in (one, slow):  # wherever a record is cut, the same rows are normal
            parts_of = [whole.cut(0, cut), whole.cut(cut, 168)]
            normal = np.concatenate([p.normal(24) for p in parts_of])
            assert normal.tolist() == whole.normal(24).tolist()
            assert np.concatenate([p.label for p in parts_of]).tolist() == whole.label.tolist()


def test_limits_are_judged_with_or_without_their_interval() -> None:
    values = {"missed": Interval(0.08, 0.02, 0.2), "delay": Interval(float("nan"), 0.0, 0.0)}
    plain = Limit("missed", at_most=0.1)
    assert Judgement.of(values, (plain,)).verdict == "accepted"
    strict = Limit("missed", at_most=0.1, beyond_uncertainty=True)
    assert Judgement.of(values, (strict,)).verdict == "rejected"
    assert Judgement.of(values, (Limit("delay", at_most=6.0),)).verdict == "failed"


def test_the_requested_rate_is_a_limit_and_nothing_to_test_on_is_no_success() -> None:
    def verdict(low: float, high: float, *limits: Limit, events: int = 3) -> tuple[str, str]:
        one = EventFound("week", week(1, attacked=True).events[0], 0.5)
        values = {"false_alarms": Interval((low + high) / 2, low, high)}
        found = Judged(values, (one,) * events, 4.0)
        judged = fitting.judged(found, MonitorSpec(limits=limits))
        return str(judged.verdict), " ".join(judged.reasons)

    assert verdict(0.1, 0.9) == ("accepted", "")
    word, why = verdict(1.2, 5.3)
    assert word == "rejected"
    assert "1.2 to 5.3), and 1 requested" in why
    assert verdict(0.4, 2.0)[0] == "inconclusive"
    assert verdict(0.4, float("nan"))[0] == "inconclusive"
    assert verdict(0.1, 0.9, events=0)[0] == "inconclusive"
    assert verdict(1.2, 2.0, Limit("false_alarms", at_most=3.0))[0] == "accepted"  # a spec's own


def test_a_table_of_ones_own_gives_a_monitor_that_replays(tmp_path: Path) -> None:
    path = own_table(tmp_path)
    spec = MonitorSpec(family="dpca", limits=(Limit("missed", at_most=0.5),))
    stored = watching.fit(path, spec, tmp_path / "kept")
    rate = stored.record["measured"]["false_alarms"]
    assert stored.record["verdict"] == ("accepted" if rate["high"] <= 1 else "inconclusive")
    assert stored.record["measured"]["auc"]["value"] > 0.9
    assert stored.record["chance"]["point_adjusted_f1"] > stored.record["chance"]["auc"] - 0.1
    write(stored)
    assert "under point adjustment" in (tmp_path / "kept" / "report.html").read_text()
    assert watching.replay(stored, tmp_path / "again").reproduced
    forged = json.loads(json.dumps(stored.record))
    forged["rule"]["threshold"] *= 0.5
    forged["measured"]["missed"]["value"] = 0.01
    forged["events"][0]["delay_h"] = 0.5
    forged["verdict"] = "rejected"
    found = watching.replay(replace(stored, record=forged), tmp_path / "again")
    assert {c.part for c in found.checks if c.reproduced} == {"data"}
    text = path.read_text().replace("10.", "10.0", 1)
    path.write_text(text)
    assert not watching.replay(stored, tmp_path / "again").reproduced
    (tmp_path / "kept" / "layout.json").write_text('{"spots": 3}')
    with pytest.raises(CorruptError, match="no record of a monitor"):
        Monitor.open(tmp_path / "kept")
    (tmp_path / "kept" / "monitor.onnx").write_bytes(b"")
    with pytest.raises(CorruptError, match="not the file that was judged"):
        Monitor.open(tmp_path / "kept")


@pytest.mark.slow
def test_days_of_a_feeder_are_watched(rural_days: Problem, tmp_path: Path) -> None:
    """Voltages out of the band, detected from the powers of the feeder alone."""
    assert isinstance(rural_days, Watched)
    streams = rural_days.streams(rural_days.data().isel({DESIGN: slice(0, 366, 3)}))
    spec = MonitorSpec(family="forecast", false_alarms_per_week=7.0, hold_h=0.5, recovery_h=2.0)
    with open_ledger(tmp_path / "ledger.db") as book:
        stored = fitting.fit(
            streams, spec, StreamSource("days", rural_days.name), tmp_path / "kept", ledger=book
        )
    assert {e["kind"] for e in stored.record["events"]} == {"high voltage"}
    assert stored.record["measured"]["auc"]["value"] > 0.5


def test_tables_of_ones_own_are_checked(tmp_path: Path) -> None:
    path = own_table(tmp_path, 1)
    honest = path.read_text().splitlines()

    def refused(change: dict[int, str], words: str) -> None:
        rows = list(honest)
        for i, row in change.items():
            rows[i] = row
        path.write_text("\n".join(rows) + "\n")
        with pytest.raises(InputError, match=words):
            tables.read(path)

    cells = honest[5].split(",")
    refused({5: ",".join([cells[0], "Inp OutRange", *cells[2:]])}, "row 6, column A")
    refused({5: ",".join([*cells[:-1], "7"])}, "7 in row 6, column ATT_FLAG")
    refused({5: honest[4]}, "row each 3600 s, got .* in row 6")
    refused({5: "soon" + honest[5][19:]}, "soon.* in row 6")
    refused({0: honest[0].replace(",B,", ",A,")}, "each column once, got A 2 times in row 1")
    path.write_text("DATETIME,L_T1\n04/07/16 00,1\n04/07/16 01,2\n04/07/16 02,3\n")
    found = tables.read(path)
    assert str(found.stamps[1]) == "2016-07-04T01:00:00"  # as BATADAL writes them


def test_a_file_without_labels_beside_labelled_ones_is_refused(tmp_path: Path) -> None:
    """The months that judged BATADAL have no labels; their attacks are not normal operation."""
    path = own_table(tmp_path)
    (tmp_path / "zz.csv").write_text(path.read_text())
    assert len(watching.streams_of(tmp_path)[0]) == 2
    bare = [line.rsplit(",", 1)[0] for line in path.read_text().splitlines()]
    (tmp_path / "zz.csv").write_text("\n".join(bare) + "\n")
    with pytest.raises(InputError, match=r"as in own\.csv, got none in row 1 of .*zz\.csv"):
        watching.streams_of(tmp_path)
    path.unlink()
    assert watching.streams_of(tmp_path)[0][0].events == ()


def test_a_spec_is_read_and_wrong_ones_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "monitor.toml"
    path.write_text('family = "pca"\n[[limits]]\nquantity = "missed"\nat_most = 0.1\n')
    assert load(path, MonitorSpec, "a spec of a monitor").limits[0].at_most == 0.1
    for wrong in ('family = "oracle"', 'augment = "luck"', "held_out = 1.5", "no_such = 1"):
        path.write_text(wrong)
        with pytest.raises(InputError):
            load(path, MonitorSpec, "a spec of a monitor")
    path.write_text('[[limits]]\nquantity = "beauty"\nat_most = 1')
    with pytest.raises(InputError):
        load(path, MonitorSpec, "a spec of a monitor")


def test_streams_that_differ_are_refused() -> None:
    one, other = week(0, attacked=False), week(1, attacked=False)
    odd = Stream("odd", other.stamps, tuple("ABCE"), other.values, (Event("jump", 3, 5),))
    with pytest.raises(InputError, match="odd, which differs in D"):
        parts([one, odd], MonitorSpec())
    slow = Stream(
        "slow", one.stamps[0] + 2 * (other.stamps - other.stamps[0]), one.tags, other.values, ()
    )
    with pytest.raises(InputError, match="Resample"):
        parts([one, slow], MonitorSpec())


def test_a_run_that_cannot_be_watched_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="streams as CSV"):
        watching.streams_of(tmp_path)
