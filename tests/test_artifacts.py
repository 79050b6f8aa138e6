"""Every kind of artifact: found by its record, opened, shown and replayed in the same way."""

import json
import sys
from collections.abc import Mapping
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import ClassVar

import pytest
from _pytest.monkeypatch import MonkeyPatch

import ingenium
from ingenium.core.artifact import Artifact, Replay, named
from ingenium.core.errors import InputError
from ingenium.core.sealed import sealed_text
from ingenium.core.spec import GeneratorChoice, Spec
from ingenium.domains import open_problem
from ingenium.generators.artifact import FitRecord, judge
from ingenium.runs import artifacts
from ingenium.runs.artifacts import KINDS, RUN_RECORDS, open_artifact, record_in
from ingenium.verbs.adapt import AdaptRequest, adapt, store
from toy import spec

sys.path.insert(0, str(Path(__file__).parent / "cli"))
from calling import answer, call

pytestmark = pytest.mark.usefixtures("beams")
VAE = GeneratorChoice(family="vae", steps=5)


@pytest.mark.parametrize("file", KINDS)
def test_a_kind_names_its_record_and_what_makes_it_again(file: str) -> None:
    kind: type[Artifact] = named(KINDS[file])
    assert issubclass(kind, Artifact)
    assert kind.made_by.startswith("ingenium ")
    if file not in RUN_RECORDS:
        assert kind.file == file
        assert callable(named(kind.remade_by))
        assert not kind.drawn_by or callable(named(kind.drawn_by))


def test_a_run_opens_shows_and_replays_as_others_do(tmp_path: Path) -> None:
    made = ingenium.propose(spec(), n=8, out=tmp_path / "run")
    run = ingenium.open_run(tmp_path / "run")
    assert (run.folder, run.verdict) == (tmp_path / "run", "accepted")
    assert isinstance(run.spec, Spec)
    assert run.values["acceptance"].value == pytest.approx(made.summary.acceptance)
    limited = {x.quantity for x in made.spec.limits}
    assert {name for name, own in run.values.items() if own.limits} == limited
    assert isinstance(run.replay(), Replay)
    assert run.replay().reproduced
    shown = answer("show", tmp_path / "run")
    assert (shown["verdict"], shown["reasons"]) == ("accepted", [])
    code, text, _ = call("show", tmp_path / "run")
    assert code == 0
    assert f"{made.summary.accepted} of 8 designs" in text
    assert "The best designs" in text


def test_a_fit_is_shown_and_fitted_again_whatever_is_cached(tmp_path: Path) -> None:
    own = Spec(spec().problem, generator=VAE)
    store(open_problem(own), own, tmp_path / "fit")
    fit = open_artifact(tmp_path / "fit")
    assert isinstance(fit, FitRecord)
    assert fit.spec.generator.steps == 5
    assert answer("show", tmp_path / "fit")["verdict"] == "accepted"
    assert answer("replay", tmp_path / "fit")["reproduced"]
    forged = {**fit.record, "lineage": {**fit.record["lineage"], "weights": "sha256:0"}}
    assert FitRecord(fit.folder, forged).replay().broken == ["weights"]


def test_an_adapted_fit_is_adapted_again_from_its_base(tmp_path: Path) -> None:
    own = Spec(spec().problem, generator=VAE)
    base = store(open_problem(own), own, tmp_path / "fit").folder
    fit = adapt(AdaptRequest(spec(), base, rank=2, steps=5), tmp_path / "adapted")
    assert [heading for heading, _, _ in fit.figures()] == ["Losses"]
    assert open_artifact(fit.folder).replay().reproduced


def test_a_fit_whose_losses_rose_or_are_no_numbers_is_not_accepted() -> None:
    assert judge({"held_out": 1.0}).verdict == "accepted"
    assert judge({"held_out": float("nan")}).verdict == "failed"
    assert judge({"held_out": 1.0}, ["it rose"]).verdict == "rejected"


def test_a_folder_of_nothing_is_refused(tmp_path: Path) -> None:
    assert record_in(tmp_path) is None
    with pytest.raises(InputError, match=r"which holds one of run\.json, search\.json, monitor"):
        open_artifact(tmp_path)
    code, _, said = call("replay", tmp_path)
    assert code == 2
    assert "finished run" in said
    code, _, said = call("show", tmp_path)
    assert code == 2


class Recipe(Artifact):
    """An artifact of a third party's package."""

    what = "a recipe"
    file = "recipe.json"
    made_by = "cook"
    remade_by = f"{__name__}:cooked"
    parts: ClassVar = {"steps": ("steps",)}


def cooked(retained: Recipe, folder: Path) -> Replay:
    again: Mapping[str, object] = {"steps": 3, "verdict": "accepted"}
    return retained.compared(again)


def test_kinds_of_other_packages_are_found(tmp_path: Path, monkeypatch: MonkeyPatch) -> None:
    entry = EntryPoint("recipe.json", f"{__name__}:Recipe", artifacts.GROUP)
    monkeypatch.setattr(artifacts, "entry_points", lambda group: [entry])
    record = {"steps": 3, "verdict": "accepted", "title": "Soup"}
    (tmp_path / "recipe.json").write_text(sealed_text(record))
    assert open_artifact(tmp_path).title == "Soup"
    assert answer("replay", tmp_path)["reproduced"]
    (tmp_path / "recipe.json").write_text(sealed_text(record | {"steps": 4}))
    code, text, _ = call("replay", tmp_path, "--json")
    assert code == 1
    assert [c["part"] for c in json.loads(text)["checks"] if not c["reproduced"]] == ["steps"]
