"""Records of monitors, posteriors and the like: what was altered after they were written shows."""

import json
from pathlib import Path
from typing import Any

import pytest

from ingenium.core.digest import file_digest
from ingenium.core.errors import CorruptError, InputError
from ingenium.core.judged import JudgedKind, RecordMaking, sealed_text

KIND = JudgedKind("an alarm", "alarm.json", "ingenium monitor fit", "Fit it again.")
TOLD: dict[str, Any] = {
    "rule": {"bar": 3.5, "hold": 4},
    "verdict": "rejected",
    "measured": {"missed": 0.25, "delay_h": float("nan")},
}
FILES = {"model.onnx": ("evidence", "model")}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "model.onnx").write_bytes(b"weights")
    with RecordMaking() as making:
        making.keep(KIND, tmp_path, TOLD, {"model": file_digest(tmp_path / "model.onnx")})
    return tmp_path


def test_a_record_is_opened_as_it_was_told(folder: Path) -> None:
    found = KIND.opened(folder, FILES)
    assert found["rule"] == TOLD["rule"]
    assert found["measured"] == {"missed": 0.25, "delay_h": None}
    assert "seal" not in found


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"bar": 3.5', '"bar": 1e9'),  # an alarm that never rings, run without a word
        ('"rejected"', '"accepted"'),
        ('"missed": 0.25', '"missed": 0.0'),
        ('"hold": 4,', '"hold": 4, "hold": 1,'),
        ('"hold": 4', '"hold": 400'),
        ('"seal"', '"was"'),
    ],
)
def test_what_was_altered_is_not_opened(folder: Path, old: str, new: str) -> None:
    path = folder / KIND.record
    before = path.read_text()
    if old not in before:  # the last of a table
        old, new = old.removesuffix(","), new.removesuffix(",")
    assert old in before
    path.write_text(before.replace(old, new, 1))
    with pytest.raises(CorruptError, match="is not the record that was written"):
        KIND.opened(folder, FILES)


def test_a_file_beside_it_that_was_changed_is_told(folder: Path) -> None:
    (folder / "model.onnx").write_bytes(b"planted")
    with pytest.raises(CorruptError, match="not the file that was judged"):
        KIND.opened(folder, FILES)


@pytest.mark.parametrize("content", ["", "[]", "3", "null", '{"seal": NaN}', "{", 9000 * "["])
def test_what_is_no_record_is_told(folder: Path, content: str) -> None:
    (folder / KIND.record).write_text(content)
    with pytest.raises(CorruptError):
        KIND.opened(folder, FILES)
    (folder / KIND.record).unlink()
    with pytest.raises(InputError, match="ingenium monitor fit"):
        KIND.opened(folder, FILES)


def test_a_seal_is_no_signature(folder: Path) -> None:
    """Whoever writes the record anew can seal it; a replay and the ledger tell then."""
    path = folder / KIND.record
    told = {k: v for k, v in json.loads(path.read_text()).items() if k != "seal"}
    path.write_text(sealed_text(told | {"verdict": "accepted"}))
    assert KIND.opened(folder, FILES)["verdict"] == "accepted"
