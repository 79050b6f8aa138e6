"""Lattice fields at the public door: refusals, and ensembles off their law."""

from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
import torch
import xarray as xr

from ingenium.core.designs import DESIGN, to_dataset
from ingenium.core.errors import InputError
from ingenium.core.problem import Problem
from ingenium.core.resolving import resolve
from ingenium.core.spec import Spec
from ingenium.domains import open_problem
from ingenium.domains.physics.lattice.problem import LatticeField

N = 300


def _opened(**setup: Any) -> Problem:
    return open_problem(Spec(problem="physics.lattice", setup=setup))


@pytest.fixture(scope="module")
def problem() -> LatticeField:
    found = _opened(size=4, sampler="characters", known=20)
    assert isinstance(found, LatticeField)
    return found


@pytest.fixture(scope="module")
def ensemble(problem: LatticeField) -> xr.Dataset:
    """Exact samples of U(1) at coupling 1, where charges vary."""
    at = torch.ones(N, dtype=torch.float64)
    arrays = problem.sampler.sample(at, torch.Generator().manual_seed(3))
    return to_dataset((*problem.law.settled(arrays), at), problem.variables, {})


@pytest.mark.parametrize(
    ("setup", "match"),
    [
        ({"size": 7}, "even size"),
        ({"size": 2}, "even size"),
        ({"model": "potts"}, "potts"),
        ({"model": "u1", "sampler": "characterz"}, "characters"),
        ({"model": "ising", "disorder": 3}, "no disorder"),
        ({"model": "glass", "size": 20}, "at most 18"),
        ({"known": 3}, "known of at least 10"),
        ({"model": "u1", "hopping": 0.2}, "no hopping, without fermions"),
        ({"model": "schwinger", "size": 8}, "hopping parameter above 0"),
        ({"model": "schwinger", "size": 16, "hopping": 0.2}, "at most 12 sites"),
        ({"model": "su3", "train": True}, "a model that is learned"),
        ({"model": "su3", "sampler": "flux_tree"}, "characters"),
        ({"model": "u1", "symmetric": False}, "do without symmetry"),
    ],
)
def test_what_no_lattice_has_is_refused(setup: dict[str, Any], match: str) -> None:
    with pytest.raises(InputError, match=match):
        _opened(**setup)


def test_a_coupling_that_was_not_learned_is_refused() -> None:
    requested = Spec(problem="physics.lattice", conditions={"coupling": 11.0})
    with pytest.raises(InputError, match=r"1.*8"):
        resolve(requested, _opened())


@pytest.mark.parametrize("form", ["netcdf", "hdf5"])
def test_an_ensemble_is_read_as_it_was_written(
    problem: LatticeField, ensemble: xr.Dataset, form: str, tmp_path: Path
) -> None:
    files = problem.formats[form].write(ensemble, tmp_path)
    back = problem.formats[form].read(files[0])
    for v in problem.variables:
        assert np.array_equal(back[v.name].to_numpy(), ensemble[v.name].to_numpy())
    with h5py.File(files[0]) as plain:  # as any program opens it
        assert plain["link"].shape == (N, 2, 4, 4)
        assert set(np.unique(plain["count"][()])) == {1.0}  # exact samples all count 1


def test_charges_left_out_are_missed(
    problem: LatticeField, ensemble: xr.Dataset, tmp_path: Path
) -> None:
    """Leave charges out, like a frozen chain."""
    charge = problem.law.measure(torch.from_numpy(ensemble["link"].to_numpy()))[:, 1].numpy()
    frozen = ensemble.isel({DESIGN: np.flatnonzero(charge == 0)})
    assert frozen.sizes[DESIGN] > 100
    file = problem.formats["netcdf"].write(frozen, tmp_path)[0]
    with pytest.raises(InputError, match="charge² / sites within 6 standard errors"):
        problem.formats["netcdf"].read(file)


def test_a_configuration_that_comes_twice_is_missed(
    problem: LatticeField, ensemble: xr.Dataset, tmp_path: Path
) -> None:
    twice = xr.concat([ensemble, ensemble.isel({DESIGN: [5]})], DESIGN)
    twice = twice.assign_coords({DESIGN: np.arange(N + 1)})
    file = problem.formats["netcdf"].write(twice, tmp_path)[0]
    with pytest.raises(InputError, match="more than once"):
        problem.formats["netcdf"].read(file)


def test_a_field_that_is_no_number_is_named(
    problem: LatticeField, ensemble: xr.Dataset, tmp_path: Path
) -> None:
    file = problem.formats["hdf5"].write(ensemble, tmp_path)[0]
    with h5py.File(file, "r+") as held:
        held["link"][17, 0, 1, 1] = np.nan
    with pytest.raises(InputError, match="design 17"):
        problem.formats["hdf5"].read(file)


def test_another_sampler_does_not_count_them_so(
    problem: LatticeField, ensemble: xr.Dataset, tmp_path: Path
) -> None:
    file = problem.formats["netcdf"].write(ensemble, tmp_path)[0]
    other = _opened(size=4, sampler="independent_plaquettes", known=20)
    with pytest.raises(InputError, match="sampler that proposed it"):
        other.formats["netcdf"].read(file)


def test_matrices_that_are_none_of_su3_are_refused(tmp_path: Path) -> None:
    """Matrices are refused even with the count that their own action and density would give."""
    own = _opened(model="su3", size=4, known=20)
    at = torch.full((3,), 2.0, dtype=torch.float64)
    (link,) = own.sampler.sample(at, torch.Generator().manual_seed(5))
    bent = to_dataset((0.9 * link, at), own.variables, {})
    file = own.formats["netcdf"].write(bent, tmp_path)[0]
    with pytest.raises(InputError, match=r"another field in configuration 0"):
        own.formats["netcdf"].read(file)


def test_a_proposal_that_is_no_number_fails_and_is_not_kept() -> None:
    own = _opened(model="su3", size=4, known=20)
    at = torch.full((2,), 2.0, dtype=torch.float64)
    (link,) = own.sampler.sample(at, torch.Generator().manual_seed(5))
    link[0, 0, 0, 0, 0, 0, 0] = torch.nan
    found = own.tiers[0].measure(link, at)
    assert bool(found[0].isnan().any())
    assert bool(found[1].isfinite().all())
