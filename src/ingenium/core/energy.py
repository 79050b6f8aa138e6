"""Electricity of a run: measured where the machine has counters, else estimated.

A number without its method is worth nothing, so each carries the method and an interval:

- *measured*: the counters of the processor's packages and memory (RAPL) over the whole run, of
  which this process gets its share of the machine's busy time. Low is its share of all that the
  threads could have done, high is the whole machine. The power supply and the rest of the
  machine are not included.
- *estimated*: seconds of processor time, of this process and of children that it waited for, times
  the power of a busy hardware thread. The power is that of whole servers under full load by
  SPECpower, per thread: the median of 16 server architectures, from the lowest to the highest.
  `INGENIUM_THREAD_WATTS` (`4.2`, or `3 to 6`) sets it for this machine.

A graphics processor is counted by its own counter where this process uses one. Cooling is not
counted. Carbon is only reported where `INGENIUM_CARBON` states the mass per kWh and the source of
that number; none is guessed from the location of a machine.

Source: Linux, Documentation/power/powercap/powercap.rst (zones, counters and where they run over);
    Cloud Carbon Footprint, ccf-coefficients, coefficients-aws-use.csv (max watts), 2026.
"""

import os
import re
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

from ingenium.core.errors import InputError

POWERCAP, STAT = Path("/sys/class/powercap"), Path("/proc/stat")
WATTS = (1.69, 4.08, 8.96)  # of a busy thread: lowest, median, highest; see Source
POLL_S = 30.0  # a counter of 262 kJ runs over after minutes under load
J_PER_KWH = 3.6e6
THREAD, CARBON = "INGENIUM_THREAD_WATTS", "INGENIUM_CARBON"


@dataclass(frozen=True)
class Energy:
    """Electricity of a run, the method behind it, and its carbon if an intensity is set."""

    kwh: float
    low_kwh: float | None  # None: not known
    high_kwh: float | None
    measured: bool
    method: str
    cpu_seconds: float
    wall_seconds: float
    gpu_kwh: float | None  # included in kwh; None if no graphics processor was used
    kg_co2e: float | None
    g_co2e_per_kwh: float | None
    carbon_source: str


class Rapl:
    """Counters of the packages and of their memory, which add up to the energy of the processors.

    Only whole packages and `dram` count: the zones `core` and `uncore` lie within their package,
    and `psys` holds the packages, so that adding those would count twice.
    """

    def __init__(self, root: Path = POWERCAP) -> None:
        self._zones = [z for z in sorted(root.glob("intel-rapl:*")) if _counts(z)]
        self._last = [self._read(zone) for zone in self._zones]
        self.joules = 0.0
        self.works = bool(self._zones) and None not in self._last

    def poll(self) -> None:
        """Add the energy since the last call."""
        for i, zone in enumerate(self._zones):
            before, now = self._last[i], self._read(zone)
            if before is None or now is None:
                self.works = False
                return
            if now < before:
                now_on = now + float((zone / "max_energy_range_uj").read_text())
                self.joules += (now_on - before) / 1e6
            else:
                self.joules += (now - before) / 1e6
            self._last[i] = now

    def _read(self, zone: Path) -> float | None:
        try:
            return float((zone / "energy_uj").read_text())
        except (OSError, ValueError):  # since 2020 most systems let only root read it
            return None


