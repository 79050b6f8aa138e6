"""The contract on crystals, judged by CHGNet where there is no quantum engine."""

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
    """Move the last atom by a hundredth of an edge: P1 that looks cubic."""
    lines = text.rstrip("\n").split("\n")
    x, *rest = lines[-1].split()
    lines[-1] = " ".join([f"{float(x) + 0.01:.9f}", *rest])
    return "\n".join([*lines, ""])


def _said(name: str, value: str) -> Damage:
    """Change or add a word of the head of a CIF."""

    def change(text: str) -> str:
        head, mark, rest = text.partition("loop_")
        rows = [row for row in head.split("\n") if row and not row.startswith(name)]
        return "\n".join([*rows, f"{name} {value}", mark]) + rest

    return _text(change)


def _half(text: str) -> str:
    """Remove half of an atom, which a balanced formula does not show."""
    named = text.replace(" _atom_site_fract_z\n", " _atom_site_fract_z\n _atom_site_occupancy\n")
    head, mark, atoms = named.partition("_atom_site_occupancy\n")
    rows = [line for line in atoms.split("\n") if line]
    return head + mark + "\n".join([*(f"{r} 1.0" for r in rows[:-1]), f"{rows[-1]} 0.5", ""])


def _sites(word: str, value: str) -> Damage:
    """Add a column to the atoms."""
    last = " _atom_site_fract_z\n"

    def change(text: str) -> str:
        head, mark, atoms = text.partition(last)
        rows = [f"{row} {value}\n" for row in atoms.split("\n") if row]
        return f"{head}{mark} _atom_site{word}\n{''.join(rows)}"

    return _text(change)


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
                "of another group": _said("_symmetry_Int_Tables_number", "1"),
                "of another group's name": _said("_symmetry_space_group_name_H-M", "'P 1'"),
                "of another formula": _said("_chemical_formula_sum", "'Pb Te'"),
                "with a second crystal": _text(lambda t: t + t.replace("Cs", "Rb")),
                "with a first crystal": _text(lambda t: t.replace("Cs", "Rb") + t),
                "at another angle": _said("_cell_angle_beta", "91"),
                "with a word twice": _text(
                    lambda t: t.replace("loop_", "_cell_length_a 7\nloop_", 1)
                ),
                "with a word twice in a line": _text(
                    lambda t: t.replace("loop_", "_cell_angle_beta 90 _cell_length_a 9 loop_", 1)
                ),
                "with two lists of operations": _text(
                    lambda t: t.replace(
                        "loop_", "loop_ _space_group_symop_operation_xyz 'x, y, z'\nloop_", 1
                    )
                ),
                "with a group by its number alone": _text(
                    lambda t: t.replace("_symmetry_equiv_pos", "_x").replace(
                        "_symmetry_space", "_x"
                    )
                ),
                "with a spread that does not end": _text(
                    lambda t: _line(t, " Pb", lambda w: [*w[:-1], f"{w[-1][:-1]}(0"])
                ),
                "with a second block in a line": _text(
                    lambda t: t.replace("_cell_length_b", "data_second _cell_length_b", 1)
                ),
                "with a block before its words": _text(lambda t: "_cell_length_a 9\n" + t),
                "with alternatives": _sites("_disorder_group", "1"),
                "with dummies": _sites("_calc_flag", "dum"),
                "with hydrogens that are not listed": _sites("_attached_hydrogens", "2"),
                "with atoms on each other": _text(
                    lambda t: _line(t, " Pb", lambda w: [*w[:3], "0.01", "0.01", "0.01"])
                ),
            },
            "poscar": {
                "of symmetry P1": _text(_off_centre),
                "a tenth larger by its scale": _text(lambda t: t.replace("\n1.0\n", "\n1.1\n", 1)),
                "in other places by its word": _text(lambda t: t.replace("Direct", "Cartesian")),
                "of other counts": _text(lambda t: t.replace("\n1 1 3\n", "\n1 3 1\n")),
                "with an atom more": _text(lambda t: t + "0.3 0.3 0.3\n"),
                "with a second crystal": _text(lambda t: t + t.replace("Cs", "Rb")),
                "that calls itself another": _text(lambda t: t.replace("Cs", "Rb", 1)),
                "with charges that do not balance": unbalanced,
            },
        }
