"""What `plan`, `roofline`, `drill` and a fit over workers answer with `--json`, as types."""

from typing import Any, NotRequired

from pydantic import ConfigDict, with_config
from typing_extensions import TypedDict

Table = dict[str, Any]


class PlannedLayouts(TypedDict):
    """`plan`: layouts, the best first, and when to start the first of them."""

    simulated: bool
    layouts: list[Table]
    start: NotRequired[Table]


@with_config(ConfigDict(extra="allow"))
class AdaptedFit(TypedDict):
    """`fit --base`: its record."""

    folder: str
    problem: str
    family: str
    rank: int
    trained_share: float
    replay: float
    loss_before: float
    loss_after: float
    earlier_loss_before: float
    earlier_loss_after: float
    lineage: Table


class KeptFit(TypedDict):
    """`fit --out` by one process: its record."""

    folder: str
    problem: str
    family: str
    rows: int
    parameters: int
    fit: Table
    lineage: Table
    energy: Table


class MeasuredRoofline(TypedDict):
    """`roofline`: the bounds of a core, and kernels below them."""

    gflops: float
    gb_s: float
    ridge: float
    kernels: list[Table]


@with_config(ConfigDict(extra="allow"))
class FittedRanks(TypedDict):
    """`fit` over workers: its record."""

    folder: str
    problem: str
    family: str
    on: str
    layout: str
    steps: int
    predicted: Table
    measured: Table
    tried: list[Table]
    one_process: Table | None
    lineage: Table


@with_config(ConfigDict(extra="allow"))
class DrilledFit(TypedDict):
    """`drill`: its record."""

    folder: str
    holds: bool
    same_weights: bool
    faults: list[Table]
    loss: float
    undisturbed_loss: float
    availability: float
    notes: list[str]
    lineage: Table
