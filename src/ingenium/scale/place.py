"""Places where the work of a verb is done: the values of `--on`."""

import os
import re
import warnings
from dataclasses import dataclass

from ingenium.core.errors import InputError

MOST = 1024
LOOPBACK = "127.0.0.1"
LOCAL, PROCESSES, SLURM, RAY, TORCHRUN = "local", "processes", "slurm", "ray", "torchrun"
SHAPES = "local, processes:N, slurm:N, ray://HOST:PORT?workers=N, ray://local?workers=N or torchrun"


class FewCores(UserWarning):
    """More workers than cores: the workers share the cores."""


@dataclass(frozen=True)
class WorkPlace:
    """A place of work, and its number of workers."""

    kind: str = LOCAL
    count: int = 1
    address: str = ""  # of a cluster's head; empty for a Ray that is started here

    @classmethod
    def parse(cls, text: str) -> "WorkPlace":
        """Parse a value of `--on`.

        Raises:
            InputError: for anything else, and a count below 1 or far beyond any machine.
        """
        if text in (LOCAL, TORCHRUN):
            return cls(text, int(os.environ.get("WORLD_SIZE", "1")) if text == TORCHRUN else 1)
        found = re.fullmatch(r"(processes|slurm):(-?\d{1,9})", text)
        if found is not None:
            return cls(found[1], _counted(int(found[2]), text))
        found = re.fullmatch(r"ray://([\w.\-]+(?::\d{1,5})?)(?:\?workers=(-?\d{1,9}))?", text)
        if found is None:
            raise InputError(f"--on {SHAPES}", f'"{text}"', "Write --on processes:4, say.")
        address = "" if found[1] == LOCAL else found[1]
        if address and ":" not in address:
            raise InputError(
                "the port of a cluster's head", f'"{text}"', f"Write --on ray://{address}:10001."
            )
        return cls(RAY, _counted(int(found[2] or 2), text), address)

    @property
    def handed_out(self) -> bool:
        """Return whether other workers do the work of this process."""
        return self.kind in (PROCESSES, SLURM, RAY) and self.count > 1

    @property
    def follows(self) -> bool:
        """Return whether torchrun started this process, and it is not the first one."""
        return self.kind == TORCHRUN and os.environ.get("RANK", "0") != "0"

    def __str__(self) -> str:
        if self.kind in (PROCESSES, SLURM):
            return f"{self.kind}:{self.count}"
        if self.kind == RAY:
            return f"{self.kind}://{self.address or LOCAL}?workers={self.count}"
        return self.kind


HERE = WorkPlace()  # this process


def cores() -> int:
    """Return the number of cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def warn_of_cores(place: WorkPlace) -> None:
    """Warn if there are more workers of this machine than cores."""
    if place.kind == PROCESSES and place.count > cores():
        reported = f"{place} on {cores()} cores: workers take turns, and nothing gets faster"
        warnings.warn(reported, FewCores, stacklevel=2)


def _counted(count: int, text: str) -> int:
    if not 1 <= count <= MOST:
        raise InputError(f"1 to {MOST} workers", f"--on {text}", "Write --on processes:4, say.")
    return count
