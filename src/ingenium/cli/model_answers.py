"""What `model` and `models` answer with `--json`, as types."""

from typing import Any

from pydantic import ConfigDict, with_config
from typing_extensions import TypedDict

Table = dict[str, Any]


@with_config(ConfigDict(extra="allow"))
class MadeModelAnswer(TypedDict):
    """`model` and `models show`: the record."""

    folder: str
    model: str
    title: str
    equations: list[str]
    assumptions: list[str]
    candidates: list[Table]
    constants: dict[str, Table]
    checks: list[Table]
    forecast: Table
    plain: str
    cannot_say: list[str]
    verdict: str
    reasons: list[str]
    holds: bool
    evidence: Table


class ModelFamilies(TypedDict):
    """`models families`: what is known."""

    families: list[Table]


class PeopleTogether(TypedDict):
    """`models people`: numbers of a population, and how far people differ."""

    people: int
    numbers: dict[str, Table]
    noise: float
    log_likelihood: float


class ReadProcesses(TypedDict):
    """`models read`: what descriptions name."""

    read: list[Table]


class ModelHolds(TypedDict):
    """`models replay`: whether a record holds."""

    holds: bool
    same: dict[str, bool]
