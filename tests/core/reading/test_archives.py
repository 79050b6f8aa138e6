"""Archives are unpacked within bounds, whatever they declare."""

import struct
import zipfile
from pathlib import Path

import numpy as np
import pytest

from ingenium.core.errors import InputError
from ingenium.core.reading import archives
from ingenium.core.reading.archives import arrays, members


def npz(path: Path, **given: object) -> Path:
    np.savez_compressed(path, **given)
    return path


def packed(path: Path, *parts: tuple[str, bytes], how: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", how) as archive:
        for name, data in parts:
            archive.writestr(name, data)
    return path


def header(shape: str, dtype: str = "<f8") -> bytes:
    reported = f"{{'descr': '{dtype}', 'fortran_order': False, 'shape': {shape}}}".ljust(117) + "\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(reported)) + reported.encode()


def test_numbers_come_back(tmp_path: Path) -> None:
    x = np.arange(24.0).reshape(2, 3, 4)
    retained = {
        "x": x,
        "column": np.asfortranarray(x),
        "one": np.array(7),
        "none": np.empty((0, 3)),
    }
    found = arrays(npz(tmp_path / "a.npz", **retained), "an archive")
    assert set(found) == set(retained)
    for name, values in retained.items():
        np.testing.assert_array_equal(found[name], values)
        assert found[name].dtype == values.dtype


@pytest.mark.parametrize("value", [np.array(["0.5"]), np.array([1j]), np.array([{}], object)])
def test_anything_but_numbers(tmp_path: Path, value: np.ndarray) -> None:
    file = tmp_path / "a.npz"
    np.savez(file, x=value)
    with pytest.raises(InputError, match="numbers are read alone"):
        arrays(file, "an archive")


@pytest.mark.parametrize("shape", ["(1000000000000,)", "(-1,)", "(2,)", "(1" + 4000 * "0" + ",)"])
def test_a_header_that_lies(tmp_path: Path, shape: str) -> None:
    file = packed(tmp_path / "a.npz", ("x.npy", header(shape) + bytes(8)))
    with pytest.raises(InputError, match=r"a\.npz"):
        arrays(file, "an archive")


def test_a_void_that_packs_well(tmp_path: Path) -> None:
    """An archive of 4 MB that unpacks to 4.5 GB; here with the same ratio to the limit."""
    file = tmp_path / "a.npz"
    with (
        zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("x.npy", "w", force_zip64=True) as member,
    ):
        for _ in range(archives.MOST_UNPACKED // (1 << 20) + 1):
            member.write(bytes(1 << 20))
    assert file.stat().st_size < 1 << 19
    with pytest.raises(InputError, match="at most 268435456 bytes"):
        arrays(file, "an archive")


def test_a_size_that_lies_ends_where_it_says(tmp_path: Path) -> None:
    data = bytearray(packed(tmp_path / "a.zip", ("x", bytes(1 << 20))).read_bytes())
    place = data.rindex(b"PK\x01\x02") + 24
    data[place : place + 4] = struct.pack("<I", 100)
    (tmp_path / "a.zip").write_bytes(data)
    with pytest.raises(InputError, match="CRC"):
        members(tmp_path / "a.zip", "an archive")


@pytest.mark.parametrize("how", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_packed_in_another_way(tmp_path: Path, how: int) -> None:
    with pytest.raises(InputError, match="stored or deflated"):
        members(packed(tmp_path / "a.zip", ("x", b"1"), how=how), "an archive")


@pytest.mark.parametrize("offset", [6, 8])
def test_a_password_and_ways_that_nobody_knows(tmp_path: Path, offset: int) -> None:
    data = bytearray(packed(tmp_path / "a.zip", ("x", b"1")).read_bytes())
    for mark, at in ((b"PK\x03\x04", offset), (b"PK\x01\x02", offset + 2)):
        data[data.index(mark) + at] |= 0x61
    (tmp_path / "a.zip").write_bytes(data)
    with pytest.raises(InputError, match="stored or deflated and without a password"):
        members(tmp_path / "a.zip", "an archive")


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_doubled_and_too_many_members(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="each member once"):
        members(packed(tmp_path / "a.zip", ("x", b"1"), ("x", b"2")), "an archive")
    many = [(str(i), b"") for i in range(archives.MOST_MEMBERS + 1)]
    with pytest.raises(InputError, match="at most 1000 members"):
        members(packed(tmp_path / "b.zip", *many), "an archive")


def test_damage_at_any_byte_is_refused_or_changes_nothing(tmp_path: Path) -> None:
    whole = npz(tmp_path / "a.npz", x=np.arange(5.0)).read_bytes()
    file = tmp_path / "b.npz"
    for at in range(len(whole)):
        for data in (whole[:at], whole[:at] + bytes([whole[at] ^ 0x55]) + whole[at + 1 :]):
            file.write_bytes(data)
            try:
                found = arrays(file, "an archive")
            except InputError:
                continue
            if "x" in found:  # else the flip is in its name, which the reader requires
                np.testing.assert_array_equal(found["x"], np.arange(5.0))
