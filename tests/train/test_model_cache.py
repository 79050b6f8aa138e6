import errno
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
import torch

from ingenium.core.digest import digest
from ingenium.core.errors import InputError, StorageError
from ingenium.train.cache import ModelCache, code_digest, fit_key

KEY = fit_key(digest("data"), "flow", {"width": 8, "seed": 1})
STATE = {
    "net.weight": torch.arange(6.0).reshape(2, 3).T,  # not contiguous
    "net.tied": torch.arange(6.0)[2:],
    "steps": torch.tensor(3),
    "half": torch.tensor([1.5, float("nan")], dtype=torch.bfloat16),
}
META = {"losses": [2.0, 0.1 + 0.2, float("nan")], "family": "flow"}


@pytest.fixture
def cache(tmp_path) -> ModelCache:
    return ModelCache(tmp_path / "models")


def entry(cache: ModelCache, key: str = KEY):
    return cache.folder / key.removeprefix("sha256:")


def test_what_was_put_comes_back_exactly(cache):
    assert cache.get(KEY) is None
    cache.put(KEY, STATE, META)
    fitted = cache.get(KEY)
    assert fitted.tensors.keys() == STATE.keys()
    for name, tensor in STATE.items():
        torch.testing.assert_close(fitted.tensors[name], tensor, rtol=0, atol=0, equal_nan=True)
    assert repr(fitted.meta) == repr(dict(sorted(META.items())))
    assert {path.name for path in cache.folder.iterdir()} == {KEY.removeprefix("sha256:")}


def test_shared_tensors_are_kept(cache):
    weight = torch.ones(3)
    cache.put(KEY, {"a": weight, "b": weight}, {})
    assert torch.equal(cache.get(KEY).tensors["b"], weight)


def test_key_depends_on_everything():
    @dataclass(frozen=True)
    class Settings:
        width: int = 8

    keys = {
        fit_key(digest("data"), "flow", Settings()),
        fit_key(digest("other"), "flow", Settings()),
        fit_key(digest("data"), "vae", Settings()),
        fit_key(digest("data"), "flow", Settings(9)),
        fit_key(digest("data"), "flow", Settings(), code="2"),
    }
    assert len(keys) == 5
    assert fit_key(digest("data"), "flow", {"width": 8}) in keys
    assert fit_key(digest("data"), "flow", Settings(), code=code_digest()) in keys


def test_default_place(monkeypatch, tmp_path):
    monkeypatch.setenv("INGENIUM_CACHE", str(tmp_path))
    assert ModelCache().folder == tmp_path / "models"


def flip(path):
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(bytes(data))


def edit_meta(path):
    record = json.loads(path.read_text())
    record["meta"]["losses"] = [0.0]
    path.write_text(json.dumps(record))


DAMAGE = {
    "flipped bit": lambda e: flip(e / "tensors.safetensors"),
    "cut tensors": lambda e: os.truncate(e / "tensors.safetensors", 40),
    "empty tensors": lambda e: os.truncate(e / "tensors.safetensors", 0),
    "no tensors": lambda e: (e / "tensors.safetensors").unlink(),
    "pickle": lambda e: torch.save({"a": torch.ones(2)}, e / "tensors.safetensors"),
    "edited meta": lambda e: edit_meta(e / "meta.json"),
    "cut meta": lambda e: os.truncate(e / "meta.json", 30),
    "no meta": lambda e: (e / "meta.json").unlink(),
    "list": lambda e: (e / "meta.json").write_text("[1]"),
    "binary": lambda e: (e / "meta.json").write_bytes(b"\xff\xfe"),
    "deep": lambda e: (e / "meta.json").write_text("[" * 200_000),
    "no digest": lambda e: (e / "meta.json").write_text("{}"),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_corrupt_entry_is_moved_aside_and_fitted_again(cache, caplog, damage):
    cache.put(KEY, STATE, META)
    DAMAGE[damage](entry(cache))
    assert cache.get(KEY) is None
    assert "is corrupt" in caplog.text
    assert ".corrupt" in caplog.text
    assert not entry(cache).exists()
    assert len(list(cache.folder.glob("*.corrupt"))) == 1
    cache.put(KEY, STATE, META)
    assert cache.get(KEY) is not None


def test_an_entry_of_another_key_is_not_taken(cache, caplog):
    other = digest("other")
    cache.put(other, STATE, META)
    entry(cache, other).rename(entry(cache))
    assert cache.get(KEY) is None
    assert "is corrupt" in caplog.text


def test_resealed_tensors_that_are_no_safetensors(cache, caplog):
    """Even with right digests, what safetensors cannot read is corrupt and never a crash."""
    cache.put(KEY, STATE, META)
    record = {"key": KEY, "meta": {}, "tensors": digest("x")}
    (entry(cache) / "tensors.safetensors").write_bytes(b'"x"')
    (entry(cache) / "meta.json").write_text(json.dumps(record | {"digest": digest(record)}))
    assert cache.get(KEY) is None
    assert "is corrupt" in caplog.text


def test_first_entry_of_a_key_stays(cache):
    cache.put(KEY, STATE, {"by": "first"})
    cache.put(KEY, STATE, {"by": "second"})
    assert cache.get(KEY).meta == {"by": "first"}
    assert len(list(cache.folder.iterdir())) == 1


@pytest.mark.parametrize("call", ["replace", "fsync"])
def test_full_disk_leaves_nothing(cache, monkeypatch, call):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, call, full)
    with pytest.raises(StorageError, match="disk is full"):
        cache.put(KEY, STATE, META)
    assert list(cache.folder.iterdir()) == []
    assert cache.get(KEY) is None


