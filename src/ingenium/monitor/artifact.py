"""The artifact of `monitor`: an alarm on streams, exported and judged on unseen events."""

import json
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import ClassVar

import numpy as np

from ingenium.core.artifact import Artifact, Table, listed
from ingenium.core.sealed import without_none
from ingenium.core.spec import parse
from ingenium.monitor.alarms import AlarmRule
from ingenium.monitor.spec import MonitorSpec
from ingenium.monitor.stream import PlantMap

MODEL, LAYOUT, HELD_OUT = "monitor.onnx", "layout.json", "heldout.csv"
KINDS = {
    "kind": "{kind}",
    "events": "{events}",
    "missed": "{missed}",
    "median delay, h": "{delay:.3g}",
    "learned": "{seen}",
}


class Monitor(Artifact):
    """A monitor in its folder."""

    what = "a monitor"
    file = "monitor.json"
    made_by = "ingenium monitor fit STREAMS"
    remade_by = "ingenium.verbs.monitor:replay"
    drawn_by = "ingenium.monitor.pictures:figures"
    parts: ClassVar = {
        "data": ("evidence", "data"),
        "threshold": ("rule",),
        "measured": ("measured",),
        "events": ("events",),
    }

    def sealed(self) -> Mapping[str, str]:
        """The exported model."""
        return {MODEL: self.record["evidence"]["model"]}

    def check(self) -> None:
        """Read the rule of its alarm and the map of its plant."""
        _ = self.rule, self.layout

    @property
    def spec(self) -> MonitorSpec:
        """The spec of its fit."""
        return parse(without_none(self.record["spec"]), MonitorSpec, "the monitor's record")

    @cached_property
    def rule(self) -> AlarmRule:
        """The rule by which it raises an alarm."""
        own = self.record["rule"]
        return AlarmRule(float(own["threshold"]), int(own["hold"]))

    @cached_property
    def layout(self) -> PlantMap | None:
        """Map of its tags, if the streams have one."""
        path = self.folder / LAYOUT
        if not path.is_file():
            return None
        found = json.loads(path.read_bytes())
        spots = tuple((str(n), float(x), float(y)) for n, x, y in found["spots"])
        return PlantMap(np.array(found["lines"]), spots, found["tags"])

    @property
    def tags(self) -> tuple[str, ...]:
        """Tags in the order in which the file takes them."""
        return tuple(self.record["tags"])

    @property
    def title(self) -> str:
        """The title of its spec, or its family."""
        return self.record["spec"]["title"] or f"A monitor by {self.record['family']}"

    @property
    def lead(self) -> str:
        """The family, the verdict, and the data that judged it."""
        record = self.record
        arm = record["spec"]["augment"]
        more = "" if arm == "none" else f" with {arm}"
        return (
            f"{record['family']}{more}: {self.verdict}, on {len(record['events'])} events and "
            f"{record['normal_weeks']:.3g} calm weeks that it never saw"
        )

    @property
    def notes(self) -> Sequence[str]:
        """Notes on its streams, and the score of a random alarm."""
        chance = self.record["chance"]
        random = (
            f"A random alarm: AUC {chance['auc']:.2f}, and F1 {chance['point_adjusted_f1']:.2f} "
            "under point adjustment, which is why nothing here is point-adjusted."
        ) if chance else ""  # fmt: skip
        return (*self.record["notes"], *([random] if random else []))

    def tables(self) -> Sequence[tuple[str, Table]]:
        """Measured values, and events by kind."""
        kinds = [{"kind": k, **own} for k, own in self.record["kinds"].items()]
        return self.measured(), ("Events by kind", listed(kinds, KINDS))
