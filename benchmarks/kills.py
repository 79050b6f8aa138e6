"""Runs that are killed at random moments and resumed, against undisturbed runs.

`python -m benchmarks kills` starts each command in a process group of its own and ends it by
SIGKILL after a random part of the time of an undisturbed run, repeatedly in one folder; a run that
ends before its kill is compared and started again. The final result must equal that of the
undisturbed run: the same designs with the same values in the same files, none lost and none twice,
and a search's store without faults. Half of the kills hit examples, fitted and searched; the other
half every problem, as its contract opens it, by designs sampled from the known ones. `KILLS=200`
sets a number other than 20; a stopped benchmark resumes after the last recorded command.

Lost and doubled designs are those of the evidence against the undisturbed run; altered ones have
another line, or runs whose files differ in any byte.
"""

import json
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any

from benchmarks.measuring import RESULTS, report, save
from ingenium.core.digest import folder_digest
from ingenium.core.seals import PREVIOUS, SEAL
from ingenium.core.spec import GeneratorChoice, Select, Spec, dump
from ingenium.domains import load
from ingenium.domains import own as fields
from ingenium.runs.store import Store
from ingenium.testing import ProblemContract

ROOT = Path(__file__).parents[1]
CONTRACTS = ROOT / "tests" / "contract"
RUNS = (  # small requests to cheap problems
    ("propose", "grid.feeder_day", "grid/winter_evening_peak.toml", ("-n", "300")),
    ("search", "airfoils.section", "airfoils/section.toml", ("--budget", "32", "--batch", "8")),
    ("propose", "molecules.library", "molecules/library.toml", ("-n", "300")),
    ("search", "process.laboratory", "process/laboratory.toml", ("--budget", "24", "--batch", "4")),
    ("search", "structures.roof", "structures/roof.toml", ("--budget", "96", "--batch", "32")),
)
KILLS = 20  # over all of them
FEW = 4  # designs of a problem that is opened as its contract opens it
TITLE = "Runs killed at random moments that went on"
EARLIEST = 0.2  # of the time of an undisturbed run, before which there is nothing to interrupt
COUNTED = (
    "kills",
    "runs",
    "designs",
    "lost",
    "doubled",
    "altered",
    "faults of the store",
    "ended otherwise",
)
OWN = {PREVIOUS, SEAL, "replay"}  # of a line: entries that name the folder


@dataclass
class Kills:
    """One command: the end of its undisturbed run, and results of its killed runs."""

    command: list[str]
    folder: Path
    fits: bool = False  # whether a first run, which fits, precedes
    took_s: float = 0.0
    counts: Counter[str] = field(default_factory=Counter)

    def start(self, out: Path) -> subprocess.Popen[bytes]:
        """Start the command in a process group of its own."""
        into = [*self.command, "--out", str(out), "--json"]
        said = (self.folder / "said.txt").open("ab")
        with said:
            return subprocess.Popen(into, stdout=said, stderr=said, start_new_session=True)

    def whole(self, out: Path) -> None:
        """Let the command finish in a folder."""
        started = time.perf_counter()
        if self.start(out).wait():
            raise RuntimeError((self.folder / "said.txt").read_text()[-2000:])
        self.took_s = self.took_s or time.perf_counter() - started

    def undisturbed(self) -> None:
        """Run the reference without a kill."""
        if self.fits:
            self.whole(self.folder / "first")
            self.took_s = 0.0
        self.whole(self.folder / "whole")

    def killed(self, times: int, rng: random.Random) -> None:
        """Kill it `times` times, let it finish, and compare."""
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
        """Count differences from the undisturbed run."""
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
    """The folder of the exported result."""
    return out / "result" if (out / "result").is_dir() else out


def lines(folder: Path) -> Counter[str]:
    """Count each line of evidence, without entries that differ from folder to folder."""
    read = map(json.loads, (folder / "evidence.jsonl").read_text().splitlines())
    return Counter(json.dumps({k: v for k, v in x.items() if k not in OWN}) for x in read)


def examples(folder: Path) -> Iterator[tuple[str, Kills]]:
    """Commands on examples, which first fit if needed."""
    for verb, problem, spec, more in RUNS:
        requested = [verb, problem, "--spec", str(ROOT / "examples" / spec), *more]
        one = Kills(
            [sys.executable, "-m", "ingenium", *requested], folder / f"example {problem}", True
        )
        one.folder.mkdir()
        yield f"{verb} {problem}", one


def problems(folder: Path) -> Iterator[tuple[str, Kills]]:
    """A few designs of every problem that has a contract, opened as there."""
    sys.path[:0] = [str(CONTRACTS), str(CONTRACTS.parent)]
    for file in sorted(CONTRACTS.glob("test_*.py")):
        import_module(file.stem)
    each = [x for x in _below(ProblemContract) if hasattr(x, "problem_name")]
    opened = {x.problem_name: x for x in reversed(each)}  # the first of those of one name
    named = [f"{field}.{short}" for field in fields() for short in load(field).problems]
    for name in filter(opened.__contains__, named):
        place = folder / name
        place.mkdir()
        request = Spec(
            problem=name,
            setup=opened[name].setup,
            given=opened[name].given,
            generator=GeneratorChoice(family="bootstrap"),
            select=Select(export="verified"),
        )
        (place / "spec.toml").write_text(dump(request), encoding="utf-8")
        requested = ["propose", name, "--spec", str(place / "spec.toml"), "-n", str(FEW)]
        yield f"few of {name}", Kills([sys.executable, "-m", "ingenium", *requested], place)


def _below(kind: type) -> Iterator[type[ProblemContract]]:
    for one in kind.__subclasses__():
        yield one
        yield from _below(one)


def run() -> None:
    """Run all commands, each with its share of the kills."""
    times = int(os.environ.get("KILLS", KILLS))
    rows, spent_min = _before(times)
    done = {row["run"] for row in rows}

    def about(*, whole: bool) -> dict[str, Any]:
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        spent = round(spent_min + (used.ru_utime + used.ru_stime) / 60, 1)
        kills = sum(row["kills"] for row in rows)
        return {"asked": times, "whole": whole, "kills": kills, "cpu_min": spent}

    with tempfile.TemporaryDirectory() as folder:
        os.environ["INGENIUM_LEDGER"] = str(Path(folder) / "ledger.db")
        for half in (examples, problems):
            each = list(half(Path(folder)))
            for i, (name, one) in enumerate(each):
                if name in done:
                    continue
                share = times // 2 // len(each) + (i < times // 2 % len(each))
                try:
                    one.undisturbed()
                    one.killed(share, random.Random(name))
                except RuntimeError as error:  # reported, and the others continue
                    print(name, error, file=sys.stderr)
                    one.counts["ended otherwise"] += 1
                rows.append({"run": name} | {k: one.counts[k] for k in COUNTED})
                save("kills", TITLE, rows, about(whole=False))
                shutil.rmtree(one.folder)
    report("kills", TITLE, rows, about(whole=True))


def _before(times: int) -> tuple[list[dict[str, Any]], float]:
    """Rows and CPU minutes of a stopped benchmark for as many kills."""
    path = RESULTS / "kills.json"
    retained = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    if retained.get("asked") != times or retained.get("whole", True):
        return [], 0.0
    return retained["rows"], retained["cpu_min"]
