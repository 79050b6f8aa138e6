"""Artifacts in their folders: later alterations are detected."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from ingenium.core.artifact import Artifact, alike
from ingenium.core.digest import file_digest
from ingenium.core.errors import CorruptError, InputError
from ingenium.core.sealed import RecordMaking, sealed_text


class Alarm(Artifact):
    """An alarm with its model."""

    what = "an alarm"
    file = "alarm.json"
    made_by = "ingenium monitor fit"

    def sealed(self) -> Mapping[str, str]:
        """The model."""
        return {"model.onnx": self.record["evidence"]["model"]}


REPORTED: dict[str, Any] = {
    "rule": {"bar": 3.5, "hold": 4},
    "verdict": "rejected",
    "measured": {"missed": 0.25, "delay_h": float("nan")},
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "model.onnx").write_bytes(b"weights")
    with RecordMaking() as making:
        making.write(
            tmp_path / Alarm.file, REPORTED, {"model": file_digest(tmp_path / "model.onnx")}
        )
    return tmp_path


def test_a_record_is_opened_as_it_was_told(folder: Path) -> None:
    found = Alarm.open(folder).record
    assert found["rule"] == REPORTED["rule"]
    assert found["measured"] == {"missed": 0.25, "delay_h": None}
    assert "seal" not in found


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"bar": 3.5', '"bar": 1e9'),  # an alarm that never fires, run without words
        ('"rejected"', '"accepted"'),
        ('"missed": 0.25', '"missed": 0.0'),
        ('"hold": 4,', '"hold": 4, "hold": 1,'),
        ('"hold": 4', '"hold": 400'),
        ('"seal"', '"was"'),
    ],
)
def test_what_was_altered_is_not_opened(folder: Path, old: str, new: str) -> None:
    path = folder / Alarm.file
    before = path.read_text()
    if old not in before:  # the last of a table
        old, new = old.removesuffix(","), new.removesuffix(",")
    assert old in before
    path.write_text(before.replace(old, new, 1))
    with pytest.raises(CorruptError, match="is not the record that was written"):
        Alarm.open(folder)


def test_a_file_beside_it_that_was_changed_is_told(folder: Path) -> None:
    (folder / "model.onnx").write_bytes(b"planted")
    with pytest.raises(CorruptError, match="not the file that was judged"):
        Alarm.open(folder)


@pytest.mark.parametrize("content", ["", "[]", "3", "null", '{"seal": NaN}', "{", 9000 * "["])
def test_what_is_no_record_is_told(folder: Path, content: str) -> None:
    (folder / Alarm.file).write_text(content)
    with pytest.raises(CorruptError):
        Alarm.open(folder)
    (folder / Alarm.file).unlink()
    with pytest.raises(InputError, match="ingenium monitor fit"):
        Alarm.open(folder)


def test_a_seal_is_no_signature(folder: Path) -> None:
    """Anybody who rewrites the record can seal it; then a replay and the ledger reveal it."""
    path = folder / Alarm.file
    reported = {k: v for k, v in json.loads(path.read_text()).items() if k != "seal"}
    path.write_text(sealed_text(reported | {"verdict": "accepted"}))
    assert Alarm.open(folder).record["verdict"] == "accepted"


def test_a_record_of_an_older_version_says_what_to_write(folder: Path) -> None:
    path = folder / Alarm.file
    old = {k: v for k, v in json.loads(path.read_text()).items() if k != "seal"}
    path.write_text(sealed_text(old | {"verdict": "calibrated"}))
    with pytest.raises(InputError, match=r"expected a verdict of accepted, .* calibrated, from an"):
        Alarm.open(folder)


def test_numbers_are_alike_to_a_millionth_of_themselves() -> None:
    assert alike({"low": 1e-12, "high": 1.0}, {"low": 1e-12, "high": 1.0 + 1e-9})
    assert not alike({"low": 1e-9, "high": 1e6}, {"low": 1e-3, "high": 1e6})
    assert not alike({"low": 0.1, "high": 1.0}, {"low": 0.1001, "high": 1.0})
    assert alike([1, 2.0, None], [1, 2.0, None])
    assert not alike([1, 2.0], [1])
    assert not alike({"a": 3}, {"a": 4})
    assert not alike({"a": 1.0}, {"b": 1.0})
