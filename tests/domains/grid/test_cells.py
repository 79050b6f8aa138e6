"""Cells: records and what is refused of them, and the state behind a record of a declared cell."""

import gzip
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ingenium.core.errors import InputError
from ingenium.core.spec import Spec
from ingenium.domains import open_problem
from ingenium.domains.grid.cell.curves import VOLTAGES, declared_cells
from ingenium.domains.grid.cell.records import CellRecord, read_records
from ingenium.domains.grid.cell.rivals import Rivals
from ingenium.infer.spec import InferSpec
from ingenium.verbs.infer import infer, reading

STEP_S = 10.0
Change = Callable[[pd.DataFrame], object]


def record_of(charge_ah: np.ndarray, number: int = 1, ampere: float = 2.0) -> pd.DataFrame:
    """Write a discharge at a steady current along a curve, after half a minute of rest."""
    charge = np.concatenate([[0.0], charge_ah])
    volts = np.concatenate([[4.0], VOLTAGES])
    hours = np.arange(0.0, charge[-1] / ampere, STEP_S / 3600)
    loaded = np.interp(hours * ampere, charge, volts)
    last = charge[-1] / ampere * 3600
    seconds = np.concatenate([[0.0, 15.0], 30.0 + hours * 3600, [30.0 + last]])
    n = len(seconds)
    return pd.DataFrame(
        {
            "cycle_num": number,
            "Voltage_measured": np.concatenate([[4.15, 4.15], loaded, [volts[-1] - 1e-3]]),
            "Current_measured": np.concatenate([[0.0, 0.0], np.full(n - 2, -ampere)]),
            "Temperature_measured": np.linspace(24.0, 38.0, n),
            "Time": seconds,
        }
    )


def table_of(curves: np.ndarray, numbers: list[int]) -> pd.DataFrame:
    return pd.concat([record_of(curves[i - 1], i) for i in numbers], ignore_index=True)


def text(frame: pd.DataFrame) -> bytes:
    return frame.to_csv(index=False).encode()


def test_a_record_gives_back_the_curve_it_was_made_of() -> None:
    curve = declared_cells(0)["declared 1"].charge_ah[4]
    (one,) = read_records(gzip.compress(text(record_of(curve))))
    assert np.abs(one.at_voltages(VOLTAGES) - curve).max() < 6e-3  # samples are 5.6 mAh apart
    assert one.mean_a == pytest.approx(2.0)
    cut = one.until(3.5)
    assert np.isnan(cut.at_voltages(VOLTAGES)[VOLTAGES < 3.49]).all()


def test_counting_and_the_filter_are_right_for_a_full_start() -> None:
    curve = declared_cells(0)["declared 1"].charge_ah[4]
    (one,) = read_records(text(record_of(curve)))
    cut = one.until(3.5)
    rivals, truth = Rivals(curve), 1 - cut.counted_ah()[-1] / curve[-1]
    assert rivals.counting(cut) == pytest.approx(truth, abs=1e-9)
    assert rivals.kalman(cut) == pytest.approx(truth, abs=0.01)
    late = cut.part(20, len(cut.time_s))  # 0.11 Ah are missing as it begins
    assert rivals.counting(late) - truth > 0.05
    assert rivals.kalman(late) == pytest.approx(truth, abs=0.01)


