"""First steps of a process that runs a command for the server."""

import ctypes
import os
import resource
import signal
import sys
from contextlib import suppress
from pathlib import Path

PR_SET_PDEATHSIG = 1  # Linux, prctl(2)


def bound(memory_gb: float, parent: int) -> None:
    """End with the parent, and bound the memory that this process may add to what it has."""
    with suppress(OSError, AttributeError):  # other systems
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it ended before
        os._exit(1)
    limit, hard = int(memory_gb * 2**30) + _data(), resource.getrlimit(resource.RLIMIT_DATA)[1]
    if hard == resource.RLIM_INFINITY or limit < hard:
        resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))


def enter() -> None:
    """Bound this process; the memory is the first of its arguments, and the rest a command."""
    bound(float(sys.argv.pop(1)), os.getppid())
    sys.argv[0] = "ingenium"


def _data() -> int:
    """Bytes of private memory that this process has now."""
    with suppress(OSError, ValueError), Path("/proc/self/status").open(encoding="ascii") as file:
        return next(int(line.split()[1]) * 1024 for line in file if line.startswith("VmData"))
    return 0
