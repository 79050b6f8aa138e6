"""A finished run, opened again from its folder; no engine is needed to look at it."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from ingenium.core import evidence
from ingenium.core import spec as specs
from ingenium.core.designs import DESIGN
from ingenium.core.errors import CorruptError, InputError
from ingenium.core.problem import Problem
from ingenium.core.spec import Limit, Spec, parse
from ingenium.core.verdict import unflagged
from ingenium.evaluate.limits import Summary
from ingenium.runs.recorded import DESIGNS, EVIDENCE, WHOLE, Recorded
from ingenium.runs.view import RunView

JUDGED = ("verdict", "margin", "margin_uncertainty")  # beside the quantities
AGAIN = "Run the spec again."


@dataclass(frozen=True, repr=False)
class OpenedRun(RunView):
    """What lies in the folder of a proposal, or of the result of a search.

    Of a search these are the designs that were handed over; its store holds the others.
    """

    spec: Spec  # as it was written
    limits: tuple[Limit, ...]  # in the units of their quantities
    designs: xr.Dataset
    verdicts: xr.Dataset
    selected: np.ndarray
    summary: Summary
    record: dict[str, Any]
    folder: Path
    opener: Callable[[Spec], Problem]

    @cached_property
    def problem(self) -> Problem:
        """The problem, opened with its engine on first use."""
        return self.opener(self.spec)

    @cached_property
    def state(self) -> str:
        """Whether the evidence is still what the run wrote, in a sentence."""
        return Recorded.of(self.folder).told

    def _asked(self) -> Spec:
        return self.spec

    def _judged(self) -> Sequence[Limit]:
        return self.limits

    def _problem(self) -> Problem:
        return self.problem


def open_run(folder: Path, opener: Callable[[Spec], Problem]) -> OpenedRun:
    """The run in a folder; `opener` opens its problem if a picture needs it.

    Raises:
        InputError: if no finished run lies there.
        CorruptError: if a file of it is not what the run wrote.
    """
    found = _place(folder)
    record = next(_json(found / name) for name in WHOLE if (found / name).is_file())
    try:
        stored = xr.open_dataset(found / "designs.nc", engine="h5netcdf", decode_timedelta=False)
        with stored:
            whole = unflagged(stored.load())
        names = [*evidence.read(found / EVIDENCE)[0]["measured"], *JUDGED]
        measured = [name for name in names if name in whole]
        beside = [name for name in whole.coords if name not in (DESIGN, "limit")]
        limits = tuple(parse(x, Limit, "the record of a run") for x in record["limits"])
        index = whole[DESIGN].to_numpy().tolist()
        return OpenedRun(
            specs.load(found / "spec.toml"),
            limits,
            whole.drop_vars([*measured, "limit"]),
            whole[measured].drop_vars(beside, errors="ignore"),
            np.array([index.index(i) for i in record["kept"]], dtype=np.int64),
            _summary(_json(found / "summary.json")),
            record,
            found,
            opener,
        )
    except (OSError, LookupError, TypeError, ValueError) as error:
        if isinstance(error, InputError):
            raise
        what = f"does not hold a run as this version writes it ({error})"
        raise CorruptError(str(found), what, AGAIN) from error


def _place(folder: Path) -> Path:
    """Where the run lies: in the folder, or in the result below that of a search."""
    for place in (folder, folder / "result"):
        if any((place / name).is_file() for name in WHOLE) and (place / EVIDENCE).is_file():
            return place
    raise InputError(
        "the folder of a finished run or search",
        f"{folder}, which holds no {EVIDENCE} with its record",
        f"Name the folder that has {DESIGNS}/ and report.html in it.",
    )


def _json(path: Path) -> dict[str, Any]:
    try:
        return dict(json.loads(path.read_bytes()))
    except (OSError, ValueError, TypeError, RecursionError) as error:
        raise CorruptError(str(path), f"is not what the run wrote ({error})", AGAIN) from error


def _summary(table: Mapping[str, Any]) -> Summary:
    own = {k: v for k, v in table.items() if k in Summary.__dataclass_fields__}
    return parse(own, Summary, "the summary of a run")
