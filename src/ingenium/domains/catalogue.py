"""What domains and problems there are, kept between calls so that listing them is quick.

Asking each domain means importing it, and PyTorch with it: seconds. The answer is kept in the
cache folder and asked again when a domain's code or an installed package changes.
"""

import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass
from importlib.metadata import EntryPoint
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import ingenium
from ingenium.core.errors import IngeniumError, StorageError
from ingenium.core.folders import cache_folder, write_atomic
from ingenium.domains import NAMES, load, names, plugins


@dataclass(frozen=True)
class Listed:
    """A domain as `ingenium list` shows it; `fault` says why it cannot be loaded, if so."""

    name: str
    summary: str
    extra: str | None
    problems: tuple[tuple[str, str], ...]  # full name, summary
    fault: str | None = None


def catalogue(slow: Callable[[], None] = lambda: None) -> tuple[Listed, ...]:
    """All domains; one that does not load is listed with its fault.

    `slow` is called before the domains have to be imported.
    """
    kept = cache_folder() / "catalogue.json"
    state = _state()
    found = _read(kept, state)
    if found is not None:
        return found
    slow()
    listed = tuple(_ask(name) for name in names())
    if all(d.fault is None for d in listed):
        answer = {"state": state, "domains": [asdict(d) for d in listed]}
        with suppress(StorageError):  # without a cache the domains are asked each time
            write_atomic(kept, json.dumps(answer))
    return listed


def _ask(name: str) -> Listed:
    try:
        domain = load(name)
    except (IngeniumError, ImportError) as error:
        return Listed(name, "", None, (), str(error))
    problems = tuple((f"{name}.{k}", v.summary) for k, v in domain.problems.items())
    return Listed(name, domain.summary, domain.extra, problems)


def _read(path: Path, state: dict[str, Any]) -> tuple[Listed, ...] | None:
    try:
        stored = json.loads(path.read_text())
        if stored["state"] != state:
            return None
        return tuple(
            Listed(**d | {"problems": tuple((k, v) for k, v in d["problems"])})
            for d in stored["domains"]
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _state() -> dict[str, Any]:
    """What the answer depends on: versions, entry points, and the newest change of their code."""
    own = Path(__file__).parent
    return {
        "version": ingenium.__version__,
        "own": {name: _changed(own / name) for name in NAMES},
        "plugins": {name: _origin(entry) for name, entry in plugins().items()},
    }


def _origin(entry: EntryPoint) -> list[Any]:
    version = entry.dist.version if entry.dist else ""
    package = entry.value.partition(":")[0].partition(".")[0]
    try:
        found = find_spec(package)
    except (ImportError, ValueError):
        found = None
    if found is None or found.origin is None:
        return [entry.value, version, None]
    file = Path(found.origin)
    whole = file.parent if file.name == "__init__.py" else file
    return [entry.value, version, _changed(whole)]


def _changed(path: Path) -> list[int]:
    """Number of source files and the time of the newest change."""
    files = [path] if path.is_file() else list(path.rglob("*.py"))
    return [len(files), max((f.stat().st_mtime_ns for f in files), default=0)]
