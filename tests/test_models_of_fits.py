"""Proposals with the weights of a saved fit: those that its record names."""

import json
import math
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from ingenium.core.errors import CorruptError, InputError
from ingenium.core.sealed import sealed_text
from ingenium.core.seals import SEAL
from ingenium.core.spec import GeneratorChoice, Spec, dump, parse
from ingenium.domains import open_problem
from ingenium.generators.artifact import MODEL, SPEC, FitRecord
from ingenium.verbs.adapt import AdaptRequest, EarlierExamples, adapt, store
from ingenium.verbs.fit import fit
from ingenium.verbs.propose import propose
from ingenium.verbs.replay import replay
from toy import spec

pytestmark = pytest.mark.usefixtures("beams")


def retained(folder: Path, seed: int) -> Path:
    """A fit of beams as `fit --out` saves it."""
    requested = spec()
    chosen = {"family": "vae", "steps": 5, "seed": seed}
    table = {"problem": requested.problem, "generator": chosen}
    made = fit(table)
    made.save(folder / MODEL)
    (folder / SPEC).write_text(dump(parse(table, Spec, "the test")))
    record = {
        "problem": requested.problem,
        "verdict": "accepted",
        "lineage": {"weights": made.digest},
    }
    FitRecord.write(folder, record)
    return folder


def test_a_run_by_a_kept_fit_is_replayed(tmp_path: Path) -> None:
    own = retained(tmp_path / "fit", 0)
    run = propose(spec(), n=8, out=tmp_path / "run", model=own)
    shutil.rmtree(own)  # the run has all that it needs
    found = replay(run.folder, 3)
    assert found.reproduced, [c for c in found.checks if not c.reproduced]


def test_a_fit_that_was_adapted_proposes_too(tmp_path: Path) -> None:
    request = AdaptRequest(spec(), retained(tmp_path / "fit", 0), rank=2, steps=5)
    adapted = adapt(request, tmp_path / "adapted")
    run = propose(spec(), n=8, out=tmp_path / "run", model=adapted.folder)
    found = replay(run.folder, 3)
    assert found.reproduced, [c for c in found.checks if not c.reproduced]


def test_a_fit_of_one_process_is_kept_and_others_go_out_from_it(tmp_path: Path) -> None:
    requested = spec()
    own = replace(requested, generator=GeneratorChoice(family="vae", steps=5))
    first = store(open_problem(own), own, tmp_path / "fit")
    assert first.record["lineage"]["weights"] == fit(own).digest
    adapted = adapt(AdaptRequest(requested, first.folder, rank=2, steps=5), tmp_path / "adapted")
    assert adapted.record["lineage"]["base"] == first.record["lineage"]["weights"]
    run = propose(requested, n=8, out=tmp_path / "run", model=first.folder)
    assert replay(run.folder, 3).reproduced


def test_lessons_with_replay_hold_the_share_that_was_asked() -> None:
    """Training examples are sampled from the base's training set, never from its held-out set."""
    own = torch.zeros(30, 2), torch.zeros(30, 1)
    seen, distance = (torch.full((20, 2), v) for v in (1.0, 2.0))
    earlier = EarlierExamples((seen, seen[:, :1]), (distance, distance[:, :1]))
    for share, old in ((0.25, 10), (0.5, 30), (0.75, 90)):
        x, cond = earlier.alongside(own, share, torch.Generator().manual_seed(0))
        assert (x[:, 0] == cond[:, 0]).all()
        assert x[:, 0].tolist() == [0.0] * 30 + [1.0] * old


def test_a_fit_says_how_what_it_learned_before_is_kept(tmp_path: Path) -> None:
    requested = spec()
    own = replace(requested, generator=GeneratorChoice(family="vae", steps=5))
    base = store(open_problem(own), own, tmp_path / "fit").folder
    again = AdaptRequest(requested, base, rank=2, steps=5, replay=0.5)
    record = adapt(again, tmp_path / "adapted").record
    assert record["replay"] == 0.5
    reported = [
        record[f"{k}_{when}"] for k in ("loss", "earlier_loss") for when in ("before", "after")
    ]
    assert all(map(math.isfinite, reported))
    assert reported[0] == reported[2]  # the same designs were put aside from the same spec
    with pytest.raises(InputError, match="below 1 to replay"):
        adapt(replace(again, replay=1.0), tmp_path / "none")


def test_planted_weights_are_refused(tmp_path: Path) -> None:
    own, other = retained(tmp_path / "fit", 0), retained(tmp_path / "other", 1)
    shutil.copytree(other / MODEL, own / MODEL, dirs_exist_ok=True)  # whole, and at odds with none
    with pytest.raises(CorruptError, match="other weights than were fitted"):
        propose(spec(), n=8, out=tmp_path / "run", model=own)
    (own / FitRecord.file).unlink()
    with pytest.raises(InputError, match="ingenium fit PROBLEM --out"):
        propose(spec(), n=8, out=tmp_path / "run", model=own)
    assert not (tmp_path / "run").exists()


NAMELESS = sealed_text({"problem": "toy.cantilever", "verdict": "accepted"})


@pytest.mark.parametrize("written", [NAMELESS, "{"], ids=["nameless", "broken"])
def test_a_record_that_names_no_weights_is_told(tmp_path: Path, written: str) -> None:
    own = retained(tmp_path / "fit", 0)
    (own / FitRecord.file).write_text(written)
    with pytest.raises(CorruptError, match="no record"):
        propose(spec(), n=8, out=tmp_path / "run", model=own)


def test_a_fit_of_another_problem_is_refused(tmp_path: Path) -> None:
    own = retained(tmp_path / "fit", 0)
    record = json.loads((own / FitRecord.file).read_text())
    del record[SEAL]
    FitRecord.write(own, record | {"problem": "grid.feeder_day"})
    with pytest.raises(InputError, match=r"which is one of grid\.feeder_day"):
        propose(spec(), n=8, out=tmp_path / "run", model=own)