def test_two_processes_put_and_get_at_once(cache):
    code = """
import sys, torch
from pathlib import Path
from ingenium.core.digest import digest
from ingenium.train.cache import ModelCache
torch.set_num_threads(1)
cache = ModelCache(Path(sys.argv[1]))
for i in range(30):
    key = digest(i % 6)
    if i % 10 == 9:
        cache.prune(2000)
    fitted = cache.get(key)
    if fitted is None:
        cache.put(key, {"w": torch.full((100,), i % 6)}, {"i": i % 6})
    else:
        assert fitted.meta["i"] == i % 6 and bool((fitted.tensors["w"] == i % 6).all())
"""
    run = [sys.executable, "-c", code, str(cache.folder)]
    children = [
        subprocess.Popen(run, stderr=subprocess.PIPE, text=True, stdout=subprocess.DEVNULL)
        for _ in range(2)
    ]
    said = [child.communicate()[1] for child in children]
    assert [child.returncode for child in children] == [0, 0], said
    assert not any("corrupt" in text for text in said)
    assert not list(cache.folder.glob("*.corrupt"))
    assert not list(cache.folder.glob(".part-*"))


def test_an_entry_that_others_replace_during_a_reading_is_read_again(cache, monkeypatch, caplog):
    cache.put(KEY, STATE, META)
    file, read = entry(cache, KEY) / "tensors.safetensors", Path.read_bytes
    gone = [file]  # between its meta.json and its tensors, for one reading

    def replaced(path):
        if path in gone:
            gone.remove(path)
            raise FileNotFoundError(path)
        return read(path)

    monkeypatch.setattr(Path, "read_bytes", replaced)
    assert cache.get(KEY) is not None
    assert gone == []
    assert caplog.text == ""
    assert not list(cache.folder.glob("*.corrupt"))


def test_prune_removes_the_least_used_first(cache):
    keys = [digest(i) for i in range(4)]
    for age, key in enumerate(keys):
        cache.put(key, {"w": torch.zeros(1000)}, {})
        os.utime(entry(cache, key), (1e9 + age, 1e9 + age))
        for file in entry(cache, key).iterdir():
            os.utime(file, (1e9 + age, 1e9 + age))
    assert cache.get(keys[0]) is not None  # used just now
    gone = cache.prune(20_000)
    assert keys[1].removeprefix("sha256:") == gone[0]
    assert cache.get(keys[0]) is not None
    assert cache.get(keys[1]) is None
    left = sum(file.stat().st_size for file in cache.folder.rglob("*"))
    assert left - cache.folder.stat().st_size < 20_000
    cache.prune(0)
    assert list(cache.folder.iterdir()) == []


def test_prune_sweeps_up_what_was_left_behind(cache):
    cache.put(KEY, STATE, META)
    flip(entry(cache) / "meta.json")
    cache.get(KEY)
    (cache.folder / ".part-old").mkdir()
    os.utime(cache.folder / ".part-old", (1e9, 1e9))
    (cache.folder / ".part-now").mkdir()
    (cache.folder / "foreign").mkdir()
    assert len(cache.prune(10**9)) == 2
    assert {path.name for path in cache.folder.iterdir()} == {".part-now", "foreign"}


@pytest.mark.parametrize("bad", ["../../etc", "sha256:abc", "", "sha256:" + "A" * 64])
def test_bad_keys_are_refused(cache, bad):
    with pytest.raises(InputError, match="a key made by"):
        cache.get(bad)
    with pytest.raises(InputError, match="a key made by"):
        cache.put(bad, {}, {})
