"""Closures are read from the source, without imports."""

import ingenium
from import_graph import SEAMS, closure

ROOT = ingenium.__path__[0]


def test_the_imports_of_imports_count_up_to_the_seams() -> None:
    found = closure("ingenium.domains.airfoils.section")
    assert {"ingenium.domains.airfoils.section", "ingenium.core.errors"} - {*found} == {
        "ingenium.core.errors"  # a seam
    }
    assert "ingenium.core.designs" in found
    assert not [name for name in found if name.startswith(("ingenium.cli", "ingenium.report"))]


def test_every_seam_is_there() -> None:
    for seam in SEAMS:
        path = f"{ROOT}/{'/'.join(seam.split('.')[1:])}"
        assert closure(seam), path
