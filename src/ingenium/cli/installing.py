"""`doctor --install`: what a domain lacks is installed, after its size was stated."""

import json
import subprocess
import sys
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import typer

from ingenium.cli.locks import fitting
from ingenium.cli.output import errors
from ingenium.core.errors import EngineError, InputError
from ingenium.trust.rooms.room import LOCK, Room

_PATIENCE_S = 10.0  # for the size of one file


@dataclass(frozen=True)
class Installation:
    """Packages and isolated environments to install."""

    packages: tuple[str, ...]  # requirements
    rooms: tuple[Room, ...]
    lock: Path | None = None  # of the domain, for this Python and system

    def sizes(self) -> dict[str, str]:
        """Sizes by name."""
        rooms = {f"environment {r.folder.name}": r.lock.size for r in self.rooms}
        return (
            {"packages": download_size(self.packages, self.lock)} if self.packages else {}
        ) | rooms

    def install(self) -> None:
        """Fetch and make all of it.

        Raises:
            EngineError: if pip fails.
        """
        if self.packages:
            done = subprocess.run(
                [*_pip(self.lock), *self.packages], check=False, stdout=sys.stderr
            )
            if done.returncode:
                raise EngineError(f"pip could not install {', '.join(self.packages)}")
        for room in self.rooms:
            errors().print(f"creating the isolated environment {room.folder.name}", highlight=False)
            room.make()


def lacking(asked: str, packages: Sequence[str]) -> Installation:
    """Return what a domain, or an isolated environment by its folder, lacks.

    Args:
        asked: the domain or the folder.
        packages: requirements of the domain's extra that are not met.

    Raises:
        InputError: if there is no such domain or room.
    """
    folder = Path(asked)
    if (folder / LOCK).is_file():
        rooms = [Room(folder.resolve(), asked)]
    else:
        from ingenium.domains import names

        if asked not in names():
            raise InputError(
                "a domain, or the folder of an isolated environment",
                asked,
                f"Write one of {', '.join(names())}, or a folder that holds {LOCK}.",
            )
        rooms = rooms_of(asked)
    missing = tuple(room for room in rooms if not room.made)
    return Installation(tuple(packages), missing, fitting(asked))


def rooms_of(domain: str) -> list[Room]:
    """Rooms of a domain: folders with a lock in `rooms` of its package."""
    from ingenium.domains import load

    package = find_spec(load(domain).package)
    places = (package.submodule_search_locations if package else None) or ()
    locks = [p for place in places for p in (Path(place) / "rooms").glob(f"*/{LOCK}")]
    return [Room(path.parent, domain) for path in sorted(locks)]


def consented(sizes: Mapping[str, str], yes: bool) -> bool:
    """Return whether to go on, after printing the sizes.

    Raises:
        InputError: if nobody said yes before, and there is no terminal to ask on.
    """
    for name, size in sizes.items():
        errors().print(f"{name}: {size}", highlight=False, markup=False)
    if not yes and not sys.stdin.isatty():
        raise InputError("a yes before anything is downloaded", "no terminal", "Add --yes.")
    return yes or typer.confirm("Install?", err=True)


def download_size(packages: Sequence[str], lock: Path | None = None) -> str:
    """Describe the download of pip for these requirements under a lock.

    Raises:
        EngineError: if pip finds nothing that fits.
    """
    asked = [*_pip(lock), "--dry-run", "--quiet", "--report", "-", *packages]
    done = subprocess.run(asked, text=True, capture_output=True, check=False)
    if done.returncode:
        raise EngineError(f"pip finds no way to install: {done.stderr.strip()[-2000:]}")
    urls = [item["download_info"]["url"] for item in json.loads(done.stdout)["install"]]
    sizes = [_size(url) for url in urls]
    known = sum(s for s in sizes if s is not None) / 1e6
    unknown = sizes.count(None)
    rest = f", and {unknown} of unknown size" if unknown else ""
    return f"{len(urls)} packages, {known:.0f} MB to download{rest}"


def _size(url: str) -> int | None:
    try:
        asked = urllib.request.Request(url, method="HEAD")
        with urllib.request.urlopen(asked, timeout=_PATIENCE_S) as answer:
            length = answer.headers["Content-Length"]
    except (OSError, ValueError):
        return None
    return None if length is None else int(length)


def _pip(lock: Path | None) -> list[str]:
    plain = [sys.executable, "-m", "pip", "install", "--disable-pip-version-check"]
    return plain if lock is None else [*plain, "--constraint", str(lock)]
