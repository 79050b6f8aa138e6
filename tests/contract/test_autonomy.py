"""The contract on control laws, and forgeries of their C code and FMI units."""

import warnings
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import ClassVar

import pytest

from ingenium.testing import Damage, ProblemContract


def _text(old: str, new: str) -> Damage:
    def change(path: Path) -> None:
        found = path.read_text()
        assert old in found
        path.write_text(found.replace(old, new, 1))

    return change


def _line(name: str, new: Callable[[str], str]) -> Damage:
    """Change a value of a row of numbers."""

    def change(path: Path) -> None:
        lines = path.read_text().splitlines(keepends=True)
        at = next(i for i, line in enumerate(lines) if f"_{name}[" in line or f"_{name} =" in line)
        head, _, tail = lines[at].partition("= ")
        lines[at] = f"{head}= {new(tail)}"
        path.write_text("".join(lines))

    return change


def _scaled(factor: float) -> Callable[[str], str]:
    def new(tail: str) -> str:
        value = float(tail.strip("{};\n ").split(",")[0])
        return tail.replace(f"{value:.9g}", f"{factor * value:.9g}", 1)

    return new


SHELL = """\
#include <math.h>
#include <stdlib.h>
__attribute__((constructor)) static void f(void) { system("true"); }
"""


def _rebuilt(change: Callable[[str, bytes], bytes]) -> Damage:
    def damage(path: Path) -> None:
        with zipfile.ZipFile(path) as archive:
            members = {n: archive.read(n) for n in archive.namelist()}
        with zipfile.ZipFile(path, "w") as archive:
            for name, content in members.items():
                archive.writestr(name, change(name, content))

    return damage


def _more(name: str, content: bytes) -> Damage:
    def damage(path: Path) -> None:
        with zipfile.ZipFile(path, "a") as archive:
            archive.writestr(name, content)

    return damage


def _twice(path: Path) -> None:
    """Insert the description of another unit before the unit's own."""
    with zipfile.ZipFile(path) as archive:
        members = {n: archive.read(n) for n in archive.namelist()}
    other = members["modelDescription.xml"].replace(b'stepSize="0.05"', b'stepSize="0.5"')
    with zipfile.ZipFile(path, "w") as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        archive.writestr("modelDescription.xml", other)
        for name, content in members.items():
            archive.writestr(name, content)


def _binary(name: str, content: bytes) -> bytes:
    return content[:-1] + b"\x01" if name.endswith(".so") else content


def _described(name: str, content: bytes) -> bytes:
    return (
        content.replace(b'stepSize="0.05"', b'stepSize="0.02"')
        if name.endswith(".xml")
        else content
    )


C_FORGERIES: Mapping[str, Damage] = {
    "with twice the gain": _line("KP", _scaled(2)),
    "with half the damping": _line("KD", _scaled(0.5)),
    "without its integral": _line("KI", _scaled(0.001)),
    "with a wider action": _line("HIGH", _scaled(10)),
    "of another period": _line("PERIOD_S", _scaled(10)),
    "with a sign turned": _line("SENSES", _scaled(-1)),
    "with other code": _text("sum += ", "sum -= "),
    "with a program in it": _text("#include <math.h>\n", SHELL),
    "with another limit of its rate": _line("LOW", _scaled(10)),
    "with a constant of text": _text("= {", "= { (double)'1' * "),
    "with numbers in hexadecimal": _text("0.", "0x0."),
    "with a trigraph": _text("#include <math.h>\n", "#include <math.h>\n// why??/\n"),
    "with a second law below": lambda path: path.write_text(2 * path.read_text()),
    "with a file included": _text(
        "#include <math.h>\n", '#include <math.h>\n#include "/tmp/a.h"\n'
    ),
    "with a macro in it": _text("#include <math.h>\n", "#include <math.h>\n#define fmin fmax\n"),
}


class TestController(ProblemContract):
    problem_name = "autonomy.controller"
    setup: ClassVar = {"known": 20, "scenarios": 64, "period_s": 0.05}
    few = 3

    def forgeries(self) -> Mapping[str, Mapping[str, Damage]]:
        unit = {
            "with another binary": _rebuilt(_binary),
            "with another description": _rebuilt(_described),
            "with a file more": _more("resources/readme.txt", b"notes"),
            "with a second law": _more("sources/controller_1.c", b"double x;"),
            "with a script beside": _more("../run.sh", b"true"),
            "with a part twice": _twice,
        }
        return {"c-source": C_FORGERIES, "fmu": unit}


@pytest.mark.slow
class TestCartPole(ProblemContract):
    problem_name = "autonomy.controller"
    setup: ClassVar = {"plant": "cart_pole", "known": 40, "scenarios": 64, "period_s": 0.02}
    few = 3


@pytest.mark.slow
class TestArm(ProblemContract):
    problem_name = "autonomy.arm"
    setup: ClassVar = {"known": 20, "period_s": 0.02}
    few = 3
