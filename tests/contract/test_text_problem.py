"""The contract on designs that are texts."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from problem_contract import ProblemContract, opened

import sums
import toy
from ingenium import domains
from ingenium.core.designs import DESIGN, check, to_arrays, to_dataset
from ingenium.core.digest import dataset_digest
from ingenium.core.errors import InputError
from ingenium.core.netcdf import write_netcdf


@pytest.fixture(scope="module", autouse=True)
def words(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The toy's package is installed for the tests of a module."""
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("plugin")
        patch.syspath_prepend(str(toy.install(folder, {"words": "sums:DOMAIN"})))
        domains.load.cache_clear()
        opened.cache_clear()
        yield
    domains.load.cache_clear()


class TestSums(ProblemContract):
    problem_name = "words.sums"
    no_answer = "2+=3"


def named(*listed: str) -> xr.Dataset:
    text = (DESIGN, np.asarray(listed, dtype=object), {"units": "1"})
    return xr.Dataset({"sum": text}, coords={DESIGN: np.arange(len(listed))})


def test_texts_survive_arrays_and_netcdf(tmp_path: Path) -> None:
    listed = ["", "1+1=2", "π≠3 🙂", "x" * sums.LONGEST]
    designs = to_dataset(to_arrays(named(*listed), [sums.VARIABLE]), [sums.VARIABLE], {})
    assert designs["sum"].to_numpy().tolist() == listed
    write_netcdf(tmp_path / "designs.nc", designs)
    with xr.open_dataset(tmp_path / "designs.nc", engine="h5netcdf") as back:
        assert back["sum"].to_numpy().tolist() == listed
        assert dataset_digest(back.load()) == dataset_digest(designs)


@pytest.mark.parametrize(
    ("text", "said"),
    [("x" * 17, "at most 16 characters; came 17"), (1.5, "as text"), ("a\0b", r"U\+0000")],
)
def test_what_is_no_text_of_the_variable_is_refused(text: object, said: str) -> None:
    with pytest.raises(InputError, match=said):
        check(named("1+1=2", text), [sums.VARIABLE], {})  # type: ignore[arg-type]
