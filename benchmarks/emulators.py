"""The suite of emulators on every family for series: tails, spectra, collapse and the rest.

One fit each to designs of a known law; the first row has fresh samples of the law itself. Measures
outside their bands are named. `python -m benchmarks emulators` is the one command of row 35.20.
"""

import torch

from benchmarks.measuring import report, save
from ingenium.generators import families
from ingenium.generators.admission import admitted
from ingenium_book.checks.physics.emulator_suite import CONDITIONS, SHAPE, DrawnLaw, emulated
from ingenium_book.checks.physics.emulators import BANDS, Emulated

STEPS = 400  # of training, at most
TITLE = "What emulators do wrong, on series of a known law"


def row(name: str, found: Emulated) -> dict[str, object]:
    """Row of one family."""
    measured = found.measured()
    return {"family": name, **measured, "outside its band": ", ".join(found.faults()) or "none"}


def run() -> None:
    """Run all families in turn."""
    torch.set_num_threads(1)
    about = {"steps": STEPS, "bands": {k: list(v) for k, v in BANDS.items()}}
    rows = [row("the law itself", emulated(DrawnLaw(), families.plan("random")))]
    for name in (n for n in families.FAMILIES if admitted(n, SHAPE)):
        plan = families.plan(name, shape=SHAPE)
        family = families.build(name, SHAPE, CONDITIONS)
        steps = min(STEPS, plan.steps)
        rows.append(row(name, emulated(family, families.plan(name, shape=SHAPE, steps=steps))))
        save("emulators", TITLE, rows, about)  # saved even if a later one stops
    report("emulators", TITLE, rows, about)
