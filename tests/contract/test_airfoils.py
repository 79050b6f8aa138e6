"""The contract on sections of wings, judged by NeuralFoil."""

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

from ingenium.testing import Damage, ProblemContract

Lines = list[str]


def _points(change: Callable[[Lines], Lines], path: Path) -> None:
    """Change lines of points below the title."""
    title, *points = path.read_text().splitlines()
    path.write_text("\n".join([title, *change(points)]) + "\n")


def _crossed(points: Lines) -> Lines:
    return [*points[:40], points[60], *points[41:60], points[40], *points[61:]]


def _spiked(points: Lines) -> Lines:
    x, y = map(float, points[50].split())
    return [*points[:50], f"{x:.9f} {y + 0.008:.9f}", *points[51:]]


def _written_in(line: str) -> str:
    return "".join(chr(0x660 + int(c)) if c.isdigit() else c for c in line)


POINTS: Mapping[str, Damage] = {
    "two points exchanged": partial(_points, _crossed),
    "a stretch reversed": partial(_points, lambda p: [*p[:20], *p[20:80][::-1], *p[80:]]),
    "one point a spike": partial(_points, _spiked),
    "the lower surface alone": partial(_points, lambda p: p[100:]),
    "the surfaces exchanged": partial(_points, lambda p: [*p[100:], *p[:100]]),
    "a point in words": partial(_points, lambda p: [*p[:40], "half a chord", *p[41:]]),
    "a point in other digits": partial(_points, lambda p: [*p[:40], _written_in(p[40]), *p[41:]]),
    "a number of three": partial(_points, lambda p: [*p[:40], f"{p[40]} 0.0", *p[41:]]),
    "a loop at the tail": partial(_points, lambda p: [*p, *p[-30:][::-1]]),
}

UNSIZED = dict.fromkeys(
    ("a tenth larger", "a thousand times as large", "a thousandth as large", "shifted"),
    "Size and position of a section do not matter: its outline is normalised to its chord.",
)


class TestSection(ProblemContract):
    problem_name = "airfoils.section"
    harmless = UNSIZED

    def forgeries(self) -> Mapping[str, Mapping[str, Damage]]:
        return {"dat": POINTS}

    setup: ClassVar[Mapping[str, Any]] = {
        "judge": "neuralfoil",
        "network": "medium",
        "refine_steps": 3,
    }


class TestMorphing(ProblemContract):
    problem_name = "airfoils.morphing"
    setup: ClassVar[Mapping[str, Any]] = {
        "judge": "neuralfoil",
        "network": "medium",
        "refine_steps": 3,
        "every": 10,
    }

    def forgeries(self) -> Mapping[str, Mapping[str, Damage]]:
        return {"dat": POINTS}
