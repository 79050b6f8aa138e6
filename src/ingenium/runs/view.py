"""View of a run in Python: tables, pictures, the accepted designs.

It is the same for a run that has just ended and for one that was opened from its folder.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from functools import cached_property
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import xarray as xr

from ingenium.core import evidence
from ingenium.core.errors import choose
from ingenium.core.quantity import DESIGN, LABELS
from ingenium.core.shown import bound, column, headed, read, scales
from ingenium.core.spec import Limit, Spec
from ingenium.core.units import Scale
from ingenium.core.verdict import FLAGS, Verdict, at_best

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from ingenium.core.problem import Problem

FIRST = 10  # designs that a notebook shows


class RunView(ABC):
    """A view of a run with one row a design, in display units of its spec or its field."""

    designs: xr.Dataset  # with the conditions under which each was proposed
    verdicts: xr.Dataset  # values, margins and a verdict of each, in the units of their quantities
    selected: np.ndarray  # positions of the exported designs, best first
    record: dict[str, Any]
    folder: Path

    @abstractmethod
    def _requested(self) -> Spec:
        """The spec as it was written."""

    @abstractmethod
    def _judged(self) -> Sequence[Limit]:
        """The limits that were judged, in the units of their quantities."""

    @abstractmethod
    def _problem(self) -> "Problem":
        """Return the problem, opened if necessary."""

    @property
    def accepted(self) -> xr.Dataset:
        """Designs that satisfy every limit, with their measured values."""
        return self._whole(np.flatnonzero(self.verdicts["verdict"].to_numpy() == Verdict.ACCEPTED))

    @property
    def exported(self) -> xr.Dataset:
        """Designs that were exported as files, best first."""
        return self._whole(self.selected)

    @property
    def best_first(self) -> tuple[xr.Dataset, xr.Dataset]:
        """All designs and their verdicts, exported ones first; unranked in order of proposal."""
        if not self._requested().objectives:
            return self.designs, self.verdicts
        others = np.setdiff1d(np.arange(self.designs.sizes[DESIGN]), self.selected)
        order = np.concatenate([self.selected, others]).astype(np.int64)
        return self.designs.isel({DESIGN: order}), self.verdicts.isel({DESIGN: order})

    @cached_property
    def table(self) -> pd.DataFrame:
        """Table of the designs: verdict, requested conditions, numbers and margins.

        Arrays, such as a profile over a day, are only in `designs`.
        """
        designs, verdicts, by = self.designs, self.verdicts, self.scales
        index = pd.Index(designs[DESIGN].to_numpy(), name=DESIGN)
        columns: dict[str, Any] = {"verdict": verdicts["verdict"].to_numpy()}
        arrays = (*designs.coords.values(), *designs.data_vars.values())
        for array in (x for x in arrays if x.dims == (DESIGN,) and x.name != DESIGN):
            name, own = column(array, read(array))
            columns[name] = own.to_numpy()
        for name, one in by.items():
            head, own = column(verdicts[name], one)
            columns[head] = own.to_numpy()
        margin = verdicts["margin"].to_numpy()
        for i, limit in enumerate(self._judged()):
            one = by[limit.quantity]
            columns[f"margin of {bound(limit, one).label}"] = one.difference(margin[:, i])
        return pd.DataFrame(columns, index=index)

    @cached_property
    def records(self) -> list[dict[str, Any]]:
        """Evidence as it was written, a record a design."""
        return evidence.read(self.folder / "evidence.jsonl")

    @cached_property
    def evidence(self) -> pd.DataFrame:
        """Table of the records: measured values with their uncertainty, margins, files, digests.

        Values are in the units of the record; entries common to all records, such as the engine,
        are only in `records`.
        """
        rows = pd.DataFrame([_flat(r) for r in self.records])
        return rows.set_index(DESIGN)

    @property
    def rounds(self) -> pd.DataFrame:
        """Table of the rounds of a search; empty for a proposal."""
        return pd.DataFrame(self.record.get("rounds", []))

    def plot(self, quantity: str) -> "Figure":
        """Plot the distribution of a measured quantity over the designs, with its limits.

        Raises:
            InputError: for a quantity that was not measured, or whose values are names.
        """
        from ingenium.drawing.run_charts import Histogram

        known = [k for k in self.scales if LABELS not in self.verdicts[k].attrs]
        array, one = self.verdicts[choose(quantity, known, "quantity")], self.scales[quantity]
        values = one.value(array.to_numpy())
        answered = np.isfinite(values)
        limits = [(i, x) for i, x in enumerate(self._judged()) if x.quantity == quantity]
        broken, best = np.zeros(len(values), dtype=bool), at_best(self.verdicts, self._judged())
        for i, _ in limits:
            broken |= best[:, i] < 0
        label = headed(str(array.attrs.get("long_name", quantity)), one.unit)
        drawn = [bound(x, one) for _, x in limits]
        return Histogram.of(values[answered], broken[answered], drawn, label).figure()

    def pictures(self) -> dict[str, "Figure"]:
        """Pictures of the report by their headings: of the field, and of each limit."""
        sections = self._problem().sections(*self.best_first)
        own = {s.heading: s.figure for s in sections if s.figure is not None}
        return own | {x: self.plot(x) for x in dict.fromkeys(k.quantity for k in self._judged())}

    def __repr__(self) -> str:
        return f"<{self._reported()}, in {self.folder}>"

    def _repr_html_(self) -> str:
        """Summary for a notebook: counts, and the best of the exported designs."""
        rows = self.table.iloc[self.selected[:FIRST]]
        varied = rows.loc[
            :, [k for k in rows if rows[k].nunique(dropna=False) > 1 or len(rows) < 2]
        ]
        more = f"; the first {FIRST} of {len(self.selected)} kept" if len(rows) == FIRST else ""
        shown = varied.to_html(float_format=lambda x: f"{x:.4g}", border=0) if len(rows) else ""
        report = escape(str(self.folder / "report.html"))
        return f"<p><b>{escape(self._reported())}</b>{more}. Report: {report}</p>{shown}"

    def _reported(self) -> str:
        words = self.verdicts["verdict"].to_numpy()
        counts = {word: int((words == word).sum()) for word in FLAGS}
        reported = ", ".join(f"{many} {word}" for word, many in counts.items())
        return f"{self._requested().problem}: {reported} of {len(words)} designs"

    @cached_property
    def scales(self) -> Mapping[str, Scale]:
        """Display scale of each measured quantity."""
        return scales(self.verdicts, self._requested().limits)

    @property
    def units(self) -> dict[str, str]:
        """Display unit of each measured quantity in `verdicts`."""
        arrays = self.verdicts.data_vars.items()
        return {str(k): str(v.attrs["units"]) for k, v in arrays if "units" in v.attrs}

    def _whole(self, rows: np.ndarray) -> xr.Dataset:
        parts = [x.isel({DESIGN: rows}) for x in (self.designs, self.verdicts)]
        return xr.merge(parts, combine_attrs="drop_conflicts")


def _flat(record: Mapping[str, Any]) -> dict[str, Any]:
    row = {k: record[k] for k in (DESIGN, "verdict")}
    for name, found in record["measured"].items():
        row[headed(name, found.get("unit", "1"))] = found["value"]
        if "uncertainty" in found:
            row[f"uncertainty of {name}"] = found["uncertainty"]
    row |= {f"margin of {k}": v for k, v in record["margins"].items()}
    row |= record["conditions"]
    reported = ("file", "measured_on", "design_digest", "file_digest", "seed", "replay")
    return row | {k: record[k] for k in reported}
