"""The kernel, the reader and the writer of Metamath: truth, corruptions, and bad input."""

import random
from pathlib import Path

import pytest

from ingenium.core.errors import InputError
from ingenium.domains.mathematics.metamath import library, program
from ingenium.domains.mathematics.metamath.axioms import Axioms
from ingenium.domains.mathematics.metamath.corruptions import KINDS, corrupted
from ingenium.domains.mathematics.metamath.database import Database, read
from ingenium.domains.mathematics.metamath.kernel import ProofError, Theorem, check, of_assertion

DISJOINT = """
$c ( ) = |- wff setvar A. $.
$v x y ph $.
vx $f setvar x $.  vy $f setvar y $.  wph $f wff ph $.
wal $a wff A. x ph $.
weq $a wff ( x = y ) $.
${ $d x ph $.  ax5.1 $e |- ph $.  ax5 $a |- A. x ph $. $}
${ $d x y $.  ax6 $a |- ( x = y ) $. $}
${ $d x y $.  good $p |- ( x = y ) $= vx vy ax6 $. $}
"""


def base() -> Database:
    return library.small().base


def theorem_of(database: Database, label: str) -> Theorem:
    return of_assertion(database.assertions[label])


def test_every_proof_of_the_small_database_is_accepted_by_both_kernels() -> None:
    proved = [a for a in base().order if a.kind == "$p"]
    for a in proved:
        assert check(base(), of_assertion(a), a.proof).steps > 0
    assert all(program.accepted(base().text, [a.label for a in proved]))


def test_no_corrupted_proof_is_accepted() -> None:
    rng = random.Random(3)
    proved = [a for a in base().order if a.kind == "$p"]
    counts = dict.fromkeys(KINDS, 0)
    for _ in range(1200):
        a = rng.choice(proved)
        made = corrupted(base(), a, rng.choice(KINDS), rng)
        if made is None:
            continue
        counts[made.kind] += 1
        with pytest.raises(ProofError):
            check(made.database, made.theorem, made.proof)
    assert min(counts.values()) > 10, counts


def test_metamath_refuses_what_our_kernel_refuses() -> None:
    rng = random.Random(4)
    proved = [a for a in base().order if a.kind == "$p"]
    made = [corrupted(base(), rng.choice(proved), kind, rng) for kind in KINDS for _ in range(3)]
    found = [m for m in made if m is not None]
    assert len(found) > 12
    for m in found:
        text, label = m.as_file()
        assert program.accepted(text, [label]) == [False], m


def test_disjoint_variables() -> None:
    database = read(DISJOINT, "disjoint")
    good = theorem_of(database, "good")
    assert check(database, good, "vx vy ax6").steps == 1
    with pytest.raises(ProofError, match="x and y must be disjoint, but x and y are not"):
        check(database, Theorem(**{**vars(good), "disjoint": frozenset()}), "vx vy ax6")
    same = Theorem(**{**vars(good), "symbols": ("|-", "(", "x", "=", "x", ")")})
    with pytest.raises(ProofError, match="disjoint"):
        check(database, same, "vx vx ax6")
    inside = Theorem(**{**vars(good), "symbols": ("|-", "A.", "x", "(", "x", "=", "y", ")")})
    with pytest.raises(ProofError, match="ph and x must be disjoint"):
        check(database, inside, "vx vx vy weq vx vy ax6 ax5")


def test_a_proof_may_not_rest_on_what_is_not_proved() -> None:
    text = (
        base().text + "\ngap $p |- ( ph -> ps ) $= ? $.\nuse $p |- ( ph -> ps ) $= wph wps gap $.\n"
    )
    database = read(text, "gaps")
    use = theorem_of(database, "use")
    assert check(database, use, "wph wps gap").steps == 1
    with pytest.raises(ProofError, match="gap, on which it rests, is not proved"):
        Axioms(database, trusted=False).whole(["gap"])
    wrong = read(text.replace("$= ? $.", "$= wph wph wi $."), "wrong")
    with pytest.raises(ProofError, match="gap, on which it rests"):
        Axioms(wrong, trusted=False).whole(["use"])


def test_axioms_through_everything_cited() -> None:
    axioms = Axioms(base(), trusted=False)
    assert axioms.of(["id"]) == {"ax-1", "ax-2", "ax-mp"}
    assert axioms.of(["con4i"]) == {"ax-3", "ax-mp"}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "assertions"),
        ("These are not the statements that one looks for.", "Metamath statements"),
        ("$c a $. $( a comment without an end", r"stray \$\("),
        ("$[ /etc/passwd $]", r"stray \$\["),
        ("$c a $. $c a $.", "a new symbol"),
        ("$c a |- $. x $a |- b $.", "symbols of x that are declared"),
        ("$c a |- $. x $a |- a $. x $a |- a $.", "a new label"),
        ("$c a |- $. ${ x $a |- a $.", r"a \$\} for each"),
        ("$c a |- $. x $a |- a $. $}", r"closes a \$\{"),
        ("$c a |- $. $v x $. $d x x $. x $a |- a $.", "different active variables"),
        ("$c a |- $. x $p |- a $= $.", "a proof of x"),
        ("\x00\x01\x02" * 50, "Metamath statements"),
    ],
)
def test_what_is_no_database_is_refused(text: str, says: str) -> None:
    with pytest.raises(InputError, match=says):
        read(text, "the file")


def test_a_large_file_that_is_none_is_refused_at_once(tmp_path: Path) -> None:
    del tmp_path
    with pytest.raises(InputError, match="Metamath statements"):
        read("word " * 2_000_000, "the file")


def test_metamath_that_accepts_everything_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    from ingenium.core.errors import EngineError
    from ingenium.domains.mathematics.proof.goal import of_symbols
    from ingenium.domains.mathematics.proof.verifier import ProofVerifier

    goal = of_symbols(library.small(), "( ph -> ph )")
    verifier = ProofVerifier(goal, Axioms(base(), trusted=False))
    assert verifier.by_program(["( id ) AB"]) == [True]
    monkeypatch.setattr(program, "accepted", lambda text, labels, alongside: [True] * len(labels))
    with pytest.raises(EngineError, match="lacks a step"):
        verifier.by_program(["( id ) AB"])
