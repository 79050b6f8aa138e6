"""A finished run, opened from its folder; no engine is needed to look at it."""

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from ingenium.core import evidence
from ingenium.core import spec as specs
from ingenium.core.artifact import Artifact, JudgedValue, Replay, Table, named
from ingenium.core.errors import CorruptError, InputError
from ingenium.core.quantity import DESIGN
from ingenium.core.spec import Limit, Spec, parse
from ingenium.core.verdict import Verdict, unflagged
from ingenium.evaluate.limits import Summary
from ingenium.runs.artifacts import RUN_RECORDS
from ingenium.runs.recorded import DESIGNS, EVIDENCE, Recorded
from ingenium.runs.view import RunView

if TYPE_CHECKING:
    from ingenium.core.problem import Problem

JUDGED = ("verdict", "margin", "margin_uncertainty")  # besides the quantities
AGAIN = "Run the spec again."
SHOWN = 10  # designs that a table shows


@dataclass(frozen=True, repr=False)
class OpenedRun(RunView, Artifact):
    """Contents of the folder of a proposal, or of the result of a search.

    For a search these are the exported designs; its store contains the others.
    """

    requested: Spec  # as it was written
    limits: tuple[Limit, ...]  # in the units of their quantities
    designs: xr.Dataset
    verdicts: xr.Dataset
    selected: np.ndarray
    summary: Summary
    opener: "Callable[[Spec], Problem]"

    what = "a run"
    made_by = "ingenium propose PROBLEM"

    @classmethod
    def open(cls, folder: Path, *, without: Collection[str] = ()) -> "OpenedRun":
        """Open the run in a folder; its problem is opened where a picture needs it.

        Raises:
            InputError: if there is no finished run.
            CorruptError: if one of its files was altered.
        """
        return open_run(folder, lambda spec: named("ingenium.domains:open_problem")(spec))

    @property
    def spec(self) -> Spec:
        """Spec as it was written."""
        return self.requested

    @property
    def verdict(self) -> Verdict:
        """Accepted if a design is; failed if the engine had no answer to any."""
        if len(self.selected):
            return Verdict.ACCEPTED
        own = self.summary
        return Verdict.FAILED if own.failed == own.proposed else Verdict.REJECTED

    @property
    def reasons(self) -> tuple[str, ...]:
        """Limits that the designs violate, where none is accepted."""
        if self.verdict is Verdict.ACCEPTED:
            return ()
        rows = zip(self.limits, self.summary.limits, strict=True)
        return tuple(f"{x.label} is violated by {row.broken} designs" for x, row in rows)

    @property
    def values(self) -> dict[str, JudgedValue]:
        """Share of accepted designs, and measured values of the best one."""
        own = self.summary
        share = own.acceptance, own.acceptance_low, own.acceptance_high
        found = {"acceptance": JudgedValue(*share, "1")}
        for i in self.selected[:1].tolist():
            for name, array in self.verdicts.data_vars.items():
                if name in JUDGED or array.dims != (DESIGN,) or array.dtype.kind != "f":
                    continue
                value = float(array[i])
                limits = tuple(x for x in self.limits if x.quantity == name)
                unit = str(array.attrs.get("units", "1"))
                found[str(name)] = JudgedValue(value, None, None, unit, limits)
        return found

    @property
    def title(self) -> str:
        """The title of its spec, or its problem."""
        return self.requested.title or self.requested.problem

    @property
    def lead(self) -> str:
        """The number of designs that satisfy every limit."""
        own = self.summary
        return (
            f"{self.title}: {own.accepted} of {own.proposed} designs satisfy every limit, "
            f"{len(self.selected)} in {self.folder / DESIGNS}"
        )

    @property
    def notes(self) -> Sequence[str]:
        """Notes of its problem, and the state of its evidence."""
        return (*self.record["notes"], f"The evidence is {self.state}.")

    def tables(self) -> Sequence[tuple[str, Table]]:
        """Limits with the designs that violate them, and the best designs."""
        limits = [("limit", "violated by", "share", "95 % interval")]
        for x, row in zip(self.limits, self.summary.limits, strict=True):
            share = f"{100 * row.share:.3g} %", f"{100 * row.low:.3g} to {100 * row.high:.3g} %"
            limits.append((x.label, str(row.broken), *share))
        requested = [o.quantity for o in self.requested.objectives] + [
            x.quantity for x in self.limits
        ]
        names = list(dict.fromkeys(requested))
        best = [("design", *names)]
        for i in self.selected[:SHOWN].tolist():
            cells = (f"{float(self.verdicts[n][i]):.5g}" for n in names)
            best.append((str(int(self.designs[DESIGN][i])), *cells))
        return ("Limits", limits), ("The best designs", best)

    def replay(self, design: int = 0) -> Replay:
        """Propose and measure one design again, and compare."""
        found: Replay = named("ingenium.verbs.replay:replay")(self.folder, design)
        return found

    @cached_property
    def problem(self) -> "Problem":
        """The problem, opened with its engine on first use."""
        return self.opener(self.requested)

    @cached_property
    def state(self) -> str:
        """State of the evidence compared with what the run wrote, in a sentence."""
        return Recorded.of(self.folder).reported

    def _requested(self) -> Spec:
        return self.requested

    def _judged(self) -> Sequence[Limit]:
        return self.limits

    def _problem(self) -> "Problem":
        return self.problem


def open_run(folder: Path, opener: "Callable[[Spec], Problem]") -> OpenedRun:
    """Open the run in a folder; `opener` opens its problem if a picture needs it.

    Raises:
        InputError: if there is no finished run.
        CorruptError: if one of its files was altered.
    """
    found = _place(folder)
    record = next(_json(found / name) for name in RUN_RECORDS if (found / name).is_file())
    try:
        stored = xr.open_dataset(found / "designs.nc", engine="h5netcdf", decode_timedelta=False)
        with stored:
            whole = unflagged(stored.load())
        names = [*evidence.read(found / EVIDENCE)[0]["measured"], *JUDGED]
        measured = [name for name in names if name in whole]
        alongside = [name for name in whole.coords if name not in (DESIGN, "limit")]
        limits = tuple(parse(x, Limit, "the record of a run") for x in record["limits"])
        index = whole[DESIGN].to_numpy().tolist()
        return OpenedRun(
            found,
            record,
            specs.load(found / "spec.toml"),
            limits,
            whole.drop_vars([*measured, "limit"]),
            whole[measured].drop_vars(alongside, errors="ignore"),
            np.array([index.index(i) for i in record["exported"]], dtype=np.int64),
            _summary(_json(found / "summary.json")),
            opener,
        )
    except (OSError, LookupError, TypeError, ValueError) as error:
        if isinstance(error, InputError):
            raise
        what = f"does not hold a run as this version writes it ({error})"
        raise CorruptError(str(found), what, AGAIN) from error


def _place(folder: Path) -> Path:
    """Folder of the run: this one, or the result within that of a search."""
    for place in (folder, folder / "result"):
        if any((place / name).is_file() for name in RUN_RECORDS) and (place / EVIDENCE).is_file():
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
