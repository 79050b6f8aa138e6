"""Content of a file that a user names: a plain file, of bounded size, read into bounded memory."""

import errno
import os
import re
import resource
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ingenium.core.errors import IngeniumError, InputError

MOST_BYTES = 256 << 20  # of a file
MOST_MEMORY = 1 << 30  # that parsing one file may take
MOST_TOML = 1 << 20  # bytes of a file written by hand
MOST_LINES = 1_000_000
ODD_ENDS = re.compile("[\x00\x0b\x0c\r\x1c-\x1f\x85\u2028\u2029]")  # once \r\n is \n
ODD_SPACES = re.compile("[\xa0\u1680\u180e\u2000-\u200d\u202f\u205f\u2060\u3000\ufeff]")
BLANKS = " \t\r\n"
NUMBER = re.compile(r"[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?")
MANY = re.compile(rf"(?>{NUMBER.pattern} )*+")
PARTING = re.compile(f"[{BLANKS}]+")
SPREAD = re.compile(r"\([0-9]*\)")  # the standard error in the last digits, behind a number
STATUS = Path("/proc/self/status")
UNUSABLE = (
    *(errno.ENAMETOOLONG, errno.ENOTDIR, errno.EISDIR, errno.ELOOP, errno.ENOENT),
    *(errno.EACCES, errno.EPERM, errno.EEXIST),
)
MOST_DIGITS = 16  # of the number of a design


@contextmanager
def refusing(what: str, path: Path) -> Iterator[None]:
    """Turn any error of a parser into one that names the file, and bound the parser's memory.

    Args:
        what: would have been right, as it reads after "expected".
        path: of the file.

    Raises:
        InputError: for anything but the package's own errors.
    """
    try:
        with _bounded():
            yield
    except IngeniumError:
        raise
    except MemoryError as error:
        took = f"{_named(path)}, which takes more than {MOST_MEMORY >> 20} MB of memory"
        raise InputError(what, took, "Write a smaller file.") from error
    except Exception as error:
        raise InputError(what, f"{_named(path)}: {_short(error)}") from error


def check_plain(path: Path, what: str) -> None:
    """Refuse a path that is neither a folder nor a plain file of a readable size.

    Raises:
        InputError: for a path that is absent, a device, a pipe, a socket, or too large.
    """
    try:
        found = path.stat()
    except (OSError, ValueError) as error:
        raise InputError(what, f"no file at {_named(path)} ({_short(error)})") from None
    if not stat.S_ISDIR(found.st_mode):
        _check_file(found, path, what, MOST_BYTES)


def content(path: Path, what: str, *, most: int = MOST_BYTES) -> bytes:
    """Read all bytes of a plain file.

    Raises:
        InputError: if it is absent, no plain file (which may have no end), or larger than `most`.
    """
    try:  # a pipe without a writer would block
        with open(path, "rb", opener=_without_waiting) as file:
            _check_file(os.fstat(file.fileno()), path, what, most)
            data = file.read(most + 1)
    except FileNotFoundError:
        raise InputError(what, f"no file at {_named(path)}") from None
    except IsADirectoryError:
        raise InputError(f"{what} as a plain file", f"{_named(path)}, which is a folder") from None
    except (OSError, ValueError) as error:
        raise InputError(what, f"{_named(path)}: {_short(error)}") from None
    if len(data) > most:
        raise InputError(f"{what} of at most {most} bytes", f"more in {_named(path)}")
    return data


