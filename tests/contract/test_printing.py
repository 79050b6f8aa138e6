"""The contract on settings of printers, build plans and quotes, and on invalid files of them."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, ClassVar

import pandas as pd

from ingenium.testing import Damage, ProblemContract


def _column(name: str, change: Callable[[Any], Any]) -> Damage:
    def damage(path: Path) -> None:
        table = pd.read_csv(path)
        table.assign(**{name: change(table[name])}).to_csv(path, index=False)

    return damage


def _entry(name: str, change: Callable[[float], float]) -> Damage:
    def damage(path: Path) -> None:
        rows = [json.loads(line) for line in path.read_text().splitlines()]
        changed = [json.dumps(row | {name: change(row[name])}) for row in rows]
        path.write_text("\n".join(changed) + "\n")

    return damage


class TestPrintSettings(ProblemContract):
    problem_name = "printing.settings"
    setup: ClassVar = {"known": 20}
    few = 3

    def forgeries(self) -> Mapping[str, Mapping[str, Damage]]:
        return {
            "settings-csv": {
                "in kilowatts": _column("power_w", lambda p: p / 1e3),
                "in metres a second": _column("speed_mm_s", lambda v: v / 1e3),
                "with a beam in millimetres": _column("beam_um", lambda d: d / 1e3),
                "with a hatch of three": _column("hatch_um", lambda h: 3 * h),
                "twice as slow": _column("speed_mm_s", lambda v: v // 8),
            },
            "settings-jsonl": {
                "with twice the layer": _entry("layer_um", lambda t: 4 * t),
                "with three times the power": _entry("power_w", lambda p: 3 * p),
            },
        }


def _traveller(item: str, change: Callable[[float], float]) -> Damage:
    def damage(path: Path) -> None:
        file = path / "traveller.csv"
        table = pd.read_csv(file, dtype=str).set_index("item")
        table.loc[item, "value"] = f"{change(float(table.loc[item, 'value'])):.10g}"
        table.reset_index().to_csv(file, index=False)

    return damage


def _line(name: str, change: Callable[[list[str]], list[str]]) -> Damage:
    def damage(path: Path) -> None:
        file = path / name
        file.write_text("\n".join(change(file.read_text().splitlines())) + "\n")

    return damage


def _without_a_layer(lines: list[str]) -> list[str]:
    at = [i for i, line in enumerate(lines) if line.startswith("$$HATCHES")]
    return lines[: at[len(at) // 2]] + lines[at[len(at) // 2] + 1 :]


def _moved_aside(lines: list[str]) -> list[str]:
    at = next(i for i, line in enumerate(lines) if line.startswith("$$HATCHES"))
    words = lines[at].split(",")
    words[2] = str(int(words[2]) + 1)
    return [*lines[:at], ",".join(words), *lines[at + 1 :]]


class TestPrintBuild(ProblemContract):
    problem_name = "printing.build"
    setup: ClassVar = {
        "known": 16,
        "scale": 0.2,
        "groups": 2,
        "disturbances": {"beam": 0.0},
        "machine": {"layer_m": [40e-6, 60e-6], "hatch_m": [80e-6, 140e-6]},
    }
    few = 3

    def forgeries(self) -> Mapping[str, Mapping[str, Damage]]:
        return {
            "build-folder": {
                "without the hatch of a layer": _line("vectors.cli", _without_a_layer),
                "a micrometre aside": _line("vectors.cli", _moved_aside),
                "in another unit": _line(
                    "vectors.cli", lambda x: [s.replace("/0.001", "/0.01") for s in x]
                ),
                "with G-code of three times the power": _line(
                    "build.gcode", lambda x: [s.replace(" S", " S3") for s in x]
                ),
                "with a traveller of half the hours": _traveller("hours", lambda h: h / 2),
                "with another layer": _traveller("layer_m", lambda h: h + 5e-6),
                "with another lean": _traveller("tilt_deg", lambda t: (t + 7) % 180),
            }
        }


class TestPrintQuote(ProblemContract):
    problem_name = "printing.quote"
    few = 3

    def forgeries(self) -> Mapping[str, Mapping[str, Damage]]:
        return {
            "quotes-csv": {
                "at half the price": _column("price_EUR", lambda p: p / 2),
                "in days": _column("cycle_h", lambda h: h / 24),
                "with walls of twice the size": _column("wall_mm", lambda w: 2 * w),
                "by another process": _column(
                    "process",
                    lambda p: p.replace(
                        {
                            "binder jet": "powder bed",
                            "powder bed": "binder jet",
                            "sand casting": "binder jet",
                        }
                    ),
                ),
            }
        }
