"""The contract on designs that are texts."""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
import xarray as xr
from safetensors.torch import save_file

import sums
import toy
from ingenium.comparison import families as compare
from ingenium.core.designs import DESIGN, check, to_arrays, to_dataset
from ingenium.core.digest import dataset_digest
from ingenium.core.errors import CorruptError, InputError
from ingenium.core.netcdf import write_netcdf
from ingenium.core.problem import Pretrained
from ingenium.core.spec import GeneratorChoice, Select, Spec
from ingenium.domains import open_problem
from ingenium.generators.tokens.families import recurrent
from ingenium.runs import loop
from ingenium.runs.replay import replay
from ingenium.testing import ProblemContract, opened
from ingenium.trust.ledger import open_ledger
from plugged import plugged


@pytest.fixture(scope="module", autouse=True)
def words(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The toy's package is installed for the tests of a module."""
    folder = tmp_path_factory.mktemp("plugin")
    with plugged(toy.install(folder, {"arithmetic": "sums:DOMAIN"})):
        opened.cache_clear()
        yield


class TestSums(ProblemContract):
    problem_name = "arithmetic.sums"
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
    [("x" * 17, "at most 16 characters, got 17"), (1.5, "as text"), ("a\0b", r"U\+0000")],
)
def test_what_is_no_text_of_the_variable_is_refused(text: object, said: str) -> None:
    with pytest.raises(InputError, match=said):
        check(named("1+1=2", text), [sums.VARIABLE], {})  # type: ignore[arg-type]


def pretrained(folder: Path) -> Pretrained:
    """A trained generator of sums, as a domain brings one."""
    problem = open_problem(Spec("arithmetic.sums"))
    make = partial(recurrent, problem.codec.shape, 1, problem.codec, width=16, layers=1)
    torch.manual_seed(3)
    weights = {k: v.half() for k, v in make().state_dict().items()}
    save_file(weights, folder / "sums.safetensors")
    return Pretrained(make, folder / "sums.safetensors", {"cost": "none"})


def test_a_generator_that_comes_trained_needs_no_fit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = pretrained(tmp_path)
    monkeypatch.setattr(sums.Sums, "pretrained", lambda self: {"own": own})
    spec = Spec(
        "arithmetic.sums", generator=GeneratorChoice(family="own"), select=Select(export="verified")
    )
    problem = open_problem(spec)
    monkeypatch.setattr(sums, "_measured", lambda text: (0.0, 1.0))  # all that it writes counts
    with open_ledger(tmp_path / "book.db") as book:
        run = loop.run(problem, spec, 5, 1, tmp_path / "out", ledger=book)
        longer = replace(spec, generator=GeneratorChoice(family="own", steps=3))
        with pytest.raises(InputError, match="comes trained"):
            loop.run(problem, longer, 5, 1, tmp_path / "other", ledger=book)
    assert run.record["model"]["fit"] == {"pretrained": "sums.safetensors", "cost": "none"}
    assert replay(problem, spec, tmp_path / "out", 3).reproduced
    (tmp_path / "sums.safetensors").write_bytes(b"spoiled")
    with (
        pytest.raises(CorruptError, match="came with arithmetic"),
        open_ledger(tmp_path / "book.db") as book,
    ):
        loop.run(problem, spec, 5, 1, tmp_path / "third", ledger=book)


def test_families_on_texts_are_compared_by_the_scores_of_the_field(tmp_path: Path) -> None:
    problem = open_problem(Spec("arithmetic.sums"))
    assert set(compare.usual(problem)) >= {"lstm", "autoregressive", "bootstrap", "random"}
    requested = compare.Protocol(families=("bootstrap", "random"), seeds=(0,), members=2)
    entries = compare.compare(problem, requested, tmp_path)
    right = {e.family: e.card["right"] for e in entries}
    assert right["bootstrap"] == 1.0
    assert right["random"] < 0.5
    assert compare.tabulate(problem, entries).families == ("bootstrap", "random")