WRONG: dict[str, tuple[Change, str]] = {
    "a clock that resets": (lambda t: t.__setitem__("Time", t["Time"] % 900), "resets"),
    "milliamperes": (lambda t: t.__setitem__("Current_measured", 1000 * t["Current_measured"]),
                     "probably mA"),
    "charging": (lambda t: t.__setitem__("Current_measured", -t["Current_measured"]),
                 "the other sign"),
    "millivolts": (lambda t: t.__setitem__("Voltage_measured", 1000 * t["Voltage_measured"]),
                   "probably mV"),
    "a pack": (lambda t: t.__setitem__("Voltage_measured", 4 * t["Voltage_measured"]), "a pack"),
    "kelvin": (lambda t: t.__setitem__("Temperature_measured",
                                       273.15 + t["Temperature_measured"]), "probably K"),
    "a current that varies": (lambda t: t.__setitem__(
        "Current_measured", t["Current_measured"] * np.where(np.arange(len(t)) % 50 < 25, 1, 0.7)),
        "steady current"),
    "no column of time": (lambda t: t.drop(columns="Time", inplace=True), "column Time"),
    "an empty cell": (lambda t: t.__setitem__("Time", t["Time"].where(t.index != 30)),
                      "finite numbers"),
    "numbers in turn": (lambda t: t.__setitem__("cycle_num", np.arange(len(t)) % 2), "cycle_num"),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_records_that_are_none_are_refused(name: str) -> None:
    change, said = WRONG[name]
    frame = record_of(declared_cells(0)["declared 1"].charge_ah[4])
    change(frame)
    with pytest.raises(InputError, match=said):
        read_records(text(frame))


def test_a_broken_archive_is_refused() -> None:
    whole = gzip.compress(text(record_of(declared_cells(0)["declared 1"].charge_ah[4])))
    with pytest.raises(InputError, match="broken gzip"):
        read_records(whole[: len(whole) // 2])


@pytest.mark.parametrize(
    ("setup", "said"),
    [
        ({"until_v": 3500.0}, "In mV"),
        ({"start_missing": 20.0}, "start_missing = 0.2"),
        ({"current_error": 1.0}, "current_error = 0.01"),
        ({"nominal_ah": 2000.0}, "In mAh"),
        ({"discharge": 99}, "number of a discharge"),
        ({"held_out": "B0099"}, "known cell"),
        ({"cells": "nowhere"}, "at least three files"),
    ],
)
def test_setups_that_are_wrong_are_refused(
    setup: dict[str, object], said: str, tmp_path: Path
) -> None:
    file = tmp_path / "record.csv"
    file.write_bytes(text(table_of(declared_cells(3)["declared 2"].charge_ah, [20, 21])))
    with pytest.raises(InputError, match=said):
        infer(reading(InferSpec("grid.cell", setup=setup), file), tmp_path / "out")


def test_the_state_of_an_unknown_cell_is_found(tmp_path: Path) -> None:
    """A cell of another sample, a start without its first tenth, and a current 1 % too high."""
    cell = declared_cells(3)["declared 2"]
    frame = table_of(cell.charge_ah, [20, 21])
    frame["Current_measured"] *= 1.01
    late = (frame["cycle_num"] == 21) & (frame["Time"].between(0, 380))
    file = tmp_path / "record.csv"
    file.write_bytes(text(frame[~late]))
    setup = {"until_v": 3.4}
    requested = InferSpec(
        "grid.cell", setup=setup, samples=400, prior_samples=1024, truths=0, ranked=0
    )
    made = infer(reading(requested, file), tmp_path / "out")
    found = made.stored.record["estimates"]
    capacity = float(cell.charge_ah[20, -1])
    given = float(np.interp(-3.4, -VOLTAGES, cell.charge_ah[20]))
    truth = {"charge": 100 * (1 - given / capacity), "health": 100 * capacity / 2.0,
             "charge_at_start": 100 * (1 - 2.0 * 350 / 3600 / capacity)}  # fmt: skip
    for name, value in truth.items():
        own = found[name]
        assert own["q05"] - 0.5 <= value <= own["q95"] + 0.5, (name, value, own)
    assert found["charge"]["q95"] - found["charge"]["q05"] < 8
    assert "Alongside other estimates" in [s.heading for s in made.sections]


def test_a_cell_without_a_complete_discharge_has_wider_bands(tmp_path: Path) -> None:
    cell = declared_cells(3)["declared 2"]
    widths = []
    for numbers in ([20, 21], [21]):
        file = tmp_path / f"{len(numbers)}.csv"
        file.write_bytes(text(table_of(cell.charge_ah, numbers)))
        requested = InferSpec("grid.cell", setup={"until_v": 3.5}, samples=200,
                              prior_samples=512, truths=0, ranked=0)  # fmt: skip
        made = infer(reading(requested, file), tmp_path / f"out{len(numbers)}")
        own = made.stored.record["estimates"]["health"]
        widths.append(own["q95"] - own["q05"])
    assert widths[1] > 2 * widths[0]


def test_another_current_than_that_of_known_cells_is_refused(tmp_path: Path) -> None:
    curve = declared_cells(3)["declared 2"].charge_ah[5]
    file = tmp_path / "record.csv"
    file.write_bytes(text(record_of(curve, ampere=1.0)))
    with pytest.raises(InputError, match="current of the known cells"):
        infer(reading(InferSpec("grid.cell"), file), tmp_path / "out")


def test_a_record_that_ends_at_once_is_refused(tmp_path: Path) -> None:
    frame = record_of(declared_cells(3)["declared 2"].charge_ah[5])
    file = tmp_path / "record.csv"
    file.write_bytes(text(frame[frame["Voltage_measured"].between(3.51, 3.58)]))
    with pytest.raises(InputError, match="passes at least 2"):
        infer(reading(InferSpec("grid.cell"), file), tmp_path / "out")


def test_a_discharge_has_a_current_below_0_in_bpx(tmp_path: Path) -> None:
    """As in the examples of the format, whose currents are below 0 while the voltage falls."""
    problem = open_problem(Spec("grid.cell"))
    files = problem.formats["bpx"].write(problem.data().isel(design=[3]), tmp_path)
    later = json.loads(files[3].read_text())["Validation"]["Later discharge"]
    assert max(later["Current [A]"]) < 0
    assert min(np.diff(later["Time [s]"])) > 0 > max(np.diff(later["Voltage [V]"]))
    hours = later["Time [s]"][-1] / 3600
    charge = problem.data()["reference"] + problem.data()["change"]
    assert -later["Current [A]"][0] * hours == pytest.approx(float(charge[3, -1]), rel=1e-12)


def test_a_part_keeps_its_number() -> None:
    (one,) = read_records(text(record_of(declared_cells(0)["declared 1"].charge_ah[4], 7)))
    assert isinstance(one, CellRecord)
    assert one.part(3, 9).number == 7 == replace(one, number=7).number
