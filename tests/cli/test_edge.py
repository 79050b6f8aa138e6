"""A generator of the toy domain on an emulated board, through the command line."""

import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from ingenium.core.artifact import load
from ingenium.core.errors import CorruptError, InputError
from ingenium.core.sealed import sealed_text
from ingenium.core.spec import GeneratorChoice
from ingenium.edge import board
from ingenium.edge.artifact import SmallGenerator, tried
from ingenium.edge.device import DeviceSheet
from ingenium.report.artifact_report import write
from ingenium.verbs import edge as shrinking
from plugged import plugged
from toy import install

pytestmark = pytest.mark.skipif(bool(board.missing()), reason=board.missing())
SHEET = """
name = "a small board"
formats = ["int8"]
steps = 8
finalists = 1
widths = [1.0, 0.5, 0.25]
judged = 64
generator = {{ family = "vae", steps = 60 }}
[[limits]]
quantity = "flash"
at_most = {flash}
unit = "kB"
"""


@pytest.fixture(scope="module", autouse=True)
def beams(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with plugged(install(tmp_path_factory.mktemp("beams"))):
        yield


def sheet(folder: Path, flash: float) -> DeviceSheet:
    path = folder / "device.toml"
    path.write_text(SHEET.format(flash=flash))
    return load(path, DeviceSheet, "a device sheet")


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> SmallGenerator:
    folder = tmp_path_factory.mktemp("small")
    retained = shrinking.fit("toy.cantilever", sheet(folder, 90), folder / "out")
    write(retained)
    return retained


def test_it_holds_its_limits_and_tells_what_else_was_tried(small: SmallGenerator) -> None:
    record = small.record
    assert record["verdict"] == "accepted"
    assert record["measured"]["flash"]["value"] <= 90_000
    assert record["board"]["equal"]
    assert len(record["trials"]) >= 2
    beyond = [s for s in record["screened"] if not s["fits"]]
    assert all(s["flash"] > 90_000 for s in beyond)
    chosen = [t for t in record["trials"] if t["chosen"]]
    assert len(chosen) == 1
    assert chosen[0]["holds"]
    page = (small.folder / "report.html").read_text()
    assert record["recipe_title"] in page
    assert any(row[-1] == "yes" for row in tried(record)[1:])


def test_on_the_front_are_those_that_none_beats() -> None:
    def trial(accepted: float, cost: float) -> dict[str, object]:
        values = dict.fromkeys(("flash", "instructions", "energy", "latency"), cost)
        values |= {"accepted": accepted, "distance": 0.1, "loss_rise": 0.1}
        reported = {k: {"value": v, "low": v, "high": v, "unit": "1"} for k, v in values.items()}
        return {"title": "int8", "chosen": False, "holds": True, "measured": reported}

    every = [trial(0.9, 3.0), trial(0.8, 2.0), trial(0.7, 2.5), trial(0.8, 2.0), trial(0.1, 1.0)]
    rows = tried({"trials": every})[1:]
    assert [row[-1] for row in rows] == ["yes", "yes", "no", "yes", "yes"]


def test_its_files_give_what_its_record_says(small: SmallGenerator) -> None:
    assert set(small.runners()) == {"decode"}
    assert (small.folder / "generator.c").stat().st_size > 1000


def test_a_replay_fits_it_again(small: SmallGenerator, tmp_path: Path) -> None:
    found = shrinking.replay(small, tmp_path / "again")
    assert found.reproduced, found.broken
    lost = SmallGenerator(small.folder, {**small.record, "device": {"name": "", "judged": 1}})
    with pytest.raises(CorruptError, match="holds no device sheet"):
        shrinking.replay(lost, tmp_path / "again")


def test_a_replay_finds_what_was_forged(small: SmallGenerator) -> None:
    def otherwise(**entries: object) -> list[str]:
        forged = SmallGenerator(small.folder, {**small.record, **entries})
        return forged.compared(small.record).broken

    assert otherwise() == []
    assert otherwise(measured={}, trials=small.record["trials"][:1]) == ["measured", "trials"]
    sure = dict(small.record["measured"]["accepted"], low=1.0)
    assert otherwise(measured={**small.record["measured"], "accepted": sure}) == ["measured"]
    worse = {**small.record["original"], "loss": None}
    assert otherwise(original=worse, margins={}) == ["margins", "original"]


def test_a_graph_without_a_digest_is_not_opened(small: SmallGenerator, tmp_path: Path) -> None:
    folder = tmp_path / "copy"
    shutil.copytree(small.folder, folder)
    record = json.loads((folder / SmallGenerator.file).read_text())
    record.pop("seal")
    record["evidence"]["files"].pop("decode.onnx")
    (folder / SmallGenerator.file).write_text(sealed_text(record))
    (folder / "decode.onnx").write_bytes(b"planted")
    with pytest.raises(CorruptError, match=r"no digest of decode\.onnx"):
        SmallGenerator.open(folder)


def test_a_file_that_was_changed_is_told(small: SmallGenerator, tmp_path: Path) -> None:
    folder = tmp_path / "copy"
    shutil.copytree(small.folder, folder)
    path = folder / "generator.c"
    path.write_text(path.read_text() + "\n")
    with pytest.raises(CorruptError, match=r"generator\.c"):
        SmallGenerator.open(folder)
    path.unlink()
    record = json.loads((folder / SmallGenerator.file).read_text())
    record.pop("seal")
    record["evidence"].pop("files")
    (folder / SmallGenerator.file).write_text(sealed_text(record))
    with pytest.raises(CorruptError):
        SmallGenerator.open(folder)


def test_a_limit_that_no_recipe_meets_names_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="the nearest is int8, 25 % of units"):
        shrinking.fit("toy.cantilever", sheet(tmp_path, 3), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_what_cannot_go_there_is_refused_before_it_is_fitted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shrinking.fitted, "fit", lambda *a, **k: pytest.fail("was fitted"))
    requested = sheet(tmp_path, 90)
    for name in ("gan", "gaussian_copula"):
        other = replace(requested, generator=GeneratorChoice(family=name))
        with pytest.raises(InputError, match=f"got {name}, which has none.*--family vae"):
            shrinking.fit("toy.cantilever", other, tmp_path / "out")


def test_what_the_device_lacks_is_named(tmp_path: Path) -> None:
    path = tmp_path / "device.toml"
    path.write_text(SHEET.format(flash=90).replace("steps = 8", 'operators = ["dense", "sum"]'))
    with pytest.raises(InputError, match=r"function, in the network of vae.*does without\.$"):
        shrinking.fit("toy.cantilever", load(path, DeviceSheet, "a device sheet"), tmp_path / "out")
    for old, wrong, reported in (
        ("int8", "int3", "int3"),
        ("kB", "kV", "kV"),
        ("a small board", r"a\u001b[31m board", "name in"),
    ):
        path.write_text(SHEET.format(flash=90).replace(old, wrong))
        with pytest.raises(InputError, match=reported):
            load(path, DeviceSheet, "a device sheet")


def test_families_without_a_network_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "device.toml"
    path.write_text(SHEET.format(flash=90).replace('"vae", steps = 60', '"bootstrap"'))
    with pytest.raises(InputError, match="bootstrap, which has none"):
        shrinking.fit("toy.cantilever", load(path, DeviceSheet, "a device sheet"), tmp_path / "out")
