"""Cached results: resumed, shared, sealed; planted or damaged ones are never used."""

import io
import shutil
import sys
import threading
from dataclasses import replace
from subprocess import PIPE, Popen

import numpy as np
import pytest

from ingenium.core import provenance, recipe
from ingenium.core.digest import content_digest, digest
from ingenium.core.errors import CorruptError
from ingenium.core.folders import locked
from ingenium.core.recipe import Recipe


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("INGENIUM_CACHE", str(tmp_path / "cache"))
    return tmp_path


def _recipe(made, *, stop=None, under=1, name="toy"):
    def make(piece):
        if piece == stop:
            raise KeyboardInterrupt
        made.append(piece)
        return {"x": np.full((2, 3), piece, dtype=float)}

    return Recipe(name, under, make, 4)


TRUTH = [0, 0, 1, 1, 2, 2, 3, 3]


def test_a_stopped_making_goes_on_where_it_was():
    made, seen = [], []
    with pytest.raises(KeyboardInterrupt):
        _recipe(made, stop=2).complete()
    whole = _recipe(made).complete(lambda *reported: seen.append(reported))
    assert made == [0, 1, 2, 3]
    assert seen == [("make toy", n, 4) for n in (2, 3, 3, 4)]
    np.testing.assert_array_equal(whole["x"][:, 0], TRUTH)


def test_other_settings_are_made_anew():
    made = []
    _recipe(made).complete()
    _recipe(made).complete()
    _recipe(made, under=2).complete()
    assert made == [0, 1, 2, 3, 0, 1, 2, 3]


def _npz(value):
    buffer = io.BytesIO()
    np.savez(buffer, x=np.full((2, 3), value))
    return buffer.getvalue()


def _pickled():
    buffer = io.BytesIO()
    np.savez(buffer, x=np.array([print], dtype=object))
    return buffer.getvalue()


PLANTED = {
    "cut": lambda retained: retained[:-20],
    "empty": lambda retained: b"",
    "one bit": lambda retained: retained[:200] + bytes([retained[200] ^ 1]) + retained[201:],
    "plain": lambda retained: _npz(99.0),
    "old seal, other content": lambda retained: retained.partition(b"\n")[0] + b"\n" + _npz(99.0),
    "seal of the content alone": lambda retained: (
        content_digest(_npz(99.0)).encode() + b"\n" + _npz(99.0)
    ),
    "pickle": lambda retained: digest("x").encode() + b"\n" + _pickled(),
    "text": lambda retained: b"no archive",
}


@pytest.mark.parametrize("spoiled", PLANTED.values(), ids=PLANTED)
def test_what_was_planted_is_set_aside_and_made_again_once(spoiled):
    made = []
    _recipe(made).complete()
    path = _recipe(made).folder / "00001.piece"
    content = spoiled(path.read_bytes())
    path.write_bytes(content)
    for _ in range(2):
        whole = _recipe(made).complete()
        np.testing.assert_array_equal(whole["x"][:, 0], TRUTH)
    assert made == [0, 1, 2, 3, 1]
    assert path.with_name("00001.piece.spoiled").read_bytes() == content


def test_a_sound_piece_is_taken_in_its_own_place_only():
    made = []
    mine, other = _recipe(made), _recipe([], under=2)
    mine.complete()
    other.complete()
    for source in (mine.folder / "00003.piece", other.folder / "00001.piece"):
        shutil.copy(source, mine.folder / "00001.piece")
        whole = mine.complete()
        np.testing.assert_array_equal(whole["x"][:, 0], TRUTH)
    assert made == [0, 1, 2, 3, 1, 1]


def test_a_folder_or_a_link_in_the_place_of_a_piece_does_no_harm(tmp_path):
    made = []
    mine = _recipe(made)
    (mine.folder / "00000.piece").mkdir(parents=True)
    (tmp_path / "elsewhere").write_bytes(_npz(99.0))
    (mine.folder / "00001.piece").symlink_to(tmp_path / "elsewhere")
    np.testing.assert_array_equal(mine.complete()["x"][:, 0], TRUTH)
    assert (tmp_path / "elsewhere").read_bytes() == _npz(99.0)


