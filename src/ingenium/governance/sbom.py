"""The packages that ingenium runs on, as a bill of materials that other programs read.

It lists installed packages that ingenium's own requirements reach; extras for development are left
out. Licences are those that each package states.

Source: CycloneDX 1.6 (ECMA-424), JSON; package URL specification for `pypi`.
"""

import json
import re
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, distribution
from typing import Any

from packaging.requirements import Requirement

ROOT, NOT_OURS = "ingenium", "dev"


@dataclass(frozen=True, eq=False)
class InstalledPackage:
    """Metadata of a package, parsed once, since parsing takes milliseconds."""

    name: str
    version: str
    licences: tuple[dict[str, Any], ...]
    needs: frozenset[str]  # normalised names

    @property
    def purl(self) -> str:
        """Package URL."""
        return f"pkg:pypi/{_name(self.name)}@{self.version}"


def sbom() -> dict[str, Any]:
    """The bill of materials as plain data."""
    found = _reached(ROOT)
    names = sorted(found)
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid.uuid4()}",
        "version": 1,
        "metadata": {
            "timestamp": datetime.now(UTC).isoformat(timespec="seconds"),
            "component": _component(found[ROOT], "application"),
        },
        "components": [_component(found[n], "library") for n in names if n != ROOT],
        "dependencies": [
            {
                "ref": found[n].purl,
                "dependsOn": [found[d].purl for d in sorted(found[n].needs) if d in found],
            }
            for n in names
        ],
    }


def text() -> str:
    """The bill of materials as JSON."""
    return json.dumps(sbom(), indent=1, ensure_ascii=False) + "\n"


def _reached(root: str) -> dict[str, InstalledPackage]:
    """Every installed package that the root needs, itself included, by normalised name."""
    found: dict[str, InstalledPackage] = {}
    open_names = [root]
    while open_names:
        name = open_names.pop()
        if name in found:
            continue
        try:
            package = distribution(name)
        except PackageNotFoundError:
            if name == root:
                raise
            continue
        about, needs = package.metadata, _needs(name, package.requires or [])
        licences = tuple(_licences(about))
        found[name] = InstalledPackage(about["Name"], about["Version"], licences, needs)
        open_names += found[name].needs
    return found


def _needs(name: str, requires: Sequence[str]) -> frozenset[str]:
    """Names of a package's dependencies; for ingenium with its extras, for others without."""
    needed = set()
    for line in requires:
        need = Requirement(line)
        marker = str(need.marker or "")
        extra = re.search(r"extra == ['\"]([^'\"]+)['\"]", marker)
        if extra is not None and (name != ROOT or extra[1] == NOT_OURS):
            continue
        if need.marker is None or need.marker.evaluate({"extra": extra[1] if extra else ""}):
            needed.add(_name(need.name))
    return frozenset(needed)


def _component(package: InstalledPackage, kind: str) -> dict[str, Any]:
    made: dict[str, Any] = {
        "type": kind,
        "bom-ref": package.purl,
        "name": package.name,
        "version": package.version,
        "purl": package.purl,
    }
    return made | ({"licenses": list(package.licences)} if package.licences else {})


def _licences(about: Any) -> Iterator[dict[str, Any]]:
    """Licences in the metadata: an expression, else classifiers, else a line of text."""
    (licence, *_) = about.get_all("License-Expression") or [""]
    if licence:
        yield {"expression": licence}
        return
    stated = [c for c in about.get_all("Classifier") or [] if c.startswith("License :: ")]
    names = [c.rsplit(" :: ", 1)[1] for c in stated if not c.endswith("OSI Approved")]
    (plain, *_) = about.get_all("License") or [""]
    if not names and plain.strip():
        names = [plain.strip().splitlines()[0][:100]]
    yield from ({"license": {"name": n}} for n in names)


def _name(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
