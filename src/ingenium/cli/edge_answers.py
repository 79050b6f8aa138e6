"""What `edge` and its commands answer with `--json`, as types."""

from typing import Any

from pydantic import ConfigDict, with_config
from typing_extensions import TypedDict

Table = dict[str, Any]


@with_config(ConfigDict(extra="allow"))
class FittedGenerator(TypedDict):
    """`edge fit` and `edge show`: the record."""

    folder: str
    problem: str
    family: str
    recipe_title: str
    verdict: str
    measured: dict[str, Table]
    trials: list[Table]
    evidence: Table


class LentGenerator(TypedDict):
    """`edge lend`: how often each graph, or whole designs, were asked for."""

    asked: dict[str, int]


class SmallGeneratorHolds(TypedDict):
    """`edge replay`: whether a record holds."""

    holds: bool
    same: dict[str, bool]
