"""The contract on weeks of C-Town under attack, and on runs of a chemical plant."""

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import ClassVar

from ingenium.testing import Damage, ProblemContract


def _line(name: str, old: str, new: str, path: Path) -> None:
    file = path / name
    found = file.read_text()
    assert old in found
    file.write_text(found.replace(old, new, 1))


def _hidden(path: Path) -> None:
    """Keep the attack, and remove its label."""
    tags = path / "tags.csv"
    tags.write_text(
        "\n".join(
            x.removesuffix(",1") + ",0" if x.endswith(",1") else x
            for x in tags.read_text().splitlines()
        )
        + "\n"
    )


def _another_station(path: Path) -> None:
    events = path / "events.csv"
    found = events.read_text()
    old = next(s for s in ("T1", "T2", "T3", "T4", "T5", "T7") if f",{s}," in found)
    events.write_text(found.replace(f",{old},", ",T2," if old != "T2" else ",T4,"))


def _renamed(path: Path) -> None:
    """Exchange the names of two tags."""
    tags = path / "tags.csv"
    tags.write_text(tags.read_text().replace("L_T1,L_T2", "L_T2,L_T1", 1))


def _swapped(path: Path) -> None:
    """Exchange two hours of readings, with right stamps."""
    tags = path / "tags.csv"
    lines = tags.read_text().splitlines()
    a, b = (line.split(",", 1) for line in (lines[5], lines[12]))
    lines[5], lines[12] = f"{a[0]},{b[1]}", f"{b[0]},{a[1]}"
    tags.write_text("\n".join(lines) + "\n")


def _of_event(column: str, value: str, path: Path) -> None:
    """Change an entry of the event."""
    file = path / "events.csv"
    head, row = file.read_text().splitlines()[:2]
    cells = dict(zip(head.split(","), row.split(","), strict=True)) | {column: value}
    file.write_text(f"{head}\n{','.join(cells.values())}\n")


def _thirsty(by: float, path: Path) -> None:
    """Change the size of demands, with the same readings."""
    file = path / "demand.csv"
    head, *rows = file.read_text().splitlines()
    cells = [row.split(",") for row in rows]
    reported = [",".join([hour, *(f"{by * float(x):.4f}" for x in own)]) for hour, *own in cells]
    file.write_text("\n".join([head, *reported]) + "\n")


def _held(path: Path) -> None:
    """Freeze one tag for the whole week, like a replayed reading."""
    file = path / "tags.csv"
    head, *rows = file.read_text().splitlines()
    cells = [row.split(",") for row in rows]
    for row in cells:
        row[1] = cells[0][1]
    file.write_text("\n".join([head, *map(",".join, cells)]) + "\n")


def _a_year_later(path: Path) -> None:
    file = path / "tags.csv"
    file.write_text(file.read_text().replace("/24 ", "/25 "))


def _an_hour_less(path: Path) -> None:
    for name in ("tags.csv", "demand.csv"):
        file = path / name
        file.write_text("\n".join(file.read_text().splitlines()[:-1]) + "\n")


def _two_events(path: Path) -> None:
    file = path / "events.csv"
    head, row = file.read_text().splitlines()[:2]
    file.write_text("\n".join([head, row, row]) + "\n")


class TestCampaign(ProblemContract):
    problem_name = "plant.campaign"
    setup: ClassVar = {"known": 10, "days": 3}
    few = 3

    def forgeries(self) -> Mapping[str, Mapping[str, Damage]]:
        return {
            "scada-csv": {
                "with its label gone": _hidden,
                "as if another station were attacked": _another_station,
                "with two tags renamed": _renamed,
                "with two hours exchanged": _swapped,
                "of another kind of attack": partial(_of_event, "kind", "none"),
                "of a kind that nobody knows": partial(_of_event, "kind", "flood"),
                "shown, as it says": partial(_of_event, "shown", "everything"),
                "of an attack without end": partial(_of_event, "length_h", "1e9"),
                "of an attack before it began": partial(_of_event, "onset_h", "-5.0"),
                "of no number": partial(_of_event, "strength", "nan"),
                "of an attack a thousand times as strong": partial(_of_event, "strength", "1e3"),
                "with twice the demand": partial(_thirsty, 2.0),
                "with a hundredth more demand": partial(_thirsty, 1.01),
                "with water that flows back": partial(_thirsty, -1.0),
                "with a tag that stands still": _held,
                "of another year": _a_year_later,
                "with an hour less": _an_hour_less,
                "with two events": _two_events,
            }
        }


def _later(path: Path) -> None:
    """The fault begins an hour later than its label says."""
    file = path / "fault.csv"
    head, row = file.read_text().splitlines()[:2]
    cells = dict(zip(head.split(","), row.split(","), strict=True))
    cells["onset_h"] = f"{float(cells['onset_h']) + 1:.6f}"
    file.write_text(f"{head}\n{','.join(cells.values())}\n")


def _warmer(path: Path) -> None:
    """Set-points a little off, readings as they were."""
    file = path / "setpoints.csv"
    head, *rows = file.read_text().splitlines()
    cells = [row.split(",") for row in rows]
    text = "\n".join(",".join([*c[:3], f"{float(c[3]) + 0.05:.4f}"]) for c in cells)
    file.write_text(f"{head}\n{text}\n")


class TestTennessee(ProblemContract):
    problem_name = "plant.tennessee"
    setup: ClassVar = {"known": 10, "hours": 2}
    few = 3

    def forgeries(self) -> Mapping[str, Mapping[str, Damage]]:
        return {
            "te-csv": {
                "with two tags renamed": partial(
                    _line, "tags.csv", "A feed,D feed", "D feed,A feed"
                ),
                "of another minute": partial(_line, "tags.csv", "01-01 00:06", "01-01 00:07"),
                "with other set-points than its readings": _warmer,
                "of a fault that begins later": _later,
            }
        }
