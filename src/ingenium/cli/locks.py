"""Locks of domains: the releases that an extra resolved to when all were installed together."""

from pathlib import Path

from ingenium.trust.environments.environment import here

LOCKS = Path(__file__).parent / "locks"
Releases = dict[str, str]  # by the name of a package


def lock_of(domain: str) -> Path:
    """The file of a domain's lock, which pip takes as constraints."""
    return LOCKS / f"{domain}.txt"


def read(domain: str) -> Releases:
    """The locked releases of a domain."""
    lines = lock_of(domain).read_text(encoding="utf-8").splitlines()
    parts = (line.partition("==") for line in lines if line and not line.startswith("#"))
    return {name: release for name, _, release in parts}


def fitting(domain: str) -> Path | None:
    """The lock of a domain, if there is one for this Python and system."""
    path = lock_of(domain)
    if not path.is_file():
        return None
    python, system = here()
    first = path.read_text(encoding="utf-8").partition("\n")[0]
    return path if first == f"# Python {python} on {system}" else None
