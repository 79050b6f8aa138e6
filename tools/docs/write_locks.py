"""Write a lock for each domain: the releases that its extra resolved to together with all others.

    python tools/docs/write_locks.py [--check]

A lock lists the installed releases of all direct and indirect dependencies of the core and the
extra. The check needs no index: the requirements of `pyproject.toml` are met, no two locks differ
in a release, and the dependencies of each package that is installed in the locked release are
locked and met.
"""

import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from ingenium.cli.locks import LOCKS, Releases, lock_of, read
from ingenium.core.folders import write_atomic
from ingenium.domains import load, own
from ingenium.trust.environments.environment import here

PROJECT = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())["project"]


def requested(domain: str) -> list[Requirement]:
    """Requirements of the core and the extra of a domain."""
    extra = load(domain).extra
    more = PROJECT["optional-dependencies"][extra] if extra else []
    return [Requirement(text) for text in (*PROJECT["dependencies"], *more)]


def needs(name: str, extras: set[str]) -> Iterator[Requirement]:
    """Dependencies of an installed package on this system."""
    for text in requires(name) or ():
        need = Requirement(text)
        if need.marker is None or any(need.marker.evaluate({"extra": e}) for e in (*extras, "")):
            yield need


def resolved(domain: str) -> Releases:
    """The installed release of each package that a domain needs."""
    found: dict[str, str] = {}
    waiting, seen = requested(domain), set[tuple[str, str]]()
    while waiting:
        need = waiting.pop()
        name = canonicalize_name(need.name)
        found[name] = Version(version(name)).public  # without +cpu
        for extra in ("", *need.extras):
            if (name, extra) not in seen:
                seen.add((name, extra))
                waiting += needs(name, {extra})
    return dict(sorted(found.items()))


def faults() -> Iterator[str]:
    """Faults of the present locks."""
    reported: Releases = {}
    for domain in own():
        lock = read(domain)
        for name, release in lock.items():
            if reported.setdefault(name, release) != release:
                yield f"{domain}: {name} {release}, elsewhere {reported[name]}"
        waiting = [("ingenium", need) for need in requested(domain)]
        for name, release in lock.items():
            if _installed(name) == release:
                waiting += [(name, need) for need in needs(name, set())]
        for who, need in waiting:
            have = lock.get(canonicalize_name(need.name))
            if have is None or not need.specifier.contains(have, prereleases=True):
                yield f"{domain}: {who} needs {need}, locked is {have or 'none'}"


def _installed(name: str) -> str | None:
    try:
        return Version(version(name)).public
    except PackageNotFoundError:
        return None


def main(words: list[str]) -> None:
    if "--check" in words:
        wrong = list(faults())
        sys.exit("\n".join([*wrong, "Write: python tools/docs/write_locks.py"]) if wrong else 0)
    python, system = here()
    for domain in own():
        lines = [f"# Python {python} on {system}"]
        lines += [f"{name}=={release}" for name, release in resolved(domain).items()]
        LOCKS.mkdir(exist_ok=True)
        write_atomic(lock_of(domain), "\n".join(lines) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
