"""A local queue of processes behind programs with the interface of Slurm's.

It tests a job before a cluster gets it:

    ingenium queue queue
    PATH=$PWD/queue:$PATH ingenium propose molecules.library --on slurm:2

writes `sbatch`, `squeue` and `scancel` into the folder `queue`. The number of jobs in parallel is
that of the cores, or `LOCAL_QUEUE_SLOTS`. `#SBATCH` lines are ignored.
"""

import argparse
import fcntl
import os
import shlex
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

PROGRAMS = ("sbatch", "squeue", "scancel")
SLOTS = "LOCAL_QUEUE_SLOTS"
LOOK_S = 0.1


def write(folder: Path) -> None:
    """Write the three programs, which store their jobs next to them."""
    (folder / "jobs").mkdir(parents=True, exist_ok=True)
    line = shlex.join([sys.executable, "-I", str(Path(__file__).resolve()), str(folder.resolve())])
    for name in PROGRAMS:
        (folder / name).write_text(f'#!/bin/sh\nexec {line} {name} "$@"\n', encoding="utf-8")
        (folder / name).chmod(0o755)


def sbatch(jobs: Path, words: list[str]) -> None:
    """Queue a script, or the command after `--wrap`; its number is that of its waiting process."""
    reader = argparse.ArgumentParser("sbatch")
    reader.add_argument("--wrap")
    reader.add_argument("--output", default="slurm.out")
    reader.add_argument("--parsable", action="store_true")
    requested, rest = reader.parse_known_args(words)
    line = requested.wrap or shlex.join(["sh", rest[-1]])
    own = [sys.executable, "-I", __file__, str(jobs.parent), "run", line]
    with Path(requested.output).open("ab") as log:
        waits = subprocess.Popen(
            own, start_new_session=True, stdin=subprocess.DEVNULL, stdout=log, stderr=log
        )
    (jobs / str(waits.pid)).touch()
    print(waits.pid if requested.parsable else f"Submitted batch job {waits.pid}")


def run(jobs: Path, line: str) -> int:
    """Wait for a slot, and run a job in it."""
    slots = int(os.environ.get(SLOTS, "0")) or os.cpu_count() or 1
    while True:
        for i in range(slots):
            with (jobs.parent / f"slot.{i}").open("w") as slot, suppress(BlockingIOError):
                fcntl.flock(slot, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return subprocess.run(["sh", "-c", line], check=False).returncode
        time.sleep(LOOK_S)


def squeue(jobs: Path) -> None:
    """Print the numbers of the jobs that wait or run."""
    for job in jobs.iterdir():
        try:
            os.killpg(int(job.name), 0)
        except ProcessLookupError:
            job.unlink(missing_ok=True)
        else:
            print(job.name)


def scancel(jobs: Path, job: str) -> int:
    """End a job of this queue and its children; any other process is left alone."""
    if not (job.isdigit() and (jobs / job).is_file()):
        print(f"scancel: error: Invalid job id {job}", file=sys.stderr)
        return 1
    with suppress(ProcessLookupError):
        os.killpg(int(job), signal.SIGKILL)
    (jobs / job).unlink(missing_ok=True)
    return 0


def main(folder: Path, name: str, words: list[str]) -> int:
    """Run one of the programs."""
    jobs = folder / "jobs"
    if name == "run":
        return run(jobs, words[0])
    if name == "sbatch":
        sbatch(jobs, words)
    elif name == "squeue":
        squeue(jobs)
    else:
        return scancel(jobs, words[-1])
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2], sys.argv[3:]))
