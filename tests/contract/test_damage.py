"""Thousands of damaged files for every reader: no traceback, no hang, memory bounded."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

HERE = Path(__file__).parent
COUNTS = {  # of each reader
    **{"airfoils": 400, "grid": 90, "molecules": 180, "structures": 90},
    **{"autonomy": 60, "edge": 120, "equations": 200, "matter": 150, "neuro": 80, "physics": 60},
    **{"plant": 80, "process": 200, "quantum": 150, "radio": 60, "words": 250},
}
LEAST = {  # 11,000 in all
    **{"airfoils": 1200, "grid": 1300, "molecules": 1800, "structures": 1800},
    **{"autonomy": 300, "edge": 480, "equations": 800, "matter": 450, "neuro": 400, "physics": 500},
    **{"plant": 320, "process": 400, "quantum": 600, "radio": 240, "words": 750},
}
MOST_MB = 2000  # of a process, with all it has loaded
MOST_CPU_S = 120  # of a domain


@pytest.mark.slow
@pytest.mark.parametrize("domain", COUNTS)
def test_damaged_files_of_a_domain(
    domain: str, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    """A seal is no signature: in a sealed format only damage of its own bytes is detected."""
    words = [sys.executable, str(HERE / "damage.py"), domain, str(COUNTS[domain]), "0"]
    paths = os.pathsep.join(p for p in sys.path if p)
    done = subprocess.run(
        [*words, str(tmp_path)],
        capture_output=True,
        text=True,
        env=os.environ | {"PYTHONPATH": paths, "OMP_NUM_THREADS": "1"},
        timeout=3000,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    reported = [json.loads(line) for line in done.stdout.splitlines()]
    record_property("damaged", [domain, reported])
    for one in reported:
        print({k: v for k, v in one.items() if k != "kinds"})
    total = sum(sum(one["found"].values()) for one in reported)
    spent_s = sum(one["cpu_s"] for one in reported)
    print(domain, total, "files,", spent_s, "CPU s")
    faults = {
        k: [one["reader"] for one in reported if k in one["found"]] for k in ("traceback", "hang")
    }
    assert faults == {"traceback": [], "hang": []}, done.stderr[-3000:]
    assert total >= LEAST[domain]
    assert max(one["memory_mb"] for one in reported) < MOST_MB
    assert spent_s < MOST_CPU_S
    for one in reported:
        assert one["found"].get("refused", 0) > 0, one
        broken = {k: v for k, v in one["kinds"].items() if k.endswith("another")}
        if one["sealed"]:
            assert all(k.startswith("packed") for k in broken), one
