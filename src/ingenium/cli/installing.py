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
from ingenium.trust.environments.environment import LOCK, Environment

_PATIENCE_S = 10.0  # for the size of one file


@dataclass(frozen=True)
class Installation:
    """Packages and isolated environments to install."""

    packages: tuple[str, ...]  # requirements
    environments: tuple[Environment, ...]
    lock: Path | None = None  # of the domain, for this Python and system

    def sizes(self) -> dict[str, str]:
        """Sizes by name."""
        environments = {f"environment {r.folder.name}": r.lock.size for r in self.environments}
        return (
            {"packages": download_size(self.packages, self.lock)} if self.packages else {}
        ) | environments

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
        for environment in self.environments:
            errors().print(
                f"creating the isolated environment {environment.folder.name}", highlight=False
            )
            environment.make()


def lacking(requested: str, packages: Sequence[str]) -> Installation:
    """Return what a domain, or an isolated environment by its folder, lacks.

    Args:
        requested: the domain or the folder.
        packages: requirements of the domain's extra that are not met.

    Raises:
        InputError: if there is no such domain or environment.
    """
    folder = Path(requested)
    if (folder / LOCK).is_file():
        environments = [Environment(folder.resolve(), requested)]
    else:
        from ingenium.domains import names

        if requested not in names():
            raise InputError(
                "a domain, or the folder of an isolated environment",
                requested,
                f"Write one of {', '.join(names())}, or a folder that holds {LOCK}.",
            )
        environments = environments_of(requested)
    missing = tuple(environment for environment in environments if not environment.made)
    return Installation(tuple(packages), missing, fitting(requested))


def environments_of(domain: str) -> list[Environment]:
    """Isolated environments of a domain: folders with a lock in `environments` of its package."""
    from ingenium.domains import load

    package = find_spec(load(domain).package)
    places = (package.submodule_search_locations if package else None) or ()
    locks = [p for place in places for p in (Path(place) / "environments").glob(f"*/{LOCK}")]
    return [Environment(path.parent, domain) for path in sorted(locks)]


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
    requested = [*_pip(lock), "--dry-run", "--quiet", "--report", "-", *packages]
    done = subprocess.run(requested, text=True, capture_output=True, check=False)
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
        requested = urllib.request.Request(url, method="HEAD")
        with urllib.request.urlopen(requested, timeout=_PATIENCE_S) as answer:
            length = answer.headers["Content-Length"]
    except (OSError, ValueError):
        return None
    return None if length is None else int(length)


def _pip(lock: Path | None) -> list[str]:
    plain = [sys.executable, "-m", "pip", "install", "--disable-pip-version-check"]
    return plain if lock is None else [*plain, "--constraint", str(lock)]
