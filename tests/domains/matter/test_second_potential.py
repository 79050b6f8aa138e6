"""A second potential alongside CHGNet: its absence, its measurements, and its savings."""

from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError

import numpy as np
import pytest
import torch
import xarray as xr

from ingenium.core import packages
from ingenium.core.designs import DESIGN, to_dataset
from ingenium.core.errors import MissingExtra
from ingenium.core.spec import Limit, Spec
from ingenium.core.text import codes
from ingenium.core.verdict import Verdict
from ingenium.core.verify import verify
from ingenium.domains import open_problem
from ingenium.domains.matter import potential, results, second_potential
from ingenium.domains.matter.crystal import CrystalProblem
from ingenium.domains.matter.potential import Crystal

SETUP = {"elements": ["Ba", "Ti", "O"], "types": ["cubic", "tetragonal"], "second_potential": True}
CUBIC, TURNED = "Pm-3m Ba_a Ti_b O_c", "Pm-3m Ti_a Ba_b O_c"
FREE_EV = {"Ba": -1.3, "Ti": 7.0, "O": 2.1}  # of atoms alone: a zero of energy that anyone may take


def shifted(crystal: Crystal) -> float:
    """CHGNet's energy of an atom from another zero."""
    (found,) = potential.slopes([crystal])
    assert found is not None
    return (found.energy_ev + sum(FREE_EV[e] for e in crystal.sites.elements)) / crystal.atoms


@pytest.fixture(scope="module")
def problem() -> Iterator[CrystalProblem]:
    """The problem, with CHGNet in place of SevenNet."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(results, "_computed", None)
        patch.setattr(second_potential, "version", lambda: "none")
        patch.setattr(second_potential, "energy_ev", shifted)
        second_potential._lowest.cache_clear()
        found = open_problem(Spec(problem="matter.crystal", setup=SETUP))
        assert isinstance(found, CrystalProblem)
        yield found
    second_potential._lowest.cache_clear()


def measured(
    problem: CrystalProblem, texts: list[str], *more: Limit
) -> tuple[xr.Dataset, xr.Dataset]:
    n = len(texts)
    found = codes(texts, 40), torch.full((n, 3), 4e-10), torch.zeros(n, problem.wide)
    arrays = problem.repair(tuple(x.to(torch.float64) for x in found), xr.Dataset())
    designs = to_dataset(arrays, problem.variables, dict(problem.labels()))
    made = verify(
        designs,
        problem.verifier,
        (*problem.limits, *more),
        variables=problem.variables,
        sizes=problem.sizes,
        sparing=True,
    )
    return designs, made


def test_where_it_is_missing_nothing_is_begun(monkeypatch: pytest.MonkeyPatch) -> None:
    def none(name: str) -> str:
        raise PackageNotFoundError(name)

    monkeypatch.setattr(packages, "version", none)
    with pytest.raises(MissingExtra, match=r"ingenium\[sevennet\]"):
        open_problem(Spec(problem="matter.crystal", setup=SETUP))


def test_the_zero_of_its_energies_is_in_no_distance(problem: CrystalProblem) -> None:
    """The substitute has CHGNet's energies from another zero, and finds CHGNet's distance."""
    _, found = measured(problem, [CUBIC])
    assert found["verdict"].item() == Verdict.ACCEPTED
    assert found["second_hull"].item() == pytest.approx(found["screened_hull"].item(), abs=2e-5)
    assert "sevenn" in problem.verifier.version


def test_what_others_suffice_to_reject_is_not_asked_of_it(problem: CrystalProblem) -> None:
    designs, found = measured(problem, [CUBIC, TURNED])
    assert np.isnan(found["second_hull"].to_numpy()).tolist() == [False, True]
    sections = problem.sections(designs.assign_coords({DESIGN: np.arange(2)}), found)
    assert "SevenNet and CHGNet differ by 0 meV" in sections[0].text
    assert "binaries (SevenNet)" in sections[0].table[0]


def test_a_limit_on_it_spares_runs_of_pw(problem: CrystalProblem) -> None:
    _, found = measured(problem, [CUBIC], Limit("second_hull", at_most=-9.0, unit="eV"))
    assert found["verdict"].item() == Verdict.REJECTED
    assert np.isfinite(found["second_hull"].item())
    assert np.isnan(found["band_gap"].item())
