"""What a run ran on: versions, machine, digests of code, memory."""

import os
import platform
import resource
import sys
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import torch

from ingenium import __version__
from ingenium.core.digest import digest, file_digest

_CORE = ("numpy", "pandas", "scipy", "torch", "xarray", "zuko")


@cache
def code_digest() -> str:
    """Digest of the package's own source; a fitted model or a result is stale when it changes."""
    root = Path(__file__).parents[1]
    return digest({str(p.relative_to(root)): file_digest(p) for p in sorted(root.rglob("*.py"))})


def versions(packages: tuple[str, ...] = ()) -> dict[str, str]:
    """Versions of the engine and of the packages that shaped the result."""
    found = {"ingenium": __version__, "python": platform.python_version()}
    for name in (*_CORE, *packages):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not installed"
    return found


def machine() -> dict[str, Any]:
    """Processor, threads and system; exact replay is promised on the same one."""
    return {
        "system": platform.system(),
        "processor": platform.machine(),
        "cores": os.cpu_count(),
        "torch_threads": torch.get_num_threads(),
        "torch_capability": torch.backends.cpu.get_cpu_capability(),
    }


def peak_memory_mb() -> float:
    """Most memory that this process has held (MB)."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (2**20 if sys.platform == "darwin" else 2**10)
