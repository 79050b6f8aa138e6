"""The contract on libraries of molecules and on leads."""

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

import pytest

from ingenium.testing import Damage, ProblemContract, with_bytes

PLACES = {
    f"sdf: {name}": "Only atoms and bonds are judged: their positions in a file do not matter."
    for name in ("a tenth larger", "a thousandth as large", "flat", "of no size", "shifted")
}
SDF, XYZ, SMI = (".sdf",), (".xyz",), (".smi",)


def _words(old: bytes, new: bytes) -> Damage:
    """Replace the first occurrence of a text in a file."""

    def change(content: bytes) -> bytes:
        assert old in content, old
        return content.replace(old, new, 1)

    return partial(with_bytes, (*SDF, *XYZ), change)


def _line(number: int, change: Callable[[bytes], bytes], path: Path) -> None:
    """Change one line of a file."""
    lines = path.read_bytes().splitlines()
    lines[number] = change(lines[number])
    path.write_bytes(b"\n".join(lines) + b"\n")


def _more(line: bytes) -> bytes:
    """Raise a count of atoms by one."""
    return b"%3d" % (int(line[:3]) + 1) + line[3:]


def _fewer_bonds(line: bytes) -> bytes:
    return line[:3] + b"%3d" % (int(line[3:6]) - 1) + line[6:]


def _order(kind: int) -> Damage:
    """Give the first bond another order (4: aromatic, 8: any, 9: dative)."""
    return _words(b"  1  2  1  0", b"  1  2  %d  0" % kind)


CONFORMERS: Mapping[str, Mapping[str, Damage]] = {
    "sdf": {
        **{f"a bond of the order {kind}": _order(kind) for kind in (2, 3, 4, 8, 9)},
        "an isotope": _words(b"M  END", b"M  ISO  1   1  13\nM  END"),
        "heavy hydrogen": _words(b"M  END", b"M  ISO  1   8   2\nM  END"),
        "a charge": _words(b"M  END", b"M  CHG  1   1   1\nM  END"),
        "a radical": _words(b"M  END", b"M  RAD  1   1   2\nM  END"),
        "another element": _words(b" O  ", b" S  "),
        "an atom too many counted": partial(_line, 3, _more),
        "a bond too few counted": partial(_line, 3, _fewer_bonds),
    },
    "xyz": {
        "a count that lies": partial(_line, 0, lambda b: b"99"),
        "another element": _words(b"\nO ", b"\nS "),
        "an atom too few": partial(_line, -1, lambda b: b""),
    },
}


SRU = b"M  STY  1   1 SRU\nM  SLB  1   1   1\nM  SAL   1  2   1   2\nM  SMT   1 n\nM  END"
LIBRARY: Mapping[str, Mapping[str, Damage]] = {
    "smi": {
        "an extension where its name stands": partial(
            with_bytes, SMI, lambda b: b.replace(b" ", b" |Z:0,1| ", 1)
        ),
        "a radical by an extension": partial(
            with_bytes, SMI, lambda b: b.replace(b" ", b" |^1:0| ", 1)
        ),
        "a no-break space before its name": partial(
            with_bytes, SMI, lambda b: b.replace(b" ", "\xa0".encode(), 1)
        ),
    },
    "sdf": {
        "repeated units in brackets": _words(b"M  END", SRU),
        "a row beside its columns": _words(b" C   0  0", b"  C   0  0"),
        "data that no reader names": _words(b">  <SMILES>", b"SMILES>"),
        "a bond of no order": _words(b"  1  2  1  0", b"  1  2  0  0"),
        "a row without a count": _words(b" C   0  0  0", b" C   0  0 0"),
        "an alias of an atom": _words(b"M  END", b"A    1\nPhe\nM  END"),
        "a point of attachment": _words(b"M  END", b"M  APO  1   1   1\nM  END"),
    },
}


class TestLibrary(ProblemContract):
    problem_name = "molecules.library"
    setup: ClassVar[Mapping[str, Any]] = {"known": 200}
    no_answer = "C1CC"
    harmless = PLACES

    def forgeries(self) -> Mapping[str, Mapping[str, Damage]]:
        return LIBRARY


class TestLead(ProblemContract):
    problem_name = "molecules.lead"
    setup: ClassVar[Mapping[str, Any]] = {
        "known": 200,
        "query": "CC(=O)Nc1ccc(O)cc1",
        "keep": ["c1ccccc1"],
        "avoid": ["[N+](=O)[O-]"],
        "solubility": True,
    }
    few = 3
    no_answer = "C1CC"
    harmless: ClassVar[Mapping[str, str]] = PLACES


@pytest.mark.slow
class TestLeadOfElectrons(TestLead):
    """A lead whose atomic positions are read too."""

    setup: ClassVar[Mapping[str, Any]] = {**TestLead.setup, "electrons": "gfn2"}
    harmless: ClassVar[Mapping[str, str]] = {
        "sdf: shifted": "A molecule has no place of its own: a file may have it anywhere."
    }


class TestConformers(ProblemContract):
    problem_name = "molecules.conformers"
    setup: ClassVar[Mapping[str, Any]] = {"smiles": "CC[C@H](C)O", "starts": 20}
    harmless: ClassVar[Mapping[str, str]] = {
        "shifted": "Position and orientation of a molecule in space do not matter."
    }

    def forgeries(self) -> Mapping[str, Mapping[str, Damage]]:
        return CONFORMERS


class TestRoute(ProblemContract):
    problem_name = "molecules.route"
    setup: ClassVar[Mapping[str, Any]] = {"known": 30, "expansions": 40, "deepest": 3}
    no_answer = "CC>>CO"
