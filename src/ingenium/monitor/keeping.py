"""A kept monitor: its folder, opened and checked, and whether its limits hold."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ingenium.core.digest import file_digest
from ingenium.core.errors import CorruptError, InputError
from ingenium.core.spec import Limit
from ingenium.evaluate.measured import Interval
from ingenium.monitor.alarms import AlarmRule
from ingenium.monitor.stream import PlantMap

MODEL, RECORD, LAYOUT = "monitor.onnx", "monitor.json", "layout.json"


@dataclass(frozen=True)
class MonitorVerdict:
    """Margins of limits; at least 0 holds."""

    margins: dict[str, float]
    word: str  # accepted, rejected, or failed where something could not be measured

    @classmethod
    def of(cls, values: Mapping[str, Interval], limits: Sequence[Limit]) -> "MonitorVerdict":
        """Of measured values; with `beyond_uncertainty` the whole interval must hold a limit."""
        margins = {}
        for limit in limits:
            own = values[limit.quantity]
            ends = (own.low, own.high) if limit.beyond_uncertainty else (own.value, own.value)
            gaps = []
            if limit.at_least is not None:
                gaps.append(ends[0] - limit.at_least)
            if limit.at_most is not None:
                gaps.append(limit.at_most - ends[1])
            margins[limit.label] = min(gaps)
        if not all(np.isfinite(m) for m in margins.values()):
            return cls(margins, "failed")
        return cls(margins, "accepted" if all(m >= 0 for m in margins.values()) else "rejected")


@dataclass(frozen=True)
class Monitor:
    """A monitor in its folder."""

    folder: Path
    record: Mapping[str, Any]
    rule: AlarmRule
    layout: PlantMap | None

    @classmethod
    def opened(cls, folder: Path) -> "Monitor":
        """A monitor that was fitted.

        Raises:
            InputError: if there is none in the folder.
            CorruptError: if its file is not the one that was judged.
        """
        path = folder / RECORD
        if not path.is_file():
            raise InputError(
                "the folder of a monitor", f"{folder}", "Write `ingenium monitor fit` first."
            )
        try:
            record = json.loads(path.read_bytes())
            rule = AlarmRule(float(record["rule"]["bar"]), int(record["rule"]["hold"]))
            known = record["evidence"]["model"]
        except (ValueError, LookupError, TypeError) as error:
            raise CorruptError(str(path), f"is no record ({error})", "Fit it again.") from error
        if file_digest(folder / MODEL) != known:
            raise CorruptError(
                str(folder / MODEL), "is not the file that was judged", "Fit it again."
            )
        return cls(folder, record, rule, _layout(folder / LAYOUT))

    @property
    def tags(self) -> tuple[str, ...]:
        """In the order in which the file takes them."""
        return tuple(self.record["tags"])


def _layout(path: Path) -> PlantMap | None:
    if not path.is_file():
        return None
    found = json.loads(path.read_bytes())
    spots = tuple((str(n), float(x), float(y)) for n, x, y in found["spots"])
    return PlantMap(np.array(found["lines"]), spots, found["tags"])
