"""The search, the writer of proofs, and the tactics on set.mm."""

import random

import pytest

from ingenium.core.given import Given
from ingenium.domains.mathematics.metamath import library
from ingenium.domains.mathematics.metamath.kernel import check
from ingenium.domains.mathematics.metamath.steps import written
from ingenium.domains.mathematics.proof.explain import logic_steps
from ingenium.domains.mathematics.proof.goal import ProofGoal, of_label, of_symbols
from ingenium.domains.mathematics.proof.prior import RulePrior
from ingenium.domains.mathematics.proof.problem import Proofs, ProofSettings
from ingenium.domains.mathematics.proof.search import ProofPlan, ProofSearch
from ingenium.domains.mathematics.proof.tactics import tactics_of
from ingenium.domains.mathematics.proof.tactics.arithmetic import DecimalArithmetic
from ingenium.domains.mathematics.proof.tactics.prover import TRUE, Prover


def accepted(goal: ProofGoal, *, feedback: bool = True, expansions: int = 500) -> int:
    """Search for a proof; return its steps, 0 if there is none."""
    plan = ProofPlan(expansions, feedback=feedback)
    found = ProofSearch(goal, RulePrior(goal.index), plan).run()
    if not found.proofs:
        return 0
    text = written(goal.index, goal.theorem, found.proofs[0])
    return check(goal.index.base, goal.proved_by(text), text).steps


@pytest.mark.parametrize("label", ["a1i", "a2i", "mpd", "syl", "id", "con4i", "pm2.21i", "a5i"])
def test_theorems_of_the_small_database_are_found_from_what_comes_before(label: str) -> None:
    assert accepted(of_label(library.small(), label)) > 0


def test_a_hidden_theorem_is_not_cited() -> None:
    given = Given({"conjecture": "( ph -> ps ) & ( ps -> ch ) => ( ph -> ch )"})
    plain = Proofs(ProofSettings(library="small", expansions=50, proofs=1), given)
    assert plain.chosen.same == ("syl",)
    assert " syl " in plain.proved[0]
    own = ProofSettings(library="small", expansions=300, proofs=1, cite_same=False)
    other = Proofs(own, given)
    assert other.proved
    assert " syl " not in other.proved[0]


def test_what_is_not_provable_is_not_proved() -> None:
    assert accepted(of_symbols(library.small(), "( ph -> ps )")) == 0


def test_avoided_axioms_are_counted() -> None:
    settings = ProofSettings(library="small", avoid=("ax-3",), proofs=1, expansions=100)
    problem = Proofs(settings, Given({"conjecture": "( -. ph -> -. ps ) => ( ps -> ph )"}))
    from ingenium.core.text import codes

    (row,) = problem.verifier.measure(codes([problem.proved[0]], 1000)).tolist()
    assert row[0] == 0
    assert row[4] == 1


def test_steps_are_listed_once_in_order() -> None:
    base = library.small().base
    goal = of_label(library.small(), "syl")
    rows = logic_steps(base, goal.theorem, base.assertions["syl"].proof)
    assert [r.label for r in rows] == ["syl.1", "syl.2", "a1i", "mpd"]
    assert rows[-1].premises == (1, 3)


@pytest.mark.slow
def test_arithmetic_of_numerals() -> None:
    goal = of_symbols(library.large(), "|- ( 2 + 2 ) = 4")
    sums = DecimalArithmetic(Prover(goal, TRUE))
    rng = random.Random(1)
    for _ in range(40):
        b, a = sorted((rng.randrange(10 ** rng.randrange(1, 6)), rng.randrange(300)))
        for step in (sums.sum(a, b), sums.product(a, b), sums.difference(a, b)):
            own = of_symbols(goal.index, " ".join(goal.index.grammar.symbols(step.formula)))
            check(goal.index.base, own.theorem, written(goal.index, own.theorem, step))


@pytest.mark.slow
@pytest.mark.parametrize(
    "statement",
    [
        "( A e. CC -> ( ( A + 1 ) x. ( A - 1 ) ) = ( ( A ^ 2 ) - 1 ) )",
        "( ph -> X e. RR ) & ( ph -> ( ( 3 x. X ) / 5 ) = ; 1 2 ) => ( ph -> X = ; 2 0 )",
        "( ph -> A e. RR ) & ( ph -> A = 3 ) => ( ph -> ( A ^ 4 ) = ; 8 1 )",
        "( ph -> F = ( x e. RR |-> ( ( 2 x. x ) + 1 ) ) ) => ( ph -> ( F ` ( F ` 3 ) ) = ; 1 5 )",
        "( ( ; 2 9 ^ ; 1 3 ) mod 7 ) = 1",
        "( ph -> N e. ZZ ) & ( ph -> ( N mod 5 ) = 3 ) => ( ph -> ( ( N ^ 2 ) mod 5 ) = 4 )",
        "( ph -> X e. RR ) => ( ph -> ( 2 x. X ) <_ ( ( X ^ 2 ) + 1 ) )",
        "( ph -> X e. RR ) & ( ph -> 3 < X ) => ( ph -> 7 < ( ( 2 x. X ) + 1 ) )",
    ],
)
def test_tactics_write_proofs_that_the_kernel_accepts(statement: str) -> None:
    goal = of_symbols(library.large(), statement)
    (step,) = [s for t in tactics_of(goal) if (s := t(goal.conclusion)) is not None]
    text = written(goal.index, goal.theorem, step)
    assert check(goal.index.base, goal.proved_by(text), text).steps > 0


@pytest.mark.slow
@pytest.mark.parametrize(
    "statement",
    [
        "( ph -> A e. RR ) & ( ph -> A = 3 ) => ( ph -> ( A ^ 4 ) = ; 8 2 )",
        "( ( ; 2 9 ^ ; 1 3 ) mod 7 ) = 2",
        "( ph -> X e. RR ) => ( ph -> ( X ^ 2 ) <_ X )",
        "( ph -> X e. RR ) & ( ph -> 3 < X ) => ( ph -> ; 2 0 < X )",
    ],
)
def test_tactics_prove_nothing_false(statement: str) -> None:
    goal = of_symbols(library.large(), statement)
    assert [s for t in tactics_of(goal) if (s := t(goal.conclusion)) is not None] == []


@pytest.mark.slow
def test_the_sum_of_two_odd_integers_is_even() -> None:
    settings = ProofSettings(reading=1, cite_same=False, proofs=1, expansions=50)
    problem = Proofs(settings, Given({"conjecture": "The sum of two odd integers is even."}))
    assert "opoe" not in problem.proved[0].split()
    assert problem.verifier.by_program(problem.proved) == [True]  # type: ignore[attr-defined]
