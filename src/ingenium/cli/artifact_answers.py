"""Answers of commands about artifacts to `--json`, as types: their records, and more."""

from typing import Any, Literal, NotRequired

from pydantic import ConfigDict, with_config
from typing_extensions import TypedDict

from ingenium.core.artifact import ReplayCheck

Table = dict[str, Any]


@with_config(ConfigDict(extra="allow"))  # the rest of a record is that of its kind
class ArtifactAnswer(TypedDict):
    """`show FOLDER`, and every command that makes an artifact: its record."""

    folder: str
    verdict: Literal["accepted", "rejected", "inconclusive", "failed"]
    reasons: list[str]
    problem: NotRequired[str]
    family: NotRequired[str]
    title: NotRequired[str]
    measured: NotRequired[Table]
    margins: NotRequired[dict[str, float | None]]
    notes: NotRequired[list[str]]
    evidence: NotRequired[Table]
    energy: NotRequired[Any]


class ReplayAnswer(TypedDict):
    """`replay`: whether the evidence of an artifact holds; of a run that of one design."""

    folder: str
    reproduced: bool
    checks: list[ReplayCheck]
    reasons: list[str]
    design: NotRequired[int]
    problem: NotRequired[str]
    recorded: NotRequired[str]
    verdict: NotRequired[str]


class MonitorFamilies(TypedDict):
    """`monitor families`: what can be fitted."""

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


class PosteriorMethods(TypedDict):
    """`posterior methods`: what can be named."""

    methods: list[str]


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


class LentGenerator(TypedDict):
    """`edge lend`: how often each graph, or whole designs, were asked for."""

    requested: dict[str, int]


class PlannedLayouts(TypedDict):
    """`plan`: layouts, the best first, and when to start the first of them."""

    simulated: bool
    layouts: list[Table]
    start: NotRequired[Table]


class MeasuredRoofline(TypedDict):
    """`roofline`: the bounds of a core, and kernels below them."""

    gflops: float
    gb_s: float
    ridge: float
    kernels: list[Table]
