"""The contract on crystals, judged by CHGNet where no quantum engine is there."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import ClassVar

from ingenium.testing import Damage, ProblemContract


def _text(change: Callable[[str], str]) -> Damage:
    def damage(path: Path) -> None:
        path.write_text(change(path.read_text()))

    return damage


def _line(text: str, begins: str, words: Callable[[list[str]], list[str]]) -> str:
    lines = text.split("\n")
    at = next(i for i, line in enumerate(lines) if line.startswith(begins))
    lines[at] = " ".join(["", *words(lines[at].split())])
    return "\n".join(lines)


def _off_centre(text: str) -> str:
    """The last atom a hundredth of an edge off its place: P1 that looks cubic."""
    lines = text.rstrip("\n").split("\n")
    x, *rest = lines[-1].split()
    lines[-1] = " ".join([f"{float(x) + 0.01:.9f}", *rest])
    return "\n".join([*lines, ""])


def _half(text: str) -> str:
    """Half of an atom, which a formula that balances does not show."""
    named = text.replace(" _atom_site_fract_z\n", " _atom_site_fract_z\n _atom_site_occupancy\n")
    head, mark, atoms = named.partition("_atom_site_occupancy\n")
    rows = [line for line in atoms.split("\n") if line]
    return head + mark + "\n".join([*(f"{r} 1.0" for r in rows[:-1]), f"{rows[-1]} 0.5", ""])


class TestCrystal(ProblemContract):
    problem_name = "matter.crystal"
    setup: ClassVar = {
        "judge": "chgnet",
        "elements": ["Cs", "Pb", "Br", "I"],
        "types": ["cubic", "tetragonal"],
    }

    def forgeries(self) -> Mapping[str, Mapping[str, Damage]]:
        unbalanced = _text(lambda t: t.replace("Pb", "Ba").replace("Cs", "Ti"))
        return {
            "cif": {
                "with half an atom": _text(_half),
                "with charges that do not balance": unbalanced,
                "with atoms on each other": _text(
                    lambda t: _line(t, " Pb", lambda w: [*w[:3], "0.01", "0.01", "0.01"])
                ),
            },
            "poscar": {
                "of symmetry P1": _text(_off_centre),
                "with charges that do not balance": unbalanced,
            },
        }
