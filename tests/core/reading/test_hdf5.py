"""HDF5 and NetCDF-4 whose data are elsewhere, are scaled, or end or hold up their reader."""

import os
import signal
import time
from pathlib import Path

import h5py
import numpy as np
import pytest
import xarray as xr

from ingenium.core.errors import InputError
from ingenium.core.netcdf import read_netcdf, write_netcdf
from ingenium.core.reading import trial
from ingenium.core.reading.hdf5 import opened
from ingenium.core.reading.trial import try_reading

WHAT = "an ensemble as HDF5"


def plain(path: Path) -> Path:
    with h5py.File(path, "w") as file:
        file["link"] = np.arange(12.0).reshape(3, 4)
        file["link"].attrs["units"] = "1"
        file.create_dataset("group/packed", data=np.arange(500), compression="gzip", shuffle=True)
    return path


def test_a_file_with_its_own_data_is_read(tmp_path: Path) -> None:
    with opened(plain(tmp_path / "a.h5"), WHAT) as file:
        assert file["link"][1, 2] == 6
        assert file["group/packed"][-1] == 499


def _external(file: h5py.File, path: Path) -> None:
    (path.parent / "raw").write_bytes(np.arange(12.0).tobytes())
    file.create_dataset("x", (12,), "<f8", external=[(str(path.parent / "raw"), 0, 96)])


def _pipe(file: h5py.File, path: Path) -> None:
    os.mkfifo(path.parent / "pipe")
    file.create_dataset("x", (12,), "<f8", external=[(str(path.parent / "pipe"), 0, 96)])


def _virtual(file: h5py.File, path: Path) -> None:
    layout = h5py.VirtualLayout((12,), "<f8")
    layout[:] = h5py.VirtualSource(str(plain(path.parent / "b.h5")), "link", (12,))
    file.create_virtual_dataset("x", layout)


def _link_out(file: h5py.File, path: Path) -> None:
    file["x"] = h5py.ExternalLink(str(plain(path.parent / "b.h5")), "link")


def _filter(file: h5py.File, path: Path) -> None:
    made = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    made.set_chunk((4,))
    made.set_filter(32_001, h5py.h5z.FLAG_OPTIONAL, ())  # Blosc, which is not built in
    space = h5py.h5s.create_simple((12,))
    h5py.h5d.create(file.id, b"x", h5py.h5t.IEEE_F64LE, space, made)


def _attribute(name: str, file: h5py.File, path: Path) -> None:
    file["x"] = np.arange(3.0)
    file["x"].attrs[name] = 2.0


def _deep(file: h5py.File, path: Path) -> None:
    file["x/y"] = h5py.SoftLink("/absent")


ODD = {
    "all of its data, got data outside of it at /x": (_external, _pipe, _virtual),
    "all of its data, got a link out at /x": (_link_out,),
    "links lead to objects": (_deep,),
    "own filters": (_filter,),
    "numbers as they are, got scale_factor": (lambda f, p: _attribute("scale_factor", f, p),),
    "numbers as they are, got valid_min": (lambda f, p: _attribute("valid_min", f, p),),
}


@pytest.mark.parametrize(
    ("message", "add"), [(message, add) for message, each in ODD.items() for add in each]
)
def test_data_elsewhere_and_scaled_data_are_refused(message: str, add, tmp_path: Path) -> None:
    path = plain(tmp_path / "a.h5")
    with h5py.File(path, "r+") as file:
        add(file, path)
    begun = time.monotonic()
    with pytest.raises(InputError, match=message):
        opened(path, WHAT)
    assert time.monotonic() - begun < 5


def test_a_cycle_of_groups_ends(tmp_path: Path) -> None:
    path = plain(tmp_path / "a.h5")
    with h5py.File(path, "r+") as file:
        file["group/own"] = file["group"]
    with opened(path, WHAT) as file:
        assert "group/own/own/packed" in file


def test_netcdf_whose_values_some_readers_mask_is_refused(tmp_path: Path) -> None:
    data = xr.Dataset({"a": ("x", np.arange(4.0), {"valid_min": 1.0})})
    write_netcdf(tmp_path / "a.nc", data)
    with pytest.raises(InputError, match="valid_min at /a"):
        read_netcdf(tmp_path / "a.nc", "designs as NetCDF")
    scaled = {"a": {"dtype": "int16", "scale_factor": 0.5, "_FillValue": -1}}
    plainly = xr.Dataset({"a": ("x", np.arange(4.0))})
    write_netcdf(tmp_path / "b.nc", plainly, encoding=scaled)
    assert read_netcdf(tmp_path / "b.nc", "designs as NetCDF")["a"].values.tolist() == [0, 1, 2, 3]


def test_a_reader_that_crashes_or_never_ends_is_a_refusal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trial, "SECONDS", 1)
    path = tmp_path / "a.nc"
    with pytest.raises(InputError, match="ended its reader by SIGSEGV"):
        try_reading(lambda: os.kill(os.getpid(), signal.SIGSEGV), b"1", WHAT, path, by="test")

    def spin() -> None:
        while True:
            pass

    with pytest.raises(InputError, match="took more than 1 s"):
        try_reading(spin, b"2", WHAT, path, by="test")
    try_reading(lambda: 1 / 0, b"3", WHAT, path, by="test")  # left to the reading that follows


def test_bytes_are_tried_once(tmp_path: Path) -> None:
    tried: list[int] = []
    path = tmp_path / "a.h5"
    for data in (b"tried", b"tried", trial.sound(b"written")):
        before = os.times().children_user + os.times().children_system
        try_reading(lambda: sum(range(3_000_000)), data, WHAT, path, by="test")
        tried.append(os.times().children_user + os.times().children_system - before > 0.02)
    assert tried == [True, False, False]
