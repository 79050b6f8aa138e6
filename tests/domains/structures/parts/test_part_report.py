"""The report of a run of parts where none satisfies every limit."""

import numpy as np
import xarray as xr

from ingenium.core.verdict import Verdict
from ingenium.domains.structures.parts.report import nearest, ranked

NAN = np.nan


def test_parts_that_break_the_fewest_limits_come_first_and_failed_ones_not_at_all() -> None:
    margin = [[1.0, -1.0, -1.0], [1.0, -1.0, 1.0], [NAN, NAN, NAN], [-1.0, 1.0, 1.0]]
    state = [Verdict.REJECTED, Verdict.REJECTED, Verdict.FAILED, Verdict.REJECTED]
    verdicts = xr.Dataset(
        {
            "verdict": ("design", state),
            "margin": (("design", "limit"), margin),
            **{n: ("design", [1.0, 3.0, 0.1, 2.0]) for n in ("mass", "compliance")},
            "support_volume": ("design", [1.0, 1.0, 1.0, 1.0]),
        }
    )
    assert not len(ranked(verdicts))
    assert nearest(verdicts).tolist() == [3, 1, 0]
