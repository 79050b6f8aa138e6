"""Selection of the tests of a domain, and of the domains that a change reaches."""

from pathlib import Path

import pytest

from ingenium.domains import own
from of_domains import SHARED, TESTS, about, main, reached, selected


def test_a_test_is_about_the_domain_that_it_lies_in_imports_or_names() -> None:
    assert about(TESTS / "domains" / "grid" / "test_shared_files.py") == {"grid"}
    assert "airfoils" in about(TESTS / "contract" / "test_airfoils.py")
    assert about(TESTS / "core" / "test_verdict.py") == {SHARED}


def test_every_domain_has_tests_and_all_of_its_folder_are_among_them() -> None:
    for name in own():
        found = selected({name})
        folder = set((TESTS / "domains" / name).rglob("test_*.py"))
        assert folder
        assert folder <= set(found)
        assert any("contract" in path.parts for path in found) or name == "process"
    everything = selected({*own(), SHARED})
    assert everything == sorted(TESTS.rglob("test_*.py"))


def test_a_change_reaches_what_imports_it() -> None:
    grid = Path("src/ingenium/domains/grid/feeder/powerflow.py")
    assert reached([grid]) == {"grid"}
    assert reached([Path("src/ingenium/core/verdict.py")]) == {*own(), SHARED}
    chemistry = reached([Path("src/ingenium/kits/chemistry/xtb.py")])
    assert "molecules" in chemistry
    assert "grid" not in chemistry
    assert reached([Path("README.md")]) == {SHARED}
    assert reached([Path("src/ingenium/domains/airfoils/uiuc.npz")]) == {"airfoils"}
    assert reached([]) == set()
    own_test = Path("tests/core/test_verdict.py")
    assert selected(set(), [own_test]) == [TESTS / "core" / "test_verdict.py"]


def test_an_unknown_domain_is_refused() -> None:
    with pytest.raises(SystemExit, match="got gird"):
        main(["gird"])
