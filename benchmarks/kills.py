"""Runs that are killed at random moments and go on, beside runs that nobody disturbed.

`python -m benchmarks kills` starts each command in a process group of its own and ends it by
SIGKILL after a random part of the time that an undisturbed run took, over and over in one folder;
what ends before its kill is compared and begun anew. What is whole at last must hold what the
undisturbed run holds: the same designs with the same values in the same files, none lost and none
twice, and a store of a search in which nothing is wrong. `KILLS=200` asks for other than 20.

Lost and doubled are designs of the evidence against those of the undisturbed run; altered are those
with another line, and runs whose files differ in any byte.
"""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.measuring import report, save
from ingenium.core.digest import folder_digest
from ingenium.core.seals import PREVIOUS, SEAL
from ingenium.searches.store import Store

ROOT = Path(__file__).parents[1]
RUNS = (  # what is asked, small, of problems that are cheap
    ("propose", "grid.feeder_day", "grid/winter_evening_peak.toml", ("-n", "300")),
    ("search", "airfoils.section", "airfoils/section.toml", ("--budget", "64", "--batch", "16")),
    ("propose", "molecules.library", "molecules/library.toml", ("-n", "300")),
    ("propose", "process.laboratory", "process/laboratory.toml", ("-n", "100")),
    ("search", "structures.roof", "structures/roof.toml", ("--budget", "96", "--batch", "32")),
)
KILLS = 20  # over all of them
TITLE = "Runs killed at random moments that went on"
EARLIEST = 0.2  # of the time of an undisturbed run, before which nothing is under way
OWN = {PREVIOUS, SEAL, "replay"}  # of a line: what names the folder


@dataclass
class Kills:
    """One command: where it ends undisturbed, and what its killed runs came to."""

    command: list[str]
    folder: Path
    took_s: float = 0.0
    counts: Counter[str] = field(default_factory=Counter)

    def start(self, out: Path) -> subprocess.Popen[bytes]:
        """The command in a group of its own."""
        into = [*self.command, "--out", str(out), "--json"]
        said = (self.folder / "said.txt").open("ab")
        with said:
            return subprocess.Popen(into, stdout=said, stderr=said, start_new_session=True)

    def whole(self, out: Path) -> None:
        """Let the command end in a folder."""
        started = time.perf_counter()
        if self.start(out).wait():
            raise RuntimeError((self.folder / "said.txt").read_text()[-2000:])
        self.took_s = self.took_s or time.perf_counter() - started

    def killed(self, times: int, rng: random.Random) -> None:
        """Kill it so often, let it end, and compare."""
        out = self.folder / "killed"
        while self.counts["kills"] < times:
            process = self.start(out)
            try:
                code = process.wait(self.took_s * rng.uniform(EARLIEST, 1.0))
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
                self.counts["kills"] += 1
                continue
            if code:
                raise RuntimeError((self.folder / "said.txt").read_text()[-2000:])
            self.compare(out)
            shutil.rmtree(out)
        self.whole(out)
        self.compare(out)

    def compare(self, out: Path) -> None:
        """Count what differs from the undisturbed run."""
        first, last = result(self.folder / "whole"), result(out)
        theirs, ours = lines(first), lines(last)
        self.counts["runs"] += 1
        self.counts["designs"] += sum(theirs.values())
        names = [
            Counter(json.loads(line)["design"] for line in x.elements()) for x in (theirs, ours)
        ]
        self.counts["lost"] += (names[0] - names[1]).total()
        self.counts["doubled"] += (names[1] - names[0]).total()
        same_files = folder_digest(first / "designs") == folder_digest(last / "designs")
        self.counts["altered"] += (theirs - ours).total() + (not same_files)
        if (out / "search.sqlite").exists():
            with Store(out / "search.sqlite") as store:
                self.counts["faults of the store"] += len(list(store.check()))


def result(out: Path) -> Path:
    """The folder of what was handed over."""
    return out / "result" if (out / "result").is_dir() else out


def lines(folder: Path) -> Counter[str]:
    """How often each line of evidence is there, without what differs from folder to folder."""
    read = map(json.loads, (folder / "evidence.jsonl").read_text().splitlines())
    return Counter(json.dumps({k: v for k, v in x.items() if k not in OWN}) for x in read)


def run() -> None:
    """All commands, each with its share of the kills."""
    times, rng, rows = int(os.environ.get("KILLS", KILLS)), random.Random(0), list[dict[str, Any]]()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["INGENIUM_LEDGER"] = str(Path(folder) / "ledger.db")
        for i, (verb, problem, spec, more) in enumerate(RUNS):
            own = Path(folder) / problem
            own.mkdir()
            asked = ["--spec", str(ROOT / "examples" / spec), *more]
            one = Kills([sys.executable, "-m", "ingenium", verb, problem, *asked], own)
            one.whole(own / "first")  # fits, where something is to be fitted
            one.took_s = 0.0
            one.whole(own / "whole")
            one.killed(times // len(RUNS) + (i < times % len(RUNS)), rng)
            names = (
                "kills",
                "runs",
                "designs",
                "lost",
                "doubled",
                "altered",
                "faults of the store",
            )
            rows.append({"run": f"{verb} {problem}"} | {k: one.counts[k] for k in names})
            save("kills", TITLE, rows, {"kills": sum(row["kills"] for row in rows)})
    report("kills", TITLE, rows, {"kills": times})
