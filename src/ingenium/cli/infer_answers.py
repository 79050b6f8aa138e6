"""What `infer` and `posterior` answer with `--json`, as types."""

from typing import Any, Literal

from pydantic import ConfigDict, with_config
from typing_extensions import TypedDict

Table = dict[str, Any]


@with_config(ConfigDict(extra="allow"))
class InferredPosterior(TypedDict):
    """`infer` and `posterior show`: the record."""

    folder: str
    problem: str
    method: str
    verdict: Literal["calibrated", "not calibrated", "outside the prior", "not told"]
    reasons: list[str]
    told: dict[str, Table]
    measured: dict[str, Table]
    evidence: Table


class PosteriorMethods(TypedDict):
    """`posterior methods`: what can be named."""

    methods: list[str]


class PosteriorHolds(TypedDict):
    """`posterior replay`: whether a record holds."""

    holds: bool
    same: dict[str, bool]
