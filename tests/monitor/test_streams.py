"""A monitor on a live stream: restarts, gaps, late rows, and foreign streams."""

from pathlib import Path

import numpy as np
import pytest
from synthetic import table as own_table
from synthetic import week, weeks

from ingenium.core.errors import CorruptError, InputError
from ingenium.core.remarks import hearing
from ingenium.monitor import tables
from ingenium.monitor.artifact import MODEL, Monitor
from ingenium.monitor.exported import Exported
from ingenium.monitor.spec import MonitorSpec
from ingenium.monitor.splitting import parts
from ingenium.verbs import monitor as watching


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> Monitor:
    folder = tmp_path_factory.mktemp("monitor")
    path = own_table(folder)
    return watching.fit(path, MonitorSpec(family="dpca", seed=1), folder / "kept")


def lines(path: Path) -> list[str]:
    return path.read_text().splitlines()


def fed(
    stored: Monitor, tmp_path: Path, rows: list[str], state: Path | None = None
) -> watching.StreamRun:
    path = tmp_path / "stream.csv"
    path.write_text("\n".join(rows) + "\n")
    return watching.run(stored, path, state)


def scores(run: watching.StreamRun) -> list[float | None]:
    return [t.score for t in run.reported]


def test_row_by_row_it_says_what_it_says_of_the_whole(stored: Monitor, tmp_path: Path) -> None:
    run = fed(stored, tmp_path, lines(own_table(tmp_path)))
    file = Exported(stored.folder / MODEL)
    whole = np.concatenate([s.values for s in weeks()])
    found = np.array([np.nan if s is None else s for s in scores(run)])
    first = file.stream(weeks()[0])
    np.testing.assert_allclose(found[:168], first, rtol=1e-4)
    assert len(found) == len(whole)
    assert sum(t.began for t in run.reported) >= 3
    assert run.label is not None
    assert run.label.any()


def test_memory_carries_over_a_restart(stored: Monitor, tmp_path: Path) -> None:
    head, *rows = lines(own_table(tmp_path))
    once = fed(stored, tmp_path, [head, *rows[:300]])
    state = tmp_path / "memory.json"
    first = fed(stored, tmp_path, [head, *rows[:130]], state)
    second = fed(stored, tmp_path, [head, *rows[130:300]], state)
    assert scores(first) + scores(second) == scores(once)
    alarms = [t.alarm for t in (*first.reported, *second.reported)]
    assert alarms == [t.alarm for t in once.reported]
    state.write_text("{")
    with pytest.raises(CorruptError, match="memory"):
        fed(stored, tmp_path, [head, *rows[:3]], state)


def test_few_missing_rows_are_bridged_and_many_begin_anew(stored: Monitor, tmp_path: Path) -> None:
    head, *rows = lines(own_table(tmp_path))
    short = fed(stored, tmp_path, [head, *rows[:50], *rows[52:100]])
    assert short.reported[50].score is not None
    assert "2 rows missing" in short.reported[50].faults[0]
    long = fed(stored, tmp_path, [head, *rows[:50], *rows[70:120]])
    window = Exported(stored.folder / MODEL).window
    assert [t.score is None for t in long.reported[50 : 50 + window]] == [True] * (window - 1) + [
        False
    ]


def test_a_late_row_takes_its_place(stored: Monitor, tmp_path: Path) -> None:
    head, *rows = lines(own_table(tmp_path))
    straight = fed(stored, tmp_path, [head, *rows[:60]])
    mixed = fed(stored, tmp_path, [head, *rows[:40], rows[41], rows[40], *rows[42:60]])
    assert "takes its place" in mixed.reported[41].faults[0]
    assert scores(mixed)[42:] == scores(straight)[42:]
    twice = fed(stored, tmp_path, [head, *rows[:40], rows[39], *rows[40:60]])
    assert "left out" in twice.reported[40].faults[0]
    assert twice.memory.late == 1


