"""Energy: against counters that are known, and against arithmetic."""

import math
import os
import subprocess
import sys
import time
import types
from pathlib import Path

import pytest

from ingenium.core import energy
from ingenium.core.energy import Meter, Rapl
from ingenium.core.errors import InputError

RANGE_UJ = 262_143_328_850


def zone(root: Path, name: str, label: str, microjoules: float) -> Path:
    folder = root / name
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "name").write_text(label + "\n")
    (folder / "energy_uj").write_text(f"{microjoules:.0f}\n")
    (folder / "max_energy_range_uj").write_text(f"{RANGE_UJ}\n")
    return folder


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    """Two packages, the memory of one, and zones that lie within or around them."""
    root = tmp_path / "powercap"
    for name, label in (
        ("intel-rapl:0", "package-0"),
        ("intel-rapl:1", "package-1"),
        ("intel-rapl:0:0", "core"),
        ("intel-rapl:0:1", "dram"),
        ("intel-rapl:2", "psys"),
    ):
        zone(root, name, label, 1e9)
    return root


def stat(path: Path, seconds: float) -> Path:
    ticks = round(seconds * os.sysconf("SC_CLK_TCK"))
    path.write_text(f"cpu {ticks} 0 0 999999 999999 0 0 0 0 0\ncpu0 1 2 3\n")
    return path


def burn(seconds: float) -> None:
    end = time.process_time() + seconds
    while time.process_time() < end:
        math.sqrt(2.0)


def test_counters_are_added_once_and_run_over(machine: Path) -> None:
    counters = Rapl(machine)
    zone(machine, "intel-rapl:0", "package-0", 1e9 + 30e6)
    zone(machine, "intel-rapl:1", "package-1", 1e9 + 20e6)
    zone(machine, "intel-rapl:0:1", "dram", 1e9 + 5e6)
    zone(machine, "intel-rapl:0:0", "core", 9e9)
    zone(machine, "intel-rapl:2", "psys", 9e9)
    counters.poll()
    assert counters.joules == pytest.approx(55.0)
    zone(machine, "intel-rapl:0", "package-0", 7e6)  # it ran over
    counters.poll()
    assert counters.joules == pytest.approx(55.0 + (RANGE_UJ - 1e9 - 30e6 + 7e6) / 1e6)


def test_measured_share(machine: Path, tmp_path: Path) -> None:
    """A process with a quarter of the busy time gets a quarter of the energy."""
    reported = stat(tmp_path / "stat", 100.0)
    with Meter(root=machine, stat=reported) as meter:
        before = time.process_time()
        burn(0.2)
        spent = time.process_time() - before
        stat(reported, 100.0 + 4 * spent)
        zone(machine, "intel-rapl:0", "package-0", 1e9 + 3.6e9)
        found = meter.read()
    assert found.measured
    assert found.method.startswith("measured: RAPL")
    assert found.kwh == pytest.approx(1e-3 / 4, rel=0.2)
    assert found.high_kwh == pytest.approx(1e-3)
    assert found.low_kwh is not None
    assert found.low_kwh <= found.kwh


def test_unreadable_counters_are_an_estimate(machine: Path, tmp_path: Path) -> None:
    (machine / "intel-rapl:1" / "energy_uj").unlink()
    with Meter(root=machine) as meter:
        assert not meter.read().measured
    zone(machine, "intel-rapl:1", "package-1", 1e9)
    with Meter(root=machine) as meter:
        (machine / "intel-rapl:0" / "energy_uj").unlink()  # while it runs
        found = meter.read()
    assert (found.measured, found.method.startswith("estimated")) == (False, True)


def test_estimate_is_processor_time_times_power(tmp_path: Path) -> None:
    with Meter(root=tmp_path) as meter:
        burn(0.3)
        child = [sys.executable, "-c", "import time\nwhile time.process_time() < 0.5: pass"]
        subprocess.run(child, check=True)
        time.sleep(0.2)  # idle time is not charged
        found = meter.read()
    assert 0.75 <= found.cpu_seconds < 2.0
    assert found.kwh == pytest.approx(found.cpu_seconds * 4.08 / 3.6e6, rel=0.05)
    assert found.low_kwh == pytest.approx(found.kwh * 1.69 / 4.08)
    assert found.high_kwh == pytest.approx(found.kwh * 8.96 / 4.08)
    assert (found.kg_co2e, found.gpu_kwh) == (None, None)


def test_power_of_the_machine_at_hand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(energy.THREAD, "2 to 4")
    assert energy.watts() == (2.0, 3.0, 4.0)
    monkeypatch.setenv(energy.THREAD, "3.5")
    with Meter(root=tmp_path) as meter:
        found = meter.read()
    assert (found.low_kwh, found.high_kwh) == (None, None)
    for bad in ("much", "6 to 3", "-1"):
        monkeypatch.setenv(energy.THREAD, bad)
        with pytest.raises(InputError, match=energy.THREAD):
            Meter(root=tmp_path)


def test_carbon_needs_a_number_and_its_source(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(energy.CARBON, "56 my grid, mean of 2025")
    with Meter(root=tmp_path) as meter:
        burn(0.05)
        found = meter.read()
    assert found.kg_co2e == pytest.approx(found.kwh * 0.056)
    assert found.carbon_source == "my grid, mean of 2025"
    for bad in ("56", "clean", "-5 here"):
        monkeypatch.setenv(energy.CARBON, bad)
        with pytest.raises(InputError, match="source"):
            Meter(root=tmp_path)


def test_an_old_package_of_the_same_name_reads_no_graphics_processor(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The old package is nvidia-ml-py3, which CHGNet brings."""
    monkeypatch.setitem(sys.modules, "pynvml", types.SimpleNamespace(NVMLError=RuntimeError))
    with Meter(root=tmp_path) as meter:
        assert meter.read().gpu_kwh is None


def test_graphics_processor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    counter = iter([5_000_000, 5_000_000 + 7_200_000])  # millijoules
    fake = types.SimpleNamespace(
        NVMLError=RuntimeError,
        nvmlInit=lambda: None,
        nvmlDeviceGetCount=lambda: 1,
        nvmlDeviceGetHandleByIndex=lambda i: i,
        nvmlDeviceGetTotalEnergyConsumption=lambda handle: next(counter),
    )
    monkeypatch.setitem(sys.modules, "pynvml", fake)
    monkeypatch.setattr("torch.cuda.is_initialized", lambda: True)
    with Meter(root=tmp_path) as meter:
        found = meter.read()
    assert found.gpu_kwh == pytest.approx(0.002)
    assert found.kwh >= 0.002
