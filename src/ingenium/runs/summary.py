"""Counts of verdicts where expensive quantities were left out of designs that others rejected."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import xarray as xr

from ingenium.core.quantity import Quantity
from ingenium.core.spec import Limit
from ingenium.core.verdict import Verdict
from ingenium.evaluate.limits import Summary, summarise
from ingenium.evaluate.nearest import nearest


def summary(
    verdicts: xr.Dataset, limits: Sequence[Limit], quantities: Sequence[Quantity]
) -> Summary:
    """Count verdicts; shares of a limit are over the designs with its quantity measured.

    The nearest design, where none was accepted, is among those with all quantities measured;
    without any, limits on quantities that were left out are not reported as reachable.
    """
    answered = verdicts["verdict"].to_numpy() != Verdict.FAILED
    known = np.stack([np.isfinite(verdicts[x.quantity].to_numpy()) for x in limits] or [answered])
    if known[:, answered].all():
        return summarise(verdicts, limits, quantities)
    cheap = np.flatnonzero(known[:, answered].all(1))
    whole = summarise(verdicts.isel(limit=cheap), [limits[i] for i in cheap.tolist()], quantities)
    rows = dict(zip(cheap.tolist(), whole.limits, strict=True))
    for i in set(range(len(limits))) - rows.keys():
        those = np.flatnonzero(known[i]) if known[i].any() else np.arange(len(answered))
        row = summarise(verdicts.isel(design=those, limit=[i]), [limits[i]], quantities).limits[0]
        rows[i] = row if known[i].any() else replace(row, verified=0, low=0.0, high=1.0)
    near = whole.nearest
    if not whole.accepted and (complete := np.flatnonzero(known.all(0))).size:
        near = nearest(verdicts.isel(design=complete), limits, quantities)
    return replace(whole, limits=tuple(rows[i] for i in range(len(limits))), nearest=near)