def test_cells_without_a_number_are_told_and_bridged(stored: Monitor, tmp_path: Path) -> None:
    head, *rows = lines(own_table(tmp_path))
    cells = rows[30].split(",")
    rows[30] = ",".join([cells[0], "Inp OutRange", *cells[2:]])
    found = fed(stored, tmp_path, [head, *rows[:60]])
    assert "row 31, column A: no reading" in found.reported[30].faults[0]
    assert found.reported[30].score is not None
    for i in range(30, 40):
        cells = rows[i].split(",")
        rows[i] = ",".join([cells[0], "", *cells[2:]])
    found = fed(stored, tmp_path, [head, *rows[:60]])
    assert [t.score is None for t in found.reported[30:42]] == [False] * 3 + [True] * 7 + [
        False
    ] * 2


def test_a_tag_that_stands_still_is_told(stored: Monitor, tmp_path: Path) -> None:
    head, *rows = lines(own_table(tmp_path))
    for i in range(20, 60):
        cells = rows[i].split(",")
        rows[i] = ",".join([cells[0], "10.0", *cells[2:]])
    found = fed(stored, tmp_path, [head, *rows[:60]])
    said = [f for t in found.reported for f in t.faults]
    assert len(said) == 1
    assert "column A: stuck at 10" in said[0]


def test_labels_are_numbers_and_blank_lines_are_none(stored: Monitor, tmp_path: Path) -> None:
    head, *rows = lines(own_table(tmp_path))
    plain = fed(stored, tmp_path, [head, *rows[168:300]])
    written = [f"{row}.0" for row in rows[168:300]]
    other = fed(stored, tmp_path, [head, *written[:9], "", *written[9:], ""])
    assert plain.label is not None
    assert other.label is not None
    assert plain.label.any()
    assert plain.label.tolist() == other.label.tolist()
    assert scores(other) == scores(plain)


def test_strange_streams_are_refused(stored: Monitor, tmp_path: Path) -> None:
    head, *rows = lines(own_table(tmp_path))
    with pytest.raises(InputError, match="no column B in row 1"):
        fed(stored, tmp_path, [head.replace(",B,", ",Z,"), *rows[:5]])
    with pytest.raises(InputError, match="each tag once, got A 2 times in row 1"):
        fed(stored, tmp_path, [head.replace(",B,", ",A,B,"), *rows[:5]])
    with pytest.raises(InputError, match="cells, got 3 in row 3"):
        fed(stored, tmp_path, [head, rows[0], "2026-01-05T01:00:00,1,2"])
    off = rows[1].replace("01:00:00", "01:20:00")
    with pytest.raises(InputError, match="beat"):
        fed(stored, tmp_path, [head, rows[0], off])
    with pytest.raises(InputError, match="a stamp such as"):
        fed(stored, tmp_path, [head, "yesterday" + rows[0][19:]])
    with pytest.raises(InputError, match="rows below its header"):
        fed(stored, tmp_path, [head])


def test_a_column_that_looks_like_labels_is_asked_about(tmp_path: Path) -> None:
    rows = [f"2026-01-01 {h:02d}:00:00,{h / 7:.3f},{int(h in (5, 6))},{h % 2}" for h in range(24)]
    path = tmp_path / "pump.csv"
    path.write_text("\n".join(["time,flow,leak,pump", *rows]))
    said: list[str] = []
    with hearing(said.append):
        assert tables.read(path).tags == ("flow", "leak", "pump")
    (only,) = said  # a pump that runs half of the time is none
    assert "Column leak of pump.csv holds 0 and, in 8.3 % of rows, 1" in only
    assert "name it label" in only


def test_a_short_record_is_told_in_rows(tmp_path: Path) -> None:
    stream = week(1, attacked=False)
    with pytest.raises(InputError, match="got 168 rows, 168 of which make a week"):
        parts([stream], MonitorSpec())
