"""Effects of faults: pressure and valves of some runs, and the cost of each kind of fault."""

from collections.abc import Sequence

import numpy as np
import xarray as xr

from ingenium.core.designs import DESIGN, to_arrays
from ingenium.core.problem import Section
from ingenium.core.quantity import Variable
from ingenium.core.verdict import Verdict
from ingenium.domains.plant.tennessee.runs import KINDS, ROWS, TAGS, faults_of
from ingenium.drawing import OverTime, TimeBand, figure_of, table
from ingenium.drawing.style import OURS

SHOWN = 4  # runs in figures


def sections(
    designs: xr.Dataset, verdicts: xr.Dataset, variables: Sequence[Variable]
) -> tuple[Section, ...]:
    """The tag that a fault moves the most in some runs, and medians by kind of fault."""
    arrays = to_arrays(designs, variables)
    faults = list(faults_of(arrays[2:]))
    good = np.flatnonzero(verdicts["verdict"].to_numpy() == Verdict.ACCEPTED).tolist()
    first = {faults[i].kind: i for i in reversed(good) if faults[i].kind != KINDS[0]}
    drawn = []
    for kind in sorted(first, key=KINDS.index)[:SHOWN]:
        i = first[kind]
        values, onset = arrays[1][i].numpy(), round(faults[i].onset_h * ROWS)
        before, after = values[:, :onset], values[:, onset:]
        gap = np.abs(after.mean(1) - before.mean(1)) / (before.std(1) + 1e-9)
        tag = int(gap.argmax())
        hours = np.arange(1, values.shape[1] + 1) / ROWS
        name = f"run {int(designs[DESIGN].to_numpy()[i])}: {kind}; {TAGS[tag]}"
        spans = ((faults[i].onset_h, float(hours[-1])),)
        band = [TimeBand(values[tag][None], kind, OURS)]
        drawn.append(OverTime(hours, band, name, TAGS[tag], "hour of the run", shaded=spans))
    return (
        Section(
            "The tag that a fault moves the most",
            "The time of the fault is shaded.",
            figure_of(*drawn, size=(8.0, 1.9), columns=1) if drawn else None,
        ),
        Section(
            "By kind of fault",
            ("Medians over runs that the engine could solve."),
            table=_kinds(verdicts),
        ),
    )


def _kinds(verdicts: xr.Dataset) -> tuple[tuple[str, ...], ...]:
    kind = verdicts["fault_kind"].to_numpy()
    own = {name: kind == code for code, name in enumerate(KINDS) if (kind == code).any()}
    return table(
        ("fault", own, ""),
        ("runs", [int(o.sum()) for o in own.values()], ""),
        *(
            (head, [float(np.median(verdicts[q].to_numpy()[o])) for o in own.values()], ".4g")
            for q, head in (
                ("cost", "cost, $/h"),
                ("product", "product, m³/h"),
                ("pressure", "highest pressure, kPa"),
                ("tripped", "shut down, h"),
            )
        ),
    )
