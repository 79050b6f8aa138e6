import hashlib
import json
import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from ingenium.core.digest import (
    array_digest,
    canonical,
    content_digest,
    dataset_digest,
    digest,
    file_digest,
    folder_digest,
)
from ingenium.core.errors import InputError


@dataclass(frozen=True)
class Settings:
    steps: int = 5
    rate: float = 1e-3


def days() -> xr.Dataset:
    rng = np.random.default_rng(0)
    data = xr.Dataset(
        {
            "load_w": (("design", "t"), rng.normal(size=(3, 4))),
            "kind": ("design", np.array(["a", "b", "cc"])),
        },
        coords={"t": np.arange(4), "day": ("design", np.arange(3).astype("datetime64[D]"))},
    )
    data.load_w.attrs["units"] = "W"
    return data


def test_known_answers():
    # SHA-256 of "abc" and of nothing: FIPS 180-4 examples
    abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    nothing = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert content_digest("abc") == "sha256:" + abc
    assert content_digest(b"") == "sha256:" + nothing


def test_canonical_text():
    value = {"b": [1, 2.0, 0.1, None, True], "a": {"é": "\ud800", "": -0.0}}
    text = '{"a":{"":-0.0,"\\u00e9":"\\ud800"},"b":[1,2.0,0.1,null,true]}'
    assert canonical(value) == text
    assert json.loads(text) == value
    assert digest(value) == "sha256:" + hashlib.sha256(text.encode()).hexdigest()


def test_canonical_not_a_number():
    assert canonical([math.nan, -math.nan, math.inf, -math.inf]) == "[NaN,NaN,Infinity,-Infinity]"
    assert digest(np.float32("nan")) == digest(math.nan)


def test_floats_come_back_exactly():
    values = np.random.default_rng(1).normal(size=1000) * 10.0 ** np.arange(-500, 500).clip(
        -300, 300
    )
    assert json.loads(canonical(values)) == values.tolist()


def test_equal_values_have_one_text():
    assert canonical(Settings()) == canonical({"rate": 0.001, "steps": np.int64(5)})
    assert canonical((1, 2)) == canonical(np.array([1, 2])) == canonical([1, 2])
    assert canonical(1) != canonical(1.0)


@pytest.mark.parametrize("bad", [{1: 2}, {"a": {3}}, [object()], Path("x"), b"x", Settings])
def test_what_is_not_plain_data_is_refused(bad):
    with pytest.raises(InputError, match="expected"):
        canonical(bad)


def test_message_names_the_place():
    with pytest.raises(InputError, match=r"Path at value\.plan\[1\]"):
        canonical({"plan": [1, Path("x")]})


def test_file_digest(tmp_path):
    path = tmp_path / "big"
    path.write_bytes(b"abc" * 1_000_000)
    assert file_digest(path) == content_digest(b"abc" * 1_000_000)


def test_array_digest_ignores_how_it_is_held():
    x = np.arange(12.0).reshape(3, 4)
    same = [np.asfortranarray(x), x.astype(">f8"), np.repeat(x, 2, axis=1)[:, ::2], x.tolist()]
    assert {array_digest(y) for y in same} == {array_digest(x)}


def test_array_digest_tells_apart():
    x = np.arange(12.0).reshape(3, 4)
    others = [x, x.T, x.ravel(), x.astype("f4"), x.astype(int), x + 1e-15, x[:, :0], x[:0], -x]
    zero = [np.float64(0.0), np.zeros(1), np.zeros(0), np.zeros((1, 1))]
    assert len({array_digest(y) for y in others + zero}) == len(others + zero)


def test_every_not_a_number_is_the_same():
    odd = np.array([0x7FF8000000000001, 0xFFF8000000000000], dtype="u8").view("f8")
    assert np.isnan(odd).all()
    assert array_digest(odd) == array_digest([math.nan, math.nan])
    assert array_digest(odd.astype(">f8")) == array_digest(odd)
    assert array_digest(odd) != array_digest([math.nan, 0.0])


def test_text_and_times():
    fixed = np.array(["a", "bcd"])
    assert array_digest(fixed) == array_digest(fixed.astype(object))
    assert array_digest(fixed) != array_digest(np.array(["ab", "cd"]))
    assert array_digest(np.array(["2026-01-01"], "M8[s]")) != array_digest(np.array(["2026-01-01"]))


@pytest.mark.parametrize("bad", [np.array([{}, 1], object), np.zeros(2, "i4,f4"), np.longdouble(1)])
def test_odd_arrays_are_refused(bad):
    with pytest.raises(InputError, match="numbers, times or text"):
        array_digest(bad)


def test_dataset_order_of_variables_does_not_count():
    data = days()
    turned = data[["kind", "load_w"]]
    assert list(turned.data_vars) != list(data.data_vars)
    assert dataset_digest(turned) == dataset_digest(data)


def test_dataset_tells_apart():
    data = days()
    others = [
        data,
        data.rename(load_w="load"),
        data.rename(t="time"),
        data.isel(design=[1, 0, 2]),
        data.assign(load_w=data.load_w + 1e-12),
        data.drop_vars("day"),
        data.transpose(),
        data.assign(kind=("design", np.array(["a", "b", "c"]))),
    ]
    assert len({dataset_digest(other) for other in others}) == len(others)


def test_dataset_attributes_count_by_choice():
    data, other = days(), days()
    other.load_w.attrs["units"] = "kW"
    assert dataset_digest(data) == dataset_digest(other)
    assert dataset_digest(data, attrs=True) != dataset_digest(other, attrs=True)
    titled = days().assign_attrs(title="x")
    assert dataset_digest(data, attrs=True) != dataset_digest(titled, attrs=True)


def test_dataset_comes_back_from_a_file_with_its_digest(tmp_path):
    data = days().assign_attrs(seed=7, range=np.array([1.0, 2.0]))
    data.to_netcdf(tmp_path / "days.nc", engine="h5netcdf")
    back = xr.load_dataset(tmp_path / "days.nc", engine="h5netcdf")
    assert dataset_digest(back) == dataset_digest(data.assign(day=back.day))  # unit of time
    assert array_digest(back.kind) == array_digest(data.kind)


def test_folder_digest(tmp_path):
    one, two = tmp_path / "one", tmp_path / "two"
    for folder in (one, two):
        (folder / "deep").mkdir(parents=True)
        (folder / "deep" / "a").write_text("a")
        (folder / "b").write_text("b")
    assert folder_digest(one) == folder_digest(two)
    (two / "run.log").write_text("noise")
    assert folder_digest(one) != folder_digest(two)
    assert folder_digest(one) == folder_digest(two, but=["*.log"])
    (two / "deep" / "a").rename(two / "a")
    assert folder_digest(one) != folder_digest(two, but=["*.log"])
    with pytest.raises(InputError, match="expected a folder"):
        folder_digest(tmp_path / "none")
