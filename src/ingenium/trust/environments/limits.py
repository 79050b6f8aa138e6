"""Resource limits of a process outside this one."""

import os
import resource
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

PATIENCE_S = 900.0  # wall time, for a busy machine
SINGLE = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")
_PRIVATE = (
    "PYTHON",
    "LD_PRELOAD",
    "LD_AUDIT",
    "DYLD_INSERT",
    "DISPLAY",
    "VIRTUAL_ENV",
)  # beginnings of names


@dataclass(frozen=True)
class Limits:
    """CPU time and memory of each process; wall time of one answer."""

    cpu_s: int | None = None
    memory_mb: int | None = None
    wall_s: float = PATIENCE_S

    @property
    def granted_cpu_s(self) -> int | None:
        """CPU time of each process: the requested one, or what the machine grants if less.

        A shell or a batch system may have set a limit that nobody but root can raise.
        """
        if self.cpu_s is None:
            return None
        return min(self.cpu_s, max(1, lower(resource.RLIMIT_CPU, self.cpu_s + 1) - 1))

    def around(self, command: Sequence[str]) -> list[str]:
        """Return the command under these limits, which the system enforces and children inherit.

        The shell sets them in the new process. Python's own way, code between fork and exec, may
        hang if other threads run. At its time limit the process gets SIGXCPU, which nobody else
        sends; one that continues is killed a second later.
        """
        sizes: dict[str, int] = {}
        if (cpu_s := self.granted_cpu_s) is not None:
            sizes |= {"S -t": cpu_s, "H -t": cpu_s + 1}
        if self.memory_mb is not None:
            own = lower(resource.RLIMIT_AS, self.memory_mb * 1024 * 1024)
            sizes["v"] = own // 1024
        said = "".join(f"ulimit -{k} {v} && " for k, v in sizes.items())
        return ["/bin/sh", "-c", f'{said}exec "$0" "$@"', *command] if said else [*command]


def lower(what: int, requested: int) -> int:
    """Return the lower of a requested limit of `resource` and the hard one of this process."""
    _, hard = resource.getrlimit(what)
    return requested if hard == resource.RLIM_INFINITY else min(requested, hard)


def surroundings(before: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return environment variables for an outside process: ours, without those that would steer it.

    Args:
        before: additional variables.
    """
    retained = {k: v for k, v in os.environ.items() if not k.startswith(_PRIVATE)}
    return retained | dict.fromkeys(SINGLE, "1") | dict(before or {})
