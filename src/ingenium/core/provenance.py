"""Provenance of a run: versions, machine, digests of code, memory."""

import os
import platform
import re
import resource
import sys
from fnmatch import fnmatch
from functools import cache
from importlib import import_module
from importlib.metadata import PackageNotFoundError, entry_points, version
from pathlib import Path
from typing import Any

from ingenium import __version__
from ingenium.core.digest import digest, file_digest
from ingenium.core.domain import GROUP

IDLE = (
    "__pycache__",
    "studies",
    "*.md",
    "contracts.json",
    "head_to_head.json",
    ".*",
)  # in a package: decides no design and no verdict
USED = re.compile(rb"\bingenium\.(domains|kits)(?:\.| import )(\w+)")
_CORE = ("numpy", "pandas", "scipy", "torch", "xarray", "zuko")


@cache
def code_digest() -> str:
    """Digest of the package's own source; fitted models and results depend on it."""
    root = Path(__file__).parents[1]
    return digest({str(p.relative_to(root)): file_digest(p) for p in sorted(root.rglob("*.py"))})


def package_digest(problem: object) -> str:
    """Digest of the package that a problem comes from: its version, files and kits.

    With `code_digest` it covers all source that decides what a problem encodes and measures: keys
    of fits, blocks and cached data contain it. A domain of the engine counts by its own folder, one
    of a third party by its whole installed package.
    """
    return source_digest(type(problem).__module__)


def source_digest(module: str) -> str:
    """Digest of the package that a module belongs to, ours or a third party's."""
    return _package_digest(package_of(module))


def package_of(module: str) -> str:
    """Name of the package of a module: a domain or kit of ours, or a third party's package."""
    parts = module.split(".")
    return ".".join(parts[:3] if parts[0] == "ingenium" else parts[:1])


@cache
def _package_digest(package: str) -> str:
    found: dict[str, dict[str, str]] = {}
    left = [package]
    while left:
        name = left.pop()
        if name not in found:
            found[name], used = _files(name)
            left += used
    return digest([_release(package), found])


def _files(package: str) -> tuple[dict[str, str], list[str]]:
    """Digests of the files of a package or module, and the domains and kits that it imports."""
    module = import_module(package)
    roots = [Path(path) for path in getattr(module, "__path__", ())]
    file = getattr(module, "__file__", None)  # none where it was typed into a shell
    files = [(p.relative_to(root), p) for root in roots for p in root.rglob("*") if p.is_file()]
    if not roots and file is not None:
        files = [(Path(Path(file).name), Path(file))]
    counted = {str(k): p for k, p in files if not any(fnmatch(x, i) for x in k.parts for i in IDLE)}
    texts = [p.read_bytes() for p in counted.values() if p.suffix == ".py"]
    used = {m[1].decode() + "." + m[2].decode() for text in texts for m in USED.finditer(text)}
    here = Path(__file__).parents[1]
    ours = [f"ingenium.{name}" for name in used if (here / name.replace(".", "/")).is_dir()]
    return {k: file_digest(p) for k, p in counted.items()}, ours


def _release(package: str) -> list[str]:
    """Name and version of the distribution that brings domains in a package; empty if none does."""
    top = package.partition(".")[0]
    brings = (e.dist for e in entry_points(group=GROUP) if e.module.partition(".")[0] == top)
    return sorted({f"{dist.name} {dist.version}" for dist in brings if dist is not None})


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
    """Describe processor, threads and system; replay is bit-exact on the same ones only."""
    import torch  # digests and versions do not need it

    return {
        "system": platform.system(),
        "processor": platform.machine(),
        "cores": os.cpu_count(),
        "torch_threads": torch.get_num_threads(),
        "torch_capability": torch.backends.cpu.get_cpu_capability(),
    }


def peak_memory_mb() -> float:
    """Peak memory of this process (MB)."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (2**20 if sys.platform == "darwin" else 2**10)