def test_what_a_changed_package_makes_is_made_anew(tmp_path, monkeypatch):
    package = tmp_path / "optics"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "films.py").write_text("def make(piece):\n    return {'x': WIDTH}\n")
    (package / "codec.py").write_text("WIDTH = 1\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    import optics.films  # type: ignore[import-not-found]

    def folder():
        provenance._package_digest.cache_clear()
        return Recipe("films", 1, optics.films.make).folder

    first = folder()
    assert folder() == first
    (package / "codec.py").write_text("WIDTH = 2\n")
    assert folder() != first
    (package / "codec.py").write_text("WIDTH = 1\n")
    assert folder() == first
    (package / "studies").mkdir()
    (package / "studies" / "row.py").touch()
    assert folder() == first
    for name in ("optics", "optics.films"):
        sys.modules.pop(name)


def test_a_shipped_whole_is_taken_only_under_its_own_settings(tmp_path):
    made = []
    replace(_recipe(made), packaged=tmp_path / "shipped.npz").ship()
    made.clear()
    for under, pieces in ((1, []), (2, [0, 1, 2, 3])):
        one = replace(_recipe(made, under=under), packaged=tmp_path / "shipped.npz")
        shutil.rmtree(one.folder, ignore_errors=True)
        whole = one.complete()
        assert made == pieces
        assert list(whole) == ["x"]
        np.testing.assert_array_equal(whole["x"][:, 0], TRUTH)


def test_a_damaged_file_of_the_package_is_named(tmp_path):
    path = tmp_path / "shipped.npz"
    replace(_recipe([]), packaged=path).ship()
    for content in (path.read_bytes()[:-30], b"PK\x03\x04 half", _npz(1.0)):
        path.write_bytes(content)
        with pytest.raises(CorruptError, match="Install the package again"):
            replace(_recipe([]), packaged=path).complete()


SLOW = """
import time
import numpy as np
from ingenium.core import recipe

def make(piece):
    with (recipe.cache_folder() / "made.txt").open("a") as file:
        file.write(f"{piece}\\n")
    time.sleep(0.05)
    return {"x": np.full((1, 1), piece)}

print(recipe.Recipe("slow", 1, make, 12).complete()["x"][:, 0].tolist())
"""


def test_two_processes_share_the_work_and_make_nothing_twice(cache):
    (cache / "cache").mkdir()
    (cache / "slow.py").write_text(SLOW)
    command = [sys.executable, str(cache / "slow.py")]
    both = [Popen(command, stdout=PIPE, stderr=PIPE, text=True) for _ in range(2)]
    found = [one.communicate(timeout=120) for one in both]
    assert found == [(f"{list(range(12))}\n", "")] * 2
    made = (cache / "cache" / "made.txt").read_text().split()
    assert sorted(map(int, made)) == list(range(12))


def test_whoever_needs_what_another_makes_waits_with_progress(monkeypatch):
    monkeypatch.setattr(recipe, "POLL_S", 0.02)
    made, seen, waiting = [], [], threading.Event()

    def watch(stage, done, total):
        seen.append(stage)
        if stage.startswith("wait"):
            waiting.set()

    held = locked(_recipe(made).folder / "00002.piece")
    held.__enter__()
    found = []
    other = threading.Thread(target=lambda: found.append(_recipe(made).complete(watch)))
    other.start()
    assert waiting.wait(10)
    assert made == [0, 1, 3]  # meanwhile it has computed all unlocked pieces
    held.__exit__(None, None, None)
    other.join(10)
    assert made == [0, 1, 3, 2]
    np.testing.assert_array_equal(found[0]["x"][:, 0], TRUTH)
    assert "wait for another process: toy" in seen
