"""Damaged files for all readers of a domain, in a process of their own; prints the results.

Called as `python damage.py DOMAIN COUNT SEED FOLDER`. Each reader is called directly, without
`verify`, which would turn any error into a refusal.
"""

import io
import json
import re
import resource
import shutil
import signal
import sys
import time
import traceback
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ingenium.core.errors import IngeniumError

PATIENCE_S = 10.0  # of this process, for one file
NUMBER = re.compile(rb"(?<![\w.])-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.])")
ODD_NUMBERS = (
    *(b"1e400", b"-1e308", b"nan", b"-inf", b"1e-400", b"99999999999999999999", b"-1", b"0"),
    *(b"1_0", b"0x10", b"1,5", b"1" + 5000 * b"0", b"true", b'"1"', b""),
)
DEEP = (b"[", b"{", b"<a>", b"(", b'{"a":', b"a=", b"C(", b"[[", b"$$$$\n", b"\n", b"\0")
ENCODINGS = ("utf-16", "utf-16-le", "utf-32", "utf-7", "cp037")
UNRAISED: list[Any] = []


class Hang(BaseException):
    """A reader that took longer than the limit."""


@dataclass(frozen=True)
class Reader:
    """A whole input and its reader; `read` returns comparable data."""

    name: str
    path: Path  # as it is read: a file, or a folder
    part: Path  # the file that is damaged
    read: Callable[[Path], Any]
    sealed: bool = False  # whether the format itself tells a damage of its bytes


def damaged(data: bytes, rng: np.random.Generator, *, zipped: bool) -> tuple[str, bytes]:
    """Damage data in one of several ways; for an archive, half of the time its contents."""
    if zipped and rng.random() < 0.5:
        with suppress(zipfile.BadZipFile):
            return _repacked(data, rng)
    name = str(rng.choice(["flip", "cut", "splice", "repeat", "number", "number", "deep", "code"]))
    return name, KINDS[name](data, rng)


def _repacked(data: bytes, rng: np.random.Generator) -> tuple[str, bytes]:
    packed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as whole:
        parts = {name: whole.read(name) for name in whole.namelist()}
    chosen = str(rng.choice(list(parts)))
    name, parts[chosen] = damaged(parts[chosen], rng, zipped=False)
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as made:
        for key, part in parts.items():
            made.writestr(key, part)
    return f"packed {name}", packed.getvalue()


def _flip(data: bytes, rng: np.random.Generator) -> bytes:
    changed = bytearray(data)
    for at in rng.integers(len(data), size=int(rng.integers(1, 6))):
        changed[at] ^= 1 << int(rng.integers(8))
    return bytes(changed)


def _cut(data: bytes, rng: np.random.Generator) -> bytes:
    return data[: int(rng.integers(len(data)))]


def _splice(data: bytes, rng: np.random.Generator) -> bytes:
    a, b, to = [*sorted(rng.integers(len(data) + 1, size=2)), rng.integers(len(data))]
    return data[: int(to)] + data[int(a) : int(b)] + data[int(to) + int(rng.integers(2)) :]


def _repeat(data: bytes, rng: np.random.Generator) -> bytes:
    a, size = int(rng.integers(len(data))), int(rng.integers(1, 200))
    times = int(rng.integers(2, 2000))
    return data[: a + size] + data[a : a + size] * times + data[a + size :]


def _number(data: bytes, rng: np.random.Generator) -> bytes:
    found = list(NUMBER.finditer(data[:200_000]))
    if not found:
        return _flip(data, rng)
    at = found[int(rng.integers(len(found)))]
    return data[: at.start()] + ODD_NUMBERS[int(rng.integers(15))] + data[at.end() :]


def _deep(data: bytes, rng: np.random.Generator) -> bytes:
    at, what = int(rng.integers(len(data) + 1)), DEEP[int(rng.integers(len(DEEP)))]
    return data[:at] + what * int(rng.choice([200, 20_000])) + data[at:]


def _code(data: bytes, rng: np.random.Generator) -> bytes:
    text = data.decode("latin-1")
    return text.encode(ENCODINGS[int(rng.integers(len(ENCODINGS)))], "replace")


KINDS = {
    **{"flip": _flip, "cut": _cut, "splice": _splice, "repeat": _repeat},
    **{"number": _number, "deep": _deep, "code": _code},
}


def judged(reader: Reader, whole: Any) -> str:
    """Result of reading: refused, the same, another design, a fault of ours, or no end."""
    signal.setitimer(signal.ITIMER_PROF, PATIENCE_S)
    try:
        return "same" if _equal(reader.read(reader.path), whole) else "another"
    except Hang:
        return "hang"
    except IngeniumError:
        return "refused"
    except Exception:  # noqa: BLE001 - this is what is looked for
        print(traceback.format_exc(), file=sys.stderr)
        return "traceback"
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


def _equal(one: Any, other: Any) -> bool:
    if isinstance(one, tuple | list):
        return len(one) == len(other) and all(map(_equal, one, other))
    if isinstance(one, np.ndarray):
        return bool(one.shape == other.shape and np.array_equal(one, other, equal_nan=False))
    return bool(one == other)


def _unraised(what: Any) -> None:
    """Record errors that Python prints and nobody can catch, such as in a destructor."""
    UNRAISED.append(what.object)
    sys.__unraisablehook__(what)


def _impatient(number: int, frame: object) -> None:
    raise Hang


def run(readers: Iterator[Reader], count: int, seed: int) -> Iterator[dict[str, Any]]:
    """Count results of `count` damaged files for each reader."""
    signal.signal(signal.SIGPROF, _impatient)
    sys.unraisablehook = _unraised
    for place, reader in enumerate(readers):
        rng, found, kinds = np.random.default_rng([seed, place]), Counter[str](), Counter[str]()
        data, whole, began = reader.part.read_bytes(), reader.read(reader.path), time.process_time()
        for number in range(count):
            kind, spoiled = damaged(data, rng, zipped=data[:2] == b"PK")
            reader.part.write_bytes(spoiled)
            what = "same" if spoiled == data else judged(reader, whole)
            if UNRAISED:
                what = "traceback"
                UNRAISED.clear()
            found[what] += 1
            kinds[f"{kind}: {what}"] += 1
            if what in ("traceback", "hang"):
                retained = reader.part.with_name(f"{what}-{number}-{reader.part.name}")
                shutil.copy(reader.part, retained)
                print(f"{what} of {reader.name} by {kind}: {retained}", file=sys.stderr, flush=True)
        reader.part.write_bytes(data)
        yield {
            "reader": reader.name,
            "sealed": reader.sealed,
            "found": dict(found),
            "kinds": dict(kinds),
            "cpu_s": round(time.process_time() - began, 1),
            "memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        }


if __name__ == "__main__":
    import damaged_readers

    domain, count, seed, folder = sys.argv[1:]
    for line in run(damaged_readers.of(domain, Path(folder)), int(count), int(seed)):
        print(json.dumps(line), flush=True)
