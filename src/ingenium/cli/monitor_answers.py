"""What `monitor` and its commands answer with `--json`, as types."""

from typing import Any

from pydantic import ConfigDict, with_config
from typing_extensions import TypedDict

Table = dict[str, Any]


@with_config(ConfigDict(extra="allow"))
class FittedMonitor(TypedDict):
    """`monitor fit` and `monitor show MONITOR`: its record."""

    folder: str
    family: str
    verdict: str
    measured: dict[str, Table]
    kinds: dict[str, Table]
    events: list[Table]
    tags: list[str]
    evidence: Table


class MonitorFamilies(TypedDict):
    """`monitor show`: what can be fitted."""

    families: list[str]
    augment: list[str]


class HeardStream(TypedDict):
    """`monitor run`: what it said of a stream."""

    rows: int
    scored: int
    alarms: list[Table]
    ranking: dict[str, float] | None
    late: int
    gaps: int
    faults: list[str]
    microseconds: dict[str, float]
    report: str


class MonitorHolds(TypedDict):
    """`monitor replay`: whether a record holds."""

    holds: bool
    same: dict[str, bool]
