"""A kept monitor: its folder, opened and checked, and whether its limits hold."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ingenium.core.errors import CorruptError
from ingenium.core.judged import JudgedKind
from ingenium.monitor.alarms import AlarmRule
from ingenium.monitor.stream import PlantMap

MODEL, RECORD, LAYOUT = "monitor.onnx", "monitor.json", "layout.json"
KIND = JudgedKind("a monitor", RECORD, "ingenium monitor fit", "Fit it again.")


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
        record = KIND.opened(folder, {MODEL: ("evidence", "model")})
        try:
            rule = AlarmRule(float(record["rule"]["bar"]), int(record["rule"]["hold"]))
            layout = _layout(folder / LAYOUT)
        except (ValueError, LookupError, TypeError) as error:
            raise CorruptError(
                str(folder), f"has no record or layout of a monitor ({error})", KIND.again
            ) from error
        return cls(folder, record, rule, layout)

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
