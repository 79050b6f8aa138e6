"""Row 30.15: every training run and every generation has its energy, and the account is right.

The meter that stands around every run, search and study is put around a known processor time, in
this process and in a child, by their own clocks; around a second of sleep; and its readings are
timed. Whether the energy is measured by counters is a part of its own. Labour is not counted.
Budget: 5 seeds of 3 s; quick: a quarter of that.
"""

import math
import subprocess
import sys
import time
from pathlib import Path

from ingenium.core.digest import digest
from ingenium.core.energy import POWERCAP, Energy, Meter, Rapl
from ingenium.core.problem import Watch
from ingenium.evaluate.intervals import Interval, t_interval
from ingenium.evaluate.measured import Budget, Measured, from_intervals

OWN_S, CHILD_S, QUICK = 2.0, 1.0, 0.25  # seconds of processor time that are burnt, and for a look
CHILD = "import sys, time\nwhile time.process_time() < float(sys.argv[1]): pass\n"
CHILD += "print(time.process_time())"
READS = 200
NOTHING = Interval(math.nan, math.nan, math.nan)


def measure(budget: Budget, watch: Watch) -> Measured:
    """Burn a known time here and in a child, and compare with what the meter counts."""
    scale = QUICK if budget.quick else 1.0
    counted, idle, taken, spans = [], [], [], []
    for seed in budget.seeds:
        watch("burn", seed, len(budget.seeds))
        true, found = _burnt(scale)
        counted.append(found.cpu_seconds / true)
        idle.append(_idle(scale))
        taken.append(_reading_s())
        if found.low_kwh is not None and found.high_kwh is not None:
            spans.append(found.high_kwh / max(found.low_kwh, 1e-12))
    works = Rapl(Path(POWERCAP)).works
    return from_intervals(
        values={
            "counted": t_interval(counted),
            "idle": t_interval(idle),
            "cost": t_interval(taken),
            "measured": Interval(1.0, 1.0, 1.0) if works else NOTHING,
        },
        beside={"highest over lowest value of an estimate": t_interval(spans)} if spans else {},
        data=digest([OWN_S, CHILD_S]),
        notes=(
            "The counters of this machine's processor could be read."
            if works
            else "No counter of the processor can be read on this machine: energy is an estimate "
            "from processor time, and how far that is from the truth stays open.",
        ),
    )


def _burnt(scale: float) -> tuple[float, Energy]:
    """Processor time by the clocks of this process and of its child, and what the meter found."""
    with Meter() as meter:
        started = time.process_time()
        while time.process_time() - started < scale * OWN_S:
            math.sqrt(2.0)
        words = [sys.executable, "-c", CHILD, str(scale * CHILD_S)]
        child = float(subprocess.run(words, check=True, capture_output=True).stdout)
        own = time.process_time() - started
        return own + child, meter.read()


def _idle(scale: float) -> float:
    """Processor time that is counted for a second of doing nothing."""
    with Meter() as meter:
        time.sleep(scale)
        return meter.read().cpu_seconds / scale


def _reading_s() -> float:
    """Seconds that a reading takes."""
    with Meter() as meter:
        started = time.perf_counter()
        for _ in range(READS):
            meter.read()
        return (time.perf_counter() - started) / READS
