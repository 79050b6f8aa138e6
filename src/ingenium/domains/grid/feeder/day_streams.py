"""Days of a feeder as streams for a monitor: powers are inputs, voltage faults are events.

Shapes: n designs, t steps of a day.
"""

import numpy as np
import torch
import xarray as xr

from ingenium.core.designs import DESIGN, to_arrays
from ingenium.domains.grid.data.dataset import STEPS, VARIABLES
from ingenium.domains.grid.feeder.verifier import FeederVerifier
from ingenium.evaluate.event_scores import spans
from ingenium.monitor.stream import Event, Stream

BAND = 0.025  # pu to both sides: a quarter of what EN 50160 allows, so that there is time to act
TAGS = ("P_load", "Q_load", "P_infeed")
STEP_S, PAUSE_DAYS = 900, 2


def of(verifier: FeederVerifier, days: xr.Dataset) -> tuple[Stream, ...]:
    """Return loads and infeed of each day in MW and Mvar, and steps with a bus outside the band."""
    load_p, load_q, infeed_p = to_arrays(days, VARIABLES)
    profiles = verifier.profiles
    p, q = (w.sum(1).to(torch.float64) for w in (profiles.load_p_mw, profiles.load_q_mvar))
    rated = profiles.infeed_p_mw.sum(1).to(torch.float64)
    columns = (
        torch.einsum("nut,u->nt", load_p, p),
        torch.einsum("nut,u->nt", load_q, q),
        torch.einsum("ngt,g->nt", infeed_p, rated),
    )
    values = torch.stack(columns, 2).numpy()
    voltage = verifier.trace(load_p, load_q, infeed_p).voltage_pu
    low, high = voltage.min(2) < 1 - BAND, voltage.max(2) > 1 + BAND
    steps = np.arange(STEPS) * np.timedelta64(STEP_S, "s")
    found = []
    for i, index in enumerate(days[DESIGN].to_numpy().tolist()):
        begins = np.datetime64("2024-01-01", "s") + np.timedelta64(PAUSE_DAYS * int(index), "D")
        events = [Event("low voltage", a, b) for a, b in spans(low[i])]
        events += [Event("high voltage", a, b) for a, b in spans(high[i])]
        found.append(Stream(f"day {index}", begins + steps, TAGS, values[i], tuple(events)))
    return tuple(found)
