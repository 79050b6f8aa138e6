"""The contract of `buildings.plan`, and models that were changed after they were judged."""

import re
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

from ingenium.testing import Damage, ProblemContract


def _model(path: Path, pattern: str, new: str) -> None:
    """Replace the first match in the model."""
    file = path / "plan.ifc"
    found = file.read_text()
    changed = re.sub(pattern, new, found, count=1)
    assert changed != found
    file.write_text(changed)


def _line(path: Path, pattern: str) -> None:
    """Remove the first instance that matches."""
    _model(path, rf"#\d+={pattern}[^\n]*\n", "")


def _copied(path: Path, kind: str) -> None:
    """Add an instance a second time, under another number."""
    file = path / "plan.ifc"
    found = file.read_text()
    (row, *_) = re.findall(rf"#\d+=({kind}\([^\n]*)\n", found)
    file.write_text(found.replace("\nENDSEC;\nEND", f"\n#99999={row}\nENDSEC;\nEND"))


def _drawing(name: str, path: Path) -> None:
    file = path / name
    file.write_text(file.read_text().replace("reception", "exception", 1))


def _more(path: Path) -> None:
    (path / "note.txt").write_text("all is well")


class TestBuildingPlan(ProblemContract):
    problem_name = "buildings.plan"
    setup: ClassVar[Mapping[str, Any]] = {"known": 8}

    def forgeries(self) -> Mapping[str, Mapping[str, Damage]]:
        changed = {
            "in metres": (r"\.MILLI\.,\.METRE\.", "$,.METRE."),
            "with a room of another name": (r"'staff room'", "'stuff room'"),
            "with a wider wall": (r"(PROFILEDEF\(.AREA.,\$,\$,[\d.]+,)200\.", r"\g<1>240."),
            "with lower walls": (r"(IFCEXTRUDEDAREASOLID\(#\d+,#\d+,#\d+,)2950\.", r"\g<1>2900."),
            "with a higher storey": (r"IFCCARTESIANPOINT\(\(0.,0.,3200.\)\)",
                                     "IFCCARTESIANPOINT((0.,0.,3300.))"),
            "with a solid that is turned": (r"(IFCDIRECTION)\(\(0.,0.,1.\)", r"\1((0.,1.,0.)"),
            "of a text that ends early": (r"ENDSEC;\nEND-ISO[^\n]*", ""),
            "with brackets that do not close": (r"IFCUNITASSIGNMENT\(\(", "IFCUNITASSIGNMENT((("),
            "with a loop of placements": (r"(LOCALPLACEMENT)\(\$,#(\d+)\)", r"\1(#1,#\2)"),
        }  # fmt: skip
        attacks: dict[str, Damage] = {
            name: partial(_model, pattern=old, new=new) for name, (old, new) in changed.items()
        }
        attacks |= {
            "without a wall": partial(_line, pattern="IFCWALL"),
            "without a shape": partial(_line, pattern="IFCPRODUCTDEFINITIONSHAPE"),
            "with a room twice": partial(_copied, kind="IFCSPACE"),
            "with a wall twice": partial(_copied, kind="IFCWALL"),
            "with a door twice": partial(_copied, kind="IFCDOOR"),
            "with another drawing": partial(_drawing, "plan.dxf"),
            "with another map": partial(_drawing, "rooms.geojson"),
            "with more files": _more,
        }
        return {"ifc": attacks}
