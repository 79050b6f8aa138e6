"""What `operate` and its replay answer with `--json`, as types."""

from typing import Any

from pydantic import ConfigDict, with_config
from typing_extensions import TypedDict

Table = dict[str, Any]


@with_config(ConfigDict(extra="allow"))
class OperatedPlant(TypedDict):
    """`operate`: its record."""

    folder: str
    problem: str
    verdict: str
    policy: Table
    release: Table
    measured: dict[str, Table]
    margins: dict[str, float | None]
    decisions: list[Table]
    faults: list[Table]
    evidence: Table


class OperationHolds(TypedDict):
    """`replay` of an operation: whether its record holds."""

    folder: str
    holds: bool
    same: dict[str, bool]
