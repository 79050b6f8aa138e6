"""The contract on circuits and on the molecules that they generate."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, ClassVar

from ingenium.testing import Damage, ProblemContract

SMALL: dict[str, Any] = {
    "layers": 2,
    "known": 20,
    "steps": 30,
    "repair_steps": 5,
    "noise": "heavyhex",
}


def _changed(change: Callable[[str], str]) -> Damage:
    def damage(path: Path) -> None:
        text = path.read_text()
        forged = change(text)
        assert forged != text
        path.write_text(forged)

    return damage


def _first(text: str, gate: str) -> str:
    return next(line for line in text.splitlines() if line.startswith(gate))


def _in_degrees(text: str) -> str:
    """Write an angle of the file in degrees."""
    line = _first(text, "ry(")
    angle = float(line[3 : line.index(")")])
    return text.replace(line, line.replace(line[3 : line.index(")")], repr(57.29578 * angle)), 1)


def _unwired(text: str) -> str:
    """Remove the gates of the last qubit."""
    return "\n".join(row for row in text.split("\n") if "q[3]" not in row)


def _exchanged(text: str) -> str:
    """Read qubits into each other's bits."""
    rows = [f"measure q[{q}] -> c[{3 - q}];" for q in range(4)]
    return text.replace("measure q -> c;", "\n".join(rows))


def _reset(text: str) -> str:
    return text.replace("measure", "reset q[0];\nmeasure", 1)


def _unread(text: str) -> str:
    return text.replace("measure q -> c;", "measure q[0] -> c[0];")


def _before(text: str, more: str) -> str:
    """Insert statements before the measurement."""
    return text.replace("measure", f"{more}\nmeasure", 1)


def _redefined(text: str) -> str:
    """Redefine a gate of the library under the same name."""
    return text.replace("qreg", "gate ry(t) a { rx(t) a; }\nqreg", 1)


def _commented(text: str) -> str:
    """Write a gate that a line-based reader misses."""
    line = _first(text, "ry(")
    return text.replace(line, f"// {line}", 1)


def _wound(text: str) -> str:
    """Add many whole turns to an angle."""
    line = _first(text, "ry(")
    angle = line[3 : line.index(")")]
    return text.replace(angle, repr(float(angle) + 1e17), 1)


class TestDistribution(ProblemContract):
    problem_name = "quantum.distribution"
    setup: ClassVar = SMALL
    few = 4

    def forgeries(self) -> Mapping[str, Mapping[str, Damage]]:
        return {
            "qasm": {
                "in degrees": _changed(_in_degrees),
                "with a qubit unwired": _changed(_unwired),
                "with bits exchanged": _changed(_exchanged),
                "with a reset, which is no unitary": _changed(_reset),
                "with one qubit read": _changed(_unread),
                "with a condition": _changed(lambda t: _before(t, "if (c==1) x q[0];")),
                "with an opaque gate": _changed(lambda t: _before(t, "opaque hold q;")),
                "with a gate redefined": _changed(_redefined),
                "with a turn that undoes itself": _changed(
                    lambda t: _before(t, "rx(0.4) q[0];\nrx(-0.4) q[0];")
                ),
                "with a gate in a comment": _changed(_commented),
                "with turns beyond all digits": _changed(_wound),
                "with a second register": _changed(
                    lambda t: t.replace("creg", "qreg p[2];\ncreg", 1)
                ),
                "with another version": _changed(lambda t: t.replace("2.0", "3.0", 1)),
            }
        }


def _another(text: str) -> str:
    """Replace hydrogen by methyl."""
    first, rest = text.split(" ", 1)
    return f"C{first} {rest}"


class TestQuantumMolecules(ProblemContract):
    problem_name = "quantum.molecules"
    setup: ClassVar = {"known": 200}
    few = 4
    no_answer = "C1CC"

    def forgeries(self) -> Mapping[str, Mapping[str, Damage]]:
        return {
            "smi": {
                "with a methyl more": _changed(_another),
                "with heavy carbon": _changed(lambda t: "[13CH3]" + t),
                "as a salt": _changed(lambda t: t.replace(" ", ".Cl ", 1)),
                "of one atom": _changed(lambda t: "C " + t.split(" ", 1)[1]),
                "of a pattern": _changed(lambda t: "*" + t),
                "of Cyrillic letters": _changed(lambda t: "\u0421" + t[1:]),
                "of no molecule": _changed(lambda t: "C1CC " + t.split(" ", 1)[1]),
                "with another below": _changed(lambda t: t + "CCO molecule_000900\nC1CC x\n"),
            }
        }