class Meter:
    """Energy meter that counts from its start until `read`, in a `with` block.

    with Meter() as meter:
        ...
        energy = meter.read()
    """

    def __init__(self, *, root: Path = POWERCAP, stat: Path = STAT) -> None:
        watts(), carbon()  # a wrong setting is reported before the run, not after it
        self._stat = stat
        self._rapl = Rapl(root)
        self._gpu = _gpu_joules()
        self._turn, self._stop = threading.Lock(), threading.Event()
        self._busy, self._cpu, self._wall = _busy(stat), _cpu(), time.perf_counter()

    def __enter__(self) -> "Meter":
        if self._rapl.works:
            threading.Thread(target=self._poll, daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop.set()

    def read(self) -> Energy:
        """Return the energy used since the meter was started."""
        cpu, wall = _cpu() - self._cpu, time.perf_counter() - self._wall
        with self._turn:
            self._rapl.poll()
        joules, method = self._processor(cpu, wall)
        gpu = self._graphics()
        if gpu is not None:
            joules = tuple(None if j is None else j + gpu for j in joules)
            method += "; the graphics processor by its own counter"
        low, middle, high = (None if j is None else j / J_PER_KWH for j in joules)
        grams, source = carbon()
        kwh = middle or 0.0
        return Energy(
            kwh=kwh,
            low_kwh=low,
            high_kwh=high,
            measured=self._rapl.works,
            method=method,
            cpu_seconds=round(cpu, 3),
            wall_seconds=round(wall, 3),
            gpu_kwh=None if gpu is None else gpu / J_PER_KWH,
            kg_co2e=None if grams is None else kwh * grams / 1e3,
            g_co2e_per_kwh=grams,
            carbon_source=source,
        )

    def _processor(self, cpu: float, wall: float) -> tuple[tuple[float | None, ...], str]:
        """Return joules (lowest, likely, highest) and the method."""
        if not self._rapl.works:
            low, middle, high = watts()
            given = "stated" if os.environ.get(THREAD) else "SPECpower, 16 server architectures"
            span = "" if low is None else f" ({low:g} to {high:g})"
            method = f"estimated: processor time x {middle:g} W{span} of a busy thread, {given}"
            return tuple(None if w is None else w * cpu for w in (low, middle, high)), method
        whole, busy = self._rapl.joules, _busy(self._stat) - self._busy
        share = min(1.0, cpu / busy) if busy > 0 else 1.0
        least = min(share, cpu / max(wall * (os.cpu_count() or 1), 1e-9))
        method = "measured: RAPL of packages and memory x share of the machine's busy time"
        return (whole * least, whole * share, whole), method

    def _graphics(self) -> float | None:
        torch = sys.modules.get("torch")  # a process that has not imported it uses none
        used = torch is not None and torch.cuda.is_initialized()
        now = _gpu_joules() if used else None
        return None if now is None or self._gpu is None else now - self._gpu

    def _poll(self) -> None:
        while not self._stop.wait(POLL_S):
            with self._turn:
                self._rapl.poll()


def watts() -> tuple[float | None, float, float | None]:
    """Return the power of a busy thread in W: lowest, likely, highest (no ends if one is set).

    Raises:
        InputError: if the setting is neither a number nor two.
    """
    text = os.environ.get(THREAD, "").strip()
    if not text:
        return WATTS
    found = re.fullmatch(r"(\d+\.?\d*)(?:\s+to\s+(\d+\.?\d*))?", text)
    if found is None:
        raise InputError(f"{THREAD} in watts", text, "Write `4.2` or `3 to 6`.")
    low = float(found[1])
    if found[2] is None:
        return None, low, None
    high = float(found[2])
    if high < low:
        raise InputError(f"the lower end of {THREAD} first", text, "Write `3 to 6`.")
    return low, (low + high) / 2, high


def carbon() -> tuple[float | None, str]:
    """Return grams of CO2 equivalents for a kWh and the source; None where it is not set.

    Raises:
        InputError: if the setting does not begin with a number, or names no source.
    """
    text = os.environ.get(CARBON, "").strip()
    if not text:
        return None, ""
    found = re.fullmatch(r"(\d+\.?\d*)\s+(\S.*)", text)
    if found is None:
        raise InputError(
            f"{CARBON} in grams of CO2e for a kWh, and the source of the number",
            text,
            'Write "56 operator of my grid, mean of 2025".',
        )
    return float(found[1]), found[2]


def _counts(zone: Path) -> bool:
    try:
        name = (zone / "name").read_text().strip()
    except OSError:
        return False
    return name.startswith("package") or name == "dram"


def _cpu() -> float:
    """Seconds of processor time of this process and of its children that have ended."""
    spent = os.times()
    return spent.user + spent.system + spent.children_user + spent.children_system


def _busy(stat: Path) -> float:
    """Seconds that all threads of the machine were busy since its start; 0 if unknown."""
    try:
        fields = stat.read_text().split("\n", 1)[0].split()[1:9]
    except OSError:
        return 0.0
    user, nice, system, _, _, irq, softirq, steal = (float(x) for x in fields)
    return (user + nice + system + irq + softirq + steal) / os.sysconf("SC_CLK_TCK")


def _gpu_joules() -> float | None:
    """Sum of the counters of all NVIDIA graphics processors; None where there is none to read."""
    try:
        import pynvml
    except ImportError:
        return None
    # In millijoules; nvidia-ml-py3, an old package of the same name, cannot read them.
    read: Callable[[Any], int] | None = getattr(pynvml, "nvmlDeviceGetTotalEnergyConsumption", None)
    if read is None:
        return None
    try:
        pynvml.nvmlInit()
        handles = [pynvml.nvmlDeviceGetHandleByIndex(i) for i in range(pynvml.nvmlDeviceGetCount())]
        return sum(read(handle) for handle in handles) / 1e3 if handles else None
    except pynvml.NVMLError:
        return None
