"""The ranking score of BATADAL by family: fitted to its attack-free year, run on seven attacks.

It needs the competition's files, whose folder is in `INGENIUM_BATADAL`. Each row runs two commands:
`ingenium monitor fit` on the year, at one false alarm a week, and `ingenium monitor run` on the
record with attacks, row by row.
"""

import os
import tempfile
from pathlib import Path

from benchmarks.measuring import report
from ingenium.evaluate import event_scores
from ingenium.monitor.running import summary
from ingenium.monitor.spec import MonitorSpec
from ingenium.verbs import monitor as watching
from ingenium_book.studies.plant import batadal

FAMILIES = ("pca", "dpca", "cva", "forecast", "isolation_forest", "autoencoder")


def run() -> None:
    """Write and print all rows; nothing without a folder."""
    place = os.environ.get(batadal.PLACE)
    if not place:
        print(f"plant_batadal is left out: {batadal.PLACE} names no folder.")
        return
    rows = [_row(family, Path(place)) for family in FAMILIES]
    about = {"learned_from": batadal.NORMAL, "run_on": batadal.ATTACKED, "seed": 0}
    report("plant_batadal", "Seven attacks of BATADAL", rows, about)


def _row(family: str, folder: Path) -> dict[str, object]:
    with tempfile.TemporaryDirectory() as place:
        spec = MonitorSpec(family=family)
        retained = watching.fit(folder / batadal.NORMAL, spec, Path(place) / "kept")
        seen = watching.run(retained, folder / batadal.ATTACKED)
    assert seen.label is not None
    found = summary(seen.reported, seen.memory, seen.label)["ranking"]
    assert isinstance(found, dict)
    hit = [
        any(t.alarm for t in seen.reported[a : b + 1]) for a, b in event_scores.spans(seen.label)
    ]
    return {
        "family": family,
        "S": round(found["s"], 3),
        "time to detection": round(found["s_time_to_detection"], 3),
        "classification": round(found["s_classification"], 3),
        "rows told rightly, %": round(100 * found["accuracy"], 1),
        "attacks found": f"{sum(hit)} of {len(hit)}",
    }
