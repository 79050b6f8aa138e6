"""The packages that ingenium runs on, as a bill of materials that other programs read.

Only what is installed here and reached from ingenium's own requirements; extras for development
are left out. Licences are what each package says of itself.

Source: CycloneDX 1.6 (ECMA-424), JSON; package URL specification for `pypi`.
"""

import json
import re
import uuid
from datetime import UTC, datetime
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from typing import Any

from packaging.requirements import Requirement

ROOT, NOT_OURS = "ingenium", "dev"


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
                "ref": _purl(found[n]),
                "dependsOn": [_purl(found[d]) for d in sorted(_needs(found[n])) if d in found],
            }
            for n in names
        ],
    }


def text() -> str:
    """The bill of materials as JSON."""
    return json.dumps(sbom(), indent=1, ensure_ascii=False) + "\n"


def _reached(root: str) -> dict[str, Distribution]:
    """Every installed package that the root needs, itself included, by normalised name."""
    found: dict[str, Distribution] = {}
    open_names = [root]
    while open_names:
        name = open_names.pop()
        if name in found:
            continue
        try:
            found[name] = distribution(name)
        except PackageNotFoundError:
            if name == root:
                raise
            continue
        open_names += _needs(found[name])
    return found


def _needs(package: Distribution) -> set[str]:
    """Names that a package may need here; of ingenium with its extras, of others without."""
    needed = set()
    for line in package.requires or []:
        need = Requirement(line)
        marker = str(need.marker or "")
        extra = re.search(r"extra == ['\"]([^'\"]+)['\"]", marker)
        ours = _name(package.metadata["Name"]) == ROOT
        if extra is not None and (not ours or extra[1] == NOT_OURS):
            continue
        if need.marker is None or need.marker.evaluate({"extra": extra[1] if extra else ""}):
            needed.add(_name(need.name))
    return needed


def _component(package: Distribution, kind: str) -> dict[str, Any]:
    about = package.metadata
    made: dict[str, Any] = {
        "type": kind,
        "bom-ref": _purl(package),
        "name": about["Name"],
        "version": package.version,
        "purl": _purl(package),
    }
    (licence, *_) = about.get_all("License-Expression") or [""]
    if licence:
        return made | {"licenses": [{"expression": licence}]}
    stated = [c for c in about.get_all("Classifier") or [] if c.startswith("License :: ")]
    names = [c.rsplit(" :: ", 1)[1] for c in stated if not c.endswith("OSI Approved")]
    (plain, *_) = about.get_all("License") or [""]
    if not names and plain.strip():
        names = [plain.strip().splitlines()[0][:100]]
    return made | ({"licenses": [{"license": {"name": n}} for n in names]} if names else {})


def _purl(package: Distribution) -> str:
    return f"pkg:pypi/{_name(package.metadata['Name'])}@{package.version}"


def _name(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
