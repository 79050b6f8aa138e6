"""Only plain files of bounded size are read, with bounded resources."""

import gzip
import os
import re
from pathlib import Path

import numpy as np
import pytest

from ingenium.core.errors import EngineError, InputError
from ingenium.core.reading import files
from ingenium.core.reading.files import (
    check_plain,
    content,
    lines,
    number,
    numbered,
    refusing,
    text,
)


def test_what_a_file_holds(tmp_path: Path) -> None:
    file = tmp_path / "a.txt"
    file.write_bytes("\ufeffé\r\nb\n c\n".encode())
    assert content(file, "text")[:3] == b"\xef\xbb\xbf"
    assert text(file, "text") == "é\nb\n c\n"
    assert lines(file, "text") == ["é", "b", " c"]


@pytest.mark.parametrize(
    "sign", ["\0", "\r", "\x0b", "\x0c", "\x1e", "\x1f", "\x85", "\u2028", "\u2029"]
)
def test_signs_that_end_a_line_to_some_programs_alone_are_refused(
    sign: str, tmp_path: Path
) -> None:
    """`; a note<U+2028>G1 X0` is a move to Python, and a note to every printer."""
    file = tmp_path / "a.gcode"
    file.write_text(f"; a note{sign}G1 X0\n", encoding="utf-8")
    for read in (text, lines):
        with pytest.raises(InputError, match=rf"line feed, got the sign U\+{ord(sign):04X}"):
            read(file, "a path")


@pytest.mark.parametrize("sign", ["\xa0", "\u2003", "\u200b", "\u202f", "\u3000", "\ufeff"])
def test_spaces_of_typography_part_words_in_prose_alone(sign: str, tmp_path: Path) -> None:
    """`C<U+00A0>name` is a molecule and its name to Python, and no molecule to RDKit."""
    file = tmp_path / "a.smi"
    file.write_text(f"C name\nC{sign}name\n", encoding="utf-8")
    with pytest.raises(InputError, match=rf"U\+{ord(sign):04X} in line 2"):
        lines(file, "molecules")
    assert sign in text(file, "a poem", prose=True)
    with pytest.raises(ValueError, match="is no number"):
        number(f"{sign}1.5")


def test_numbers_that_python_alone_reads_are_none() -> None:
    assert [number(x) for x in ("1", " -1.5e3", "+.5", "2.")] == [1.0, -1500.0, 0.5, 2.0]
    for odd in ("1_000", "\u0661\u0662", "\uff11", "0x10", "1e", "", "nan", "inf", "1,5"):
        with pytest.raises(ValueError, match="is no number"):
            number(odd)


def test_what_has_no_end_is_refused_at_once(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for path in (pipe, Path("/dev/zero"), Path("/dev/stdin")):
        with pytest.raises(InputError, match=r"a text as a plain file.*device, pipe or socket"):
            content(path, "a text")
    with pytest.raises(InputError, match="device, pipe or socket"):
        check_plain(pipe, "a text")
    with pytest.raises(InputError, match="which is a folder"):
        content(tmp_path, "a text")


@pytest.mark.parametrize("name", ["a" * 4000, "/".join("a" * 2000), "a\0b", "absent"])
def test_names_that_no_file_has(name: str) -> None:
    for read in (content, check_plain):
        with pytest.raises(InputError, match="expected a text") as caught:
            read(Path(name), "a text")
        assert len(str(caught.value)) < 700


def test_a_size_is_told_before_a_byte_is_read(tmp_path: Path) -> None:
    file = tmp_path / "large"
    with file.open("wb") as out:
        out.truncate(1 << 40)  # with no block on the disk
    with pytest.raises(InputError, match=f"of at most 10 bytes, got {1 << 40} in"):
        content(file, "a text", most=10)
    with pytest.raises(InputError, match=f"{1 << 40} in"):
        check_plain(file, "a text")


def test_more_lines_than_designs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "MOST_LINES", 10)
    file = tmp_path / "a.txt"
    file.write_text(11 * "C\n")
    with pytest.raises(InputError, match=re.escape("of at most 10 lines, got 11")):
        lines(file, "a text")


@pytest.mark.parametrize("bytes_", [gzip.compress(b"a,b\n1,2\n", mtime=0), b"\xff\xfea\0"])
def test_what_is_no_text(tmp_path: Path, bytes_: bytes) -> None:
    file = tmp_path / "a.csv.gz"
    file.write_bytes(bytes_)
    with pytest.raises(InputError, match=r"a\.csv\.gz.*UTF-8"):
        text(file, "a text")


def test_whatever_a_parser_throws_names_the_file() -> None:
    class Odd(Exception):
        pass

    for error in (Odd("why\nnot"), RecursionError(), EOFError(), NotImplementedError("packed")):
        said = pytest.raises(InputError, match=r"expected a mesh, got x\.stl: ")
        with said as caught, refusing("a mesh", Path("x.stl")):
            raise error
        assert caught.value.__cause__ is error
        assert "\n" not in str(caught.value)
    with pytest.raises(EngineError, match="as it is"), refusing("a mesh", Path("x.stl")):
        raise EngineError("as it is")
    with pytest.raises(KeyboardInterrupt), refusing("a mesh", Path("x.stl")):
        raise KeyboardInterrupt


def test_memory_is_bounded_within_and_as_before_behind() -> None:
    def taken() -> np.ndarray:
        return np.ones(files.MOST_MEMORY // 7)

    with (
        pytest.raises(InputError, match="takes more than 1024 MB of memory"),
        refusing("a mesh", Path("x.stl")),
        refusing("its text", Path("x.stl")),
    ):
        taken()
    assert len(taken())
    with refusing("a mesh", Path("x.stl")):
        assert len(np.ones(files.MOST_MEMORY // 16))


def test_files_of_a_folder_have_the_numbers_that_their_names_end_in(tmp_path: Path) -> None:
    for name in ("poem_7.txt", "poem_00012.txt", "other.txt"):
        (tmp_path / name).write_text("a")
    files, index = numbered(tmp_path, "poem_*.txt", "poems")
    assert ([f.name for f in files], index) == (["poem_00012.txt", "poem_7.txt"], [12, 7])
    for odd in ("poem_012.txt", "poem_².txt", f"poem_{'9' * 200}.txt"):
        (tmp_path / odd).write_text("a")
        assert numbered(tmp_path, "poem_*.txt", "poems")[1] == [0, 1, 2]
        (tmp_path / odd).unlink()
    with pytest.raises(InputError, match="sketch_00000"):
        numbered(tmp_path, "sketch_*.svg", "sketches")
