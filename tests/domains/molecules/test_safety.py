"""The dual-use screen on members of the classes, on similar drugs, and on real sets."""

from pathlib import Path

import pytest
from listed import HARMLESS, MEMBERS

from ingenium.core.designs import to_arrays
from ingenium.core.errors import InputError
from ingenium.core.text import codes, texts
from ingenium.domains.molecules import data
from ingenium.domains.molecules.library import Library, LibrarySettings
from ingenium.kits.chemistry import safety
from ingenium.kits.chemistry.parsing import canonical, parsed
from ingenium.kits.chemistry.zinc import zinc250k
from ingenium.trust.ledger import open_ledger
from ingenium.trust.place import ledger_place
from ingenium_book.checks.molecules.labelled import ALIKE as alike
from ingenium_book.checks.molecules.labelled import CONTROLLED as controlled
from ingenium_book.checks.molecules.labelled import EXPLOSIVES as explosives
from ingenium_book.checks.molecules.labelled import WEAPONS as weapons


@pytest.mark.parametrize("name", MEMBERS)
def test_members_are_refused(name: str) -> None:
    smiles, reported = MEMBERS[name]
    assert any(reported in found for found in safety.classes(parsed(smiles)))


@pytest.mark.parametrize("name", HARMLESS)
def test_look_alikes_pass(name: str) -> None:
    assert safety.classes(parsed(HARMLESS[name])) == ()


@pytest.mark.parametrize("name", [*weapons, *explosives, *controlled])
def test_other_members_are_refused(name: str) -> None:
    """Members of lists that the patterns were not written for, except for three additions."""
    assert safety.classes(parsed({**weapons, **explosives, **controlled}[name]))


@pytest.mark.parametrize("name", alike)
def test_other_look_alikes_pass(name: str) -> None:
    assert safety.classes(parsed(alike[name])) == ()


def blocked(smiles: list[str]) -> tuple[int, int]:
    mols = [m for m in map(parsed, smiles) if m is not None]
    return sum(bool(safety.classes(m)) for m in mols), len(mols)


@pytest.mark.slow
def test_few_of_real_sets_are_refused() -> None:
    """The whole of ZINC250k and of the drugs is the slow test."""
    assert blocked(list(data.moses("test")[:400])) == (0, 400)
    count, _ = blocked(list(zinc250k()[:800]))
    assert count <= 2


@pytest.mark.slow
def test_share_of_real_sets_that_is_refused() -> None:
    """Nearly all refused drugs are controlled themselves, such as morphine."""
    count, total = blocked(list(zinc250k()[:100_000]))
    assert count / total < 1e-3
    count, total = blocked(list(data.drugs()))
    assert count / total < 0.02


def test_oxygen_balance() -> None:
    """Source: Meyer, Köhler and Homburg, Explosives, 6th ed., 2007: TNT and PETN."""
    assert safety.oxygen_balance(parsed(MEMBERS["TNT"][0])) == pytest.approx(-73.9, abs=0.1)
    assert safety.oxygen_balance(parsed(MEMBERS["PETN"][0])) == pytest.approx(-10.1, abs=0.1)


@pytest.fixture(scope="module")
def problem(own_folders: object) -> Library:
    return Library(LibrarySettings(known=200))


def test_a_refused_proposal_leaves_no_structure(problem: Library) -> None:
    written = ("CCO", MEMBERS["sarin"][0], "C1CC")
    with open_ledger(ledger_place()) as book:
        before = len(book.entries("refusal"))
    arrays = problem.repair((codes(written, problem.longest),), problem.data())
    assert texts(arrays[0]) == ["CCO", "", "C1CC"]
    with open_ledger(ledger_place()) as book:
        entries = book.entries("refusal")
        assert len(entries) == before + 1
        assert not book.check()
    reported = str(entries[-1].body)
    assert "1.A.1" in reported
    assert "sha256:" in reported
    assert MEMBERS["sarin"][0] not in reported


def test_a_molecule_whose_canonical_text_has_no_room_in_a_file_leaves_nothing(
    problem: Library,
) -> None:
    short = "C1[SH]NNC1NC(=O)C1NC(C)[SH][SH]C[SH]C=COC[SH]C(F)C(C)CC(=O)OC1N"
    assert len(short) <= problem.longest < len(canonical(parsed(short)))
    arrays = problem.repair((codes((short, "OCC"), problem.longest),), problem.data())
    assert texts(arrays[0]) == ["", "CCO"]


def test_refused_molecules_are_neither_measured_nor_written(
    problem: Library, tmp_path: Path
) -> None:
    refused = problem.designs_of((MEMBERS["TNT"][0],))
    measured = problem.verifier.measure(*to_arrays(refused, problem.variables))
    assert bool(measured.isnan().all())
    for form in problem.formats.values():
        with pytest.raises(InputError, match="dual-use screen"):
            form.write(refused, tmp_path)
    (tmp_path / "theirs.smi").write_text(f"CCO one\n{MEMBERS['TNT'][0]} two\n")
    with pytest.raises(InputError, match=r"line 2.*nitro compounds"):
        problem.formats["smi"].read(tmp_path / "theirs.smi")
    with pytest.raises(InputError, match="peroxides"):
        safety.DualUseScreen().admit(parsed(MEMBERS["TATP"][0]), "query")


def test_the_screen_can_be_switched_off_and_says_so() -> None:
    off = Library(LibrarySettings(known=200, screen=False))
    measured = off.verifier.measure(codes(["CN=[N+]=[N-]"], off.longest))
    assert bool(measured.isfinite().all())
    assert off.notes
    assert safety.DualUseScreen(on=False).refuses(parsed(MEMBERS["VX"][0])) is False
