"""PCA on the Tennessee Eastman process against known missed detections.

Data: package bibmon (Apache-2.0), of which only files are read. Limits of 99 % are from its normal
test file and 11 components, as for the table of the reference; Chiang, Russell and Braatz (Fault
Detection and Diagnosis in Industrial Systems, 2001, table 7.6) print nearly the same.
"""

from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
import torch

from ingenium.monitor.families.charts import PCA
from ingenium.monitor.families.detector import WindowExamples
from ingenium.train.plan import Plan

MISSED = {  # of T² and of the squared error, by fault
    1: (0.007, 0.003),
    2: (0.020, 0.014),
    4: (0.943, 0.034),
    5: (0.771, 0.743),
    6: (0.011, 0.000),
    8: (0.034, 0.024),
    10: (0.640, 0.634),
    11: (0.770, 0.346),
    14: (0.139, 0.000),
    19: (0.994, 0.864),
    20: (0.676, 0.542),
    21: (0.728, 0.564),
}
NEVER_SEEN = (3, 9, 15)


def rows(name: str) -> torch.Tensor:
    place = find_spec("bibmon")
    assert place is not None
    assert place.origin is not None, "pip install --no-deps bibmon"
    found = np.loadtxt(Path(place.origin).parent / "tennessee_eastman" / name)
    return torch.from_numpy(found.T if found.shape[0] == 52 else found).float()[:, None]


@pytest.mark.slow
def test_missed_detections_are_those_of_the_table() -> None:
    detector, learned = PCA(52, 1, components=11), rows("d00.dat")
    detector.fit(WindowExamples(learned, learned[:0], Plan()))

    def statistics(name: str) -> tuple[torch.Tensor, torch.Tensor]:
        return detector.statistics(detector._standard(rows(name)))

    limits = [s.quantile(0.99) for s in statistics("d00_te.dat")]
    for fault in range(1, 22):
        found = [
            float((s[160:] <= limit).float().mean())
            for s, limit in zip(statistics(f"d{fault:02d}_te.dat"), limits, strict=True)
        ]
        if fault in MISSED:
            assert found == pytest.approx(MISSED[fault], abs=0.002), fault
        if fault in NEVER_SEEN:
            assert min(found) > 0.96, fault
