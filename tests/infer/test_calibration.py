"""The verdict of a posterior on a problem whose posterior is known exactly, and its record."""

import math
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import xarray as xr
from linear import exact, opened
from scipy import stats

from ingenium.core.errors import CorruptError, InputError
from ingenium.core.spec import parse
from ingenium.evaluate.intervals import Interval
from ingenium.infer.answering import _judged_values
from ingenium.infer.artifact import Posterior
from ingenium.infer.calibration import WRONG, Ranks, ranks_needed, truths_needed
from ingenium.infer.judging import judge
from ingenium.infer.pictures import figures
from ingenium.infer.spec import InferSpec, dump, load
from ingenium.infer.weights import Weighted, moments
from ingenium.report.artifact_report import write
from ingenium.verbs import infer as inferring
from plugged import distribution, plugged

SEEN = [1.2, -3.1]
SETUP = {"method": "importance", "exact_prior": True, "known": 500}
SMALL: dict[str, Any] = {"truths": 80, "ranked": 80, "check_samples": 1000, "prior_samples": 64}


@pytest.fixture(scope="module", autouse=True)
def known(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = distribution(tmp_path_factory.mktemp("hidden"), "hidden", {"hidden": "linear:DOMAIN"})
    with plugged(folder) as found:
        yield found


def requested(seen: list[float] = SEEN, **setup: Any) -> InferSpec:
    own = InferSpec("hidden.linear", setup=SETUP | setup, given={"seen": seen}, samples=4000)
    return replace(own, **SMALL)


@pytest.fixture(scope="module")
def right(tmp_path_factory: pytest.TempPathFactory) -> inferring.Inferred:
    made = inferring.infer(requested(), tmp_path_factory.mktemp("out") / "right")
    write(made.stored, figures(made))
    return made


def test_a_right_posterior_is_calibrated_and_holds_the_exact_answer(
    right: inferring.Inferred,
) -> None:
    record = right.stored.record
    assert record["verdict"] == "accepted", record["reasons"]
    _, seen = opened(SEEN)
    mean, cov = exact(seen)
    samples = right.stored.samples()
    found, wide = moments(samples["x"].to_numpy(), samples["weight"].to_numpy())
    spread = np.sqrt(np.diag(cov.numpy()))
    assert np.abs((found - mean.numpy()) / spread).max() < 0.2
    assert np.abs(np.sqrt(np.diag(wide)) / spread - 1).max() < 0.2
    assert (
        record["measured"]["coverage_90"]["low"] < 0.9 < record["measured"]["coverage_90"]["high"]
    )


def test_its_page_tells_and_its_file_has_weights(right: inferring.Inferred) -> None:
    page = (right.stored.folder / "report.html").read_text()
    assert "accepted" in page
    assert "Corner plot" in page
    with xr.open_dataset(right.stored.folder / "posterior.nc", engine="h5netcdf") as found:
        assert float(found["weight"].sum()) == pytest.approx(1.0)
        assert found["first"].attrs["units"] == "1"


def test_a_likelihood_that_believes_too_much_is_not_calibrated(tmp_path: Path) -> None:
    made = inferring.infer(requested(error_scale=0.35), tmp_path / "sure")
    assert made.stored.record["verdict"] == "rejected"
    assert made.stored.record["measured"]["coverage_90"]["value"] < 0.8


@pytest.mark.parametrize(
    ("truths", "ranked", "said"),
    [
        (6, 80, "6 held-out designs"),
        (80, 5, "5 samples of the prior"),
        (0, 0, "0 held-out designs"),
    ],
)
def test_few_truths_do_not_make_a_right_posterior_calibrated(
    truths: int, ranked: int, said: str, tmp_path: Path
) -> None:
    """The verdict is inconclusive: nothing contradicts the posterior, and nothing could."""
    made = inferring.infer(replace(requested(), truths=truths, ranked=ranked), tmp_path / "some")
    record = made.stored.record
    assert record["verdict"] == "inconclusive"
    assert any(said in reason and "needed" in reason for reason in record["reasons"])
    assert (record["measured"]["truths"]["value"], record["measured"]["ranked"]["value"]) == (
        truths,
        ranked,
    )
    write(made.stored, figures(made))
    assert "inconclusive" in (made.stored.folder / "report.html").read_text()


def test_few_truths_that_contradict_a_posterior_do() -> None:
    """Truths that are all outside are sufficient evidence."""
    far = Ranks(np.zeros((8, 2)), np.zeros((8, 0)), np.zeros((8, 0)))
    even = Ranks((np.arange(40)[:, None] + 0.5) / 40 * np.ones((1, 2)), *[np.zeros((40, 0))] * 2)
    found = Weighted((), torch.zeros(0, dtype=torch.int64), np.zeros(0), 0.1, 100.0)
    values = _judged_values(found, {"held out": far, "prior": even}, 0.5, 0.5)
    assert judge(values, (), 2).verdict == "rejected"


@pytest.mark.parametrize("name", ["coverage_50", "coverage_90", "rank_p"])
def test_what_is_not_a_number_makes_no_posterior_calibrated(name: str) -> None:
    even = Ranks((np.arange(40)[:, None] + 0.5) / 40 * np.ones((1, 2)), *[np.zeros((40, 0))] * 2)
    found = Weighted((), torch.zeros(0, dtype=torch.int64), np.zeros(0), 0.1, 100.0)
    values = _judged_values(found, {"held out": even, "prior": even}, 0.5, 0.5)
    assert judge(values, (), 2).verdict == "accepted"
    values[name] = Interval(math.nan, math.nan, math.nan)
    verdict = judge(values, (), 2)
    assert verdict.verdict == "inconclusive"
    assert f"{name} is not a number" in verdict.reasons


@pytest.mark.parametrize("scale", [WRONG, 1 / WRONG])
def test_enough_truths_exclude_what_a_wrong_posterior_would_cover(scale: float) -> None:
    """Use the exact score test of Wilson, with as many inside as a right posterior has."""
    needed = truths_needed()
    excluded = []
    for n in (needed - 2, needed):
        held = 2 * stats.norm.cdf(stats.norm.ppf(0.75) * scale) - 1
        excluded.append(abs(0.5 - held) / math.sqrt(held * (1 - held) / n) > 1.959964)
    assert excluded[1]
    if scale < 1:  # the harder of the two
        assert not excluded[0]


def test_enough_ranks_show_a_posterior_that_lies_aside() -> None:
    n = ranks_needed(1)
    even = stats.norm.ppf((np.arange(4 * n) + 0.5) / (4 * n))
    shifted = stats.norm.cdf(even[::4] + 1.0)  # what a posterior aside by one deviation ranks
    assert stats.kstest(shifted, "uniform").pvalue < 0.05
    assert 10 < n < ranks_needed(6) < 40


def test_readings_that_the_prior_does_not_know_are_flagged(tmp_path: Path) -> None:
    few = replace(requested([9.0, 9.0]), truths=20, ranked=20)
    made = inferring.infer(few, tmp_path / "far")
    assert made.stored.record["verdict"] == "rejected"
    assert "the prior" in made.stored.reasons[0]


def test_it_is_replayed_and_altered_draws_are_noticed(
    right: inferring.Inferred, tmp_path: Path
) -> None:
    assert inferring.replay(right.stored, tmp_path / "again").reproduced
    file = right.stored.folder / "posterior.nc"
    whole = file.read_bytes()
    file.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    with pytest.raises(CorruptError):
        Posterior.open(right.stored.folder)
    file.write_bytes(whole)


def test_a_spec_is_what_it_was_after_a_file(tmp_path: Path) -> None:
    own = requested()
    path = tmp_path / "spec.toml"
    path.write_text(dump(own, own.given))
    assert load(path) == own


def test_what_cannot_be_inferred_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="method of inference"):
        parse({"problem": "hidden.linear", "method": "guess"}, InferSpec, "a spec")
    mute = replace(requested(), setup={"known": 500}, method="annealed")
    with pytest.raises(InputError, match="normal numbers"):
        inferring.infer(mute, tmp_path / "mute")
