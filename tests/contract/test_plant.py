"""The contract on weeks of C-Town under attack."""

from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

from ingenium.testing import Damage, ProblemContract


def _line(name: str, old: str, new: str, path: Path) -> None:
    file = path / name
    found = file.read_text()
    assert old in found
    file.write_text(found.replace(old, new, 1))


def _hidden(path: Path) -> None:
    """The attack is there and its label is gone."""
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
    """Two tags in each other's place."""
    tags = path / "tags.csv"
    tags.write_text(tags.read_text().replace("L_T1,L_T2", "L_T2,L_T1", 1))


def _swapped(path: Path) -> None:
    """Two hours of readings in each other's place, with right stamps."""
    tags = path / "tags.csv"
    lines = tags.read_text().splitlines()
    a, b = (line.split(",", 1) for line in (lines[5], lines[12]))
    lines[5], lines[12] = f"{a[0]},{b[1]}", f"{b[0]},{a[1]}"
    tags.write_text("\n".join(lines) + "\n")


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
            }
        }