def text(path: Path, what: str, *, most: int = MOST_BYTES // 4, prose: bool = False) -> str:
    """Read a UTF-8 text file whose lines end in a line feed, without a byte-order mark.

    Args:
        path: of the file.
        what: the file should have been, as it reads after "expected".
        most: bytes.
        prose: whether spaces of typography may part words; in files for programs they are refused,
            since Python alone takes them for spaces.

    Raises:
        InputError: as for `content`, for what is not UTF-8, and for characters that end a line or
            part words in some programs alone, which would then read another text: a carriage
            return without a line feed is one.
    """
    data = content(path, what, most=most)
    with refusing(what, path):
        return plain(data.decode("utf-8-sig"), what, _named(path), prose=prose)


def plain(found: str, what: str, where: str, *, prose: bool = False) -> str:
    """Return a text whose lines end in line feeds to every program that reads it.

    Raises:
        InputError: for characters that end a line or part words in some programs alone.
    """
    found = found.replace("\r\n", "\n")
    odd = ODD_ENDS.search(found) or (None if prose else ODD_SPACES.search(found))
    if odd:
        line = found.count("\n", 0, odd.start()) + 1
        raise InputError(
            f"{what} as plain text, whose lines end in a line feed",
            f"the sign U+{ord(odd[0]):04X} in line {line} of {where}",
            "Take it out, or write a space or a new line.",
        )
    return found


def lines(path: Path, what: str, *, most: int = MOST_BYTES // 4) -> list[str]:
    """Read the lines of a text file.

    Raises:
        InputError: as for `text`, and for too many lines.
    """
    found = text(path, what, most=most)
    count = found.count("\n")
    if count > MOST_LINES:
        raise InputError(f"{what} of at most {MOST_LINES} lines", f"{count} in {_named(path)}")
    return found.removesuffix("\n").split("\n") if found else []


def numbered(path: Path, form: str, what: str) -> tuple[list[Path], list[int]]:
    """List a file, or those of a folder with a pattern such as `poem_*.txt`, and their numbers.

    Numbers are those at the end of the names; from 0 on where one is missing or not unique.

    Raises:
        InputError: for a folder without any.
    """
    files = sorted(path.glob(form)) if path.is_dir() else [path]
    if not files:
        raise InputError(f"{what}, {form.replace('*', '00000')}", f"none in {path}")
    ends = [file.stem.rpartition("_")[2] for file in files]
    own = all(end.isascii() and end.isdigit() and len(end) < MOST_DIGITS for end in ends)
    found = [int(end) for end in ends] if own else []
    return files, found if len(set(found)) == len(files) else list(range(len(files)))


def number(word: str) -> float:
    """Parse a number that every program reads alike: digits 0 to 9, with nothing between them.

    Raises:
        ValueError: for anything else, such as `1_000` or digits of other scripts, which Python
            alone takes.
    """
    if NUMBER.fullmatch(word.strip(BLANKS)) is None:
        raise ValueError(f"{word[:40]!r} is no number")
    return float(word)


def are_numbers(words: Iterable[str]) -> bool:
    """Return True if every program reads all of the words as numbers, as `number` does."""
    return MANY.fullmatch("".join(f"{word} " for word in words)) is not None


def words(found: str) -> list[str]:
    """Return the words between blanks, tabs and line ends, which alone part words everywhere."""
    return [word for word in PARTING.split(found) if word]


def check_numbers(found: str, what: str, path: Path) -> None:
    """Refuse words that only Python reads as numbers, before a Python parser takes them.

    Raises:
        InputError: naming the first of them.
    """
    for word in SPREAD.sub("", found).replace(",", " ").split():
        if NUMBER.fullmatch(word) is None and _is_float(word):
            raise InputError(f"{what} with plain numbers", f"{word[:40]!r} in {_named(path)}")


def _is_float(word: str) -> bool:
    try:
        float(word)
    except ValueError:
        return False
    return True


def _without_waiting(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NONBLOCK | os.O_CLOEXEC)


def _check_file(found: os.stat_result, path: Path, what: str, most: int) -> None:
    if not stat.S_ISREG(found.st_mode):
        kind = "a folder" if stat.S_ISDIR(found.st_mode) else "a device, pipe or socket"
        raise InputError(f"{what} as a plain file", f"{_named(path)}, which is {kind}")
    if found.st_size > most:
        raise InputError(f"{what} of at most {most} bytes", f"{found.st_size} in {_named(path)}")


@contextmanager
def _bounded() -> Iterator[None]:
    """Let the data of this process grow by `MOST_MEMORY` at most, where the system can bound it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_DATA)
    now = _data_bytes()
    if soft != resource.RLIM_INFINITY or now is None:  # already bounded, by us or by others
        yield
        return
    resource.setrlimit(resource.RLIMIT_DATA, (now + MOST_MEMORY, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_DATA, (soft, hard))


def _data_bytes() -> int | None:
    """Bytes of data memory in use by this process; None where the system does not report it."""
    with suppress(OSError, ValueError, IndexError):
        return int(STATUS.read_text().split("VmData:")[1].split()[0]) << 10
    return None


def _named(path: Path) -> str:
    whole = str(path)
    return whole if len(whole) <= 300 else f"...{whole[-297:]}"


def _short(error: BaseException) -> str:
    if isinstance(error, UnicodeDecodeError):
        byte = error.object[error.start]
        return f"no text in UTF-8, since byte {error.start} is 0x{byte:02X}"
    said = " ".join(
        (getattr(error, "strerror", None) or str(error) or type(error).__name__).split()
    )
    return said if len(said) <= 300 else f"{said[:300]}..."
