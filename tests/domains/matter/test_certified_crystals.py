"""Crystals certified by pw.x, from files, and invalid ones for the verifier."""

from collections.abc import Sequence
from pathlib import Path

import ase.io
import numpy as np
import pytest
import torch
import xarray as xr

from ingenium.core.designs import DESIGN, to_arrays, to_dataset
from ingenium.core.errors import InputError
from ingenium.core.spec import Limit, Spec
from ingenium.core.text import codes
from ingenium.core.verdict import Verdict
from ingenium.core.verify import verify
from ingenium.domains import open_problem
from ingenium.domains.matter import phases, potential, results
from ingenium.domains.matter.crystal import CrystalProblem

SETUP = {"elements": ["Ba", "Ti", "O"], "types": ["cubic", "tetragonal"]}
CUBIC, TURNED, POLAR = "Pm-3m Ba_a Ti_b O_c", "Pm-3m Ti_a Ba_b O_c", "P4mm Ba_a Ti_b O_b O_c"


@pytest.fixture(autouse=True)
def no_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs of pw.x are disabled: all answers are cached, or not needed."""
    monkeypatch.setattr(results, "_computed", None)


@pytest.fixture(scope="module")
def problem() -> CrystalProblem:
    found = open_problem(Spec(problem="matter.crystal", setup=SETUP))
    assert isinstance(found, CrystalProblem)
    return found


def crystal(problem: CrystalProblem, text: str) -> xr.Dataset:
    """The relaxed crystal of a text."""
    found = codes([text], 40), torch.full((1, 3), 4e-10), torch.zeros(1, problem.wide)
    arrays = problem.repair(tuple(x.to(torch.float64) for x in found), xr.Dataset())
    return to_dataset(arrays, problem.variables, dict(problem.labels()))


def measured(
    problem: CrystalProblem, designs: xr.Dataset, limits: Sequence[Limit] | None = None
) -> xr.Dataset:
    return verify(
        designs,
        problem.verifier,
        problem.limits if limits is None else limits,
        variables=problem.variables,
        sizes=problem.sizes,
        sparing=True,
    )


def test_barium_titanate_is_certified_without_paying_again(problem: CrystalProblem) -> None:
    """PBE gives 1.6 to 1.8 eV for the cubic cell, which is a little above the polar ones."""
    found = measured(problem, crystal(problem, CUBIC))
    assert found["verdict"].item() == Verdict.ACCEPTED
    assert found["band_gap"].item() == pytest.approx(1.7, abs=0.1)
    assert 0 < found["polymorph"].item() < 0.05 < -found["decomposition"].item()
    parts = found["decomposition"].item(), found["polymorph"].item()
    assert found["hull_distance"].item() == max(parts)


def test_what_cannot_hold_costs_no_run(problem: CrystalProblem) -> None:
    found = measured(problem, crystal(problem, TURNED))
    assert found["verdict"].item() == Verdict.REJECTED
    assert np.isnan(found["band_gap"].item())


def test_a_wrong_gap_costs_no_runs_of_binaries(
    problem: CrystalProblem, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(phases, "computed", None)
    wide = [Limit("band_gap", at_least=5.0, unit="eV"), Limit("hull_distance", at_most=0.05)]
    found = measured(problem, crystal(problem, CUBIC), wide)
    assert found["verdict"].item() == Verdict.REJECTED
    assert found["band_gap"].item() == pytest.approx(1.7, abs=0.1)
    assert np.isnan(found["hull_distance"].item())


def test_a_cube_that_is_written_as_a_lower_group_is_not_new(problem: CrystalProblem) -> None:
    """P4mm with every atom at its cubic place."""
    one = crystal(problem, POLAR)
    words, edges, _ = to_arrays(one, problem.variables)
    cubic = torch.tensor([[0.0, 0.5, 0.0, 0.5]], dtype=torch.float64)
    same = torch.full_like(edges, 4.04e-10)
    again = to_dataset((words, same, cubic), problem.variables, dict(problem.labels()))
    found = measured(problem, again)
    assert found["symmetry_preserved"].item() == 0
    assert found["verdict"].item() == Verdict.REJECTED
    assert measured(problem, crystal(problem, CUBIC))["symmetry_preserved"].item() == 1


def test_overlapping_atoms_have_no_answer(problem: CrystalProblem) -> None:
    one = crystal(problem, CUBIC)
    tiny = one.assign(edges_m=one["edges_m"] * 0 + 2.5e-10)
    tiny["edges_m"].attrs = one["edges_m"].attrs
    found = measured(problem, tiny)
    assert found["verdict"].item() == Verdict.FAILED


@pytest.mark.parametrize("value", [np.nan, np.inf])
@pytest.mark.parametrize("place", [1, 2], ids=["edges_m", "free"])
def test_what_is_no_number_has_no_answer(problem: CrystalProblem, place: int, value: float) -> None:
    """A list of neighbours at such positions would end the process, with all other designs."""
    arrays = list(to_arrays(crystal(problem, POLAR), problem.variables))
    arrays[place] = torch.full_like(arrays[place], value)
    assert problem.verifier.only(("closest",)).measure(*arrays).isnan().all()


def test_a_run_that_does_not_converge_is_failed_and_not_rejected(
    problem: CrystalProblem, monkeypatch: pytest.MonkeyPatch
) -> None:
    reason = results.NoAnswer("its density did not converge")
    monkeypatch.setattr(results, "_computed", lambda _: reason)
    one = crystal(problem, CUBIC)
    moved = one.assign(edges_m=one["edges_m"] * 1.003)
    moved["edges_m"].attrs = one["edges_m"].attrs
    requested = [
        x for x in problem.limits if x.quantity != "gap_estimate"
    ]  # which may reject it first
    assert measured(problem, moved, requested)["verdict"].item() == Verdict.FAILED


def test_other_programs_read_the_files(problem: CrystalProblem, tmp_path: Path) -> None:
    """ASE finds the same atoms in both, and a supercell is reduced to the cell that it repeats."""
    one = crystal(problem, POLAR)
    for name, kind in (("cif", "cif"), ("poscar", "vasp")):
        folder = tmp_path / name
        folder.mkdir()
        (file,) = problem.formats[name].write(one, folder).values()
        atoms = ase.io.read(file, format=kind)
        assert sorted(atoms.get_chemical_symbols()) == ["Ba", "O", "O", "O", "Ti"]
        assert atoms.cell.lengths() == pytest.approx(one["edges_m"].to_numpy()[0] * 1e10, abs=1e-4)
        back = problem.formats[name].read(file)
        assert back["crystal"].item() == one["crystal"].item()
        np.testing.assert_allclose(back["free"], one["free"], atol=2e-5)
    twice = tmp_path / "twice.vasp"
    ase.io.write(twice, atoms.repeat((1, 1, 2)), format="vasp", direct=True)
    again = problem.formats["poscar"].read(twice)
    assert again["crystal"].item() == one["crystal"].item()
    np.testing.assert_allclose(again["edges_m"], one["edges_m"], rtol=1e-4)


def test_a_cell_of_another_system_is_refused(problem: CrystalProblem, tmp_path: Path) -> None:
    one = crystal(problem, CUBIC)
    (file,) = problem.formats["poscar"].write(one, tmp_path).values()
    file.write_text(file.read_text().replace("Ba", "Sr"))
    with pytest.raises(InputError, match="that the problem knows"):
        problem.formats["poscar"].read(file)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("0.500000000", "1e30"),  # whose place in a cell is arbitrary
        ("1 1 3", "1 1 -3"),
        ("1 1 3", "1 1 3000000000"),
        ("Direct\n", "Direct\n" + 600 * "0.0 0.0 0.0\n"),
    ],
    ids=["far away", "fewer than none", "too many to hold", "long"],
)
def test_what_is_no_cell_of_a_few_atoms_is_refused(
    problem: CrystalProblem, old: str, new: str, tmp_path: Path
) -> None:
    (file,) = problem.formats["poscar"].write(crystal(problem, CUBIC), tmp_path).values()
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))
    with pytest.raises(InputError):
        problem.formats["poscar"].read(file)


def test_the_report_shows_cells_hull_and_pattern(problem: CrystalProblem) -> None:
    parts = [crystal(problem, t) for t in (CUBIC, TURNED)]
    designs = xr.concat(parts, DESIGN).assign_coords({DESIGN: np.arange(2)})
    sections = problem.sections(designs, measured(problem, designs))
    assert [s.heading for s in sections] == [
        "Certified crystals",
        "Cells",
        "Gaps and distances from the hull",
        "Powder pattern of BaTiO3",
    ]
    assert len(sections[0].table) == 2, "one of the two is certified"
    assert all(s.figure is not None for s in sections[1:])


def test_what_chgnet_alone_judged_is_reported_without_pw() -> None:
    """No distance and no gap are shown that were not computed."""
    setup = {**SETUP, "judge": "chgnet"}
    alone = open_problem(Spec(problem="matter.crystal", setup=setup))
    assert isinstance(alone, CrystalProblem)
    one = crystal(alone, CUBIC)
    found = measured(alone, one)
    assert found["verdict"].item() == Verdict.ACCEPTED
    headings = [s.heading for s in alone.sections(one, found)]
    assert headings == ["Cells", "Powder pattern of BaTiO3"]
    rejected = crystal(alone, TURNED)
    assert alone.sections(rejected, measured(alone, rejected)) == ()


def test_a_crystal_without_an_energy_has_no_distance(
    problem: CrystalProblem, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No crystal without an energy counts as one at distance 0."""
    one = crystal(problem, CUBIC)
    problem.verifier.measure(*to_arrays(one, problem.variables))  # phases are cached from here on
    monkeypatch.setattr(potential, "slopes", lambda crystals: [None] * len(crystals))
    found = measured(problem, one)
    assert found["verdict"].item() != Verdict.ACCEPTED
    alone = problem.verifier.only(("polymorph",))
    assert alone.measure(*to_arrays(one, problem.variables)).isnan().all()
