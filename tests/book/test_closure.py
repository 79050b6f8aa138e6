"""Closures are read from the source, without imports."""

import sys
from pathlib import Path

import dice
import pytest

from ingenium.core.errors import InputError
from ingenium_book import closure
from ingenium_book.closure import SEAMS, root

STUDY = "dice_house.studies.loaded"


def after(file: Path, text: str) -> str:
    """Digest of the study's source after a file was written."""
    file.write_text(text)
    dice.forget()
    return closure.code(STUDY)


def test_the_imports_of_imports_count_and_nothing_is_imported(house: Path) -> None:
    found = closure.closure(STUDY)
    assert {STUDY, "dice_house.throwing"} < set(found)
    assert {"ingenium.evaluate.trials", "ingenium.evaluate.intervals"} < set(found)
    assert "dice_house.checks" not in found
    assert not [name for name in sys.modules if name.startswith("dice_house.")]
    assert closure.docstring(STUDY).startswith("Row dice.1")
    assert "numpy" in closure.distributions(STUDY)


def test_the_digest_changes_with_what_the_study_rests_on_alone(house: Path) -> None:
    before = closure.code(STUDY)
    assert after(house / "checks.py", "other = 1\n") == before
    assert after(house / "throwing.py", dice.THROWING + "# more\n") != before
    assert after(house / "throwing.py", dice.THROWING) == before


def test_imports_within_functions_and_relative_ones_count_and_those_of_type_checkers_not(
    house: Path,
) -> None:
    (house / "deep.py").write_text("deep = 1\n")
    (house / "typed.py").write_text("typed = 1\n")
    text = dice.THROWING + (
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from dice_house import typed\n"
        "def late():\n    from . import deep\n    return deep\n"
    )
    after(house / "throwing.py", text)
    found = closure.closure(STUDY)
    assert "dice_house.deep" in found
    assert "dice_house.typed" not in found


def test_data_beside_a_module_that_names_it_count(house: Path) -> None:
    (house / "weights.npz").write_bytes(b"one")
    before = after(house / "throwing.py", dice.THROWING + 'WEIGHTS = "weights.npz"\n')
    (house / "weights.npz").write_bytes(b"two")
    dice.forget()
    assert closure.code(STUDY) != before


def test_seams_are_cut() -> None:
    found = closure.closure("ingenium_book.studies.airfoils.closed_loop")
    assert "ingenium.searches.tuned" in found  # only by way of the list of strategies
    assert not [name for name in found if name.startswith(("ingenium.cli", "ingenium.report"))]
    assert "ingenium.domains.airfoils.section" in found


def test_every_seam_is_there() -> None:
    for seam in SEAMS:
        top, *rest = seam.split(".")
        path = root(top).joinpath(*rest)
        assert path.is_dir() or path.with_suffix(".py").is_file(), seam


def test_a_module_that_does_not_exist_is_named() -> None:
    with pytest.raises(InputError, match=r"ingenium\.nothing"):
        closure.code("ingenium.nothing")
    with pytest.raises(InputError, match="not installed"):
        root("no_such_package")
