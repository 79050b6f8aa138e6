"""Sentences and their readings, counterexamples, and statements that are no formula."""

from fractions import Fraction
from functools import cache

import pytest

from ingenium.core.errors import InputError
from ingenium.core.given import Given
from ingenium.domains.mathematics.metamath.database import read
from ingenium.domains.mathematics.metamath.index import Index, index_of
from ingenium.domains.mathematics.proof.choosing import chosen
from ingenium.domains.mathematics.proof.evaluate import counterexample
from ingenium.domains.mathematics.proof.goal import of_symbols
from ingenium.domains.mathematics.proof.problem import Proofs, ProofSettings
from ingenium.domains.mathematics.proof.reading import readings

_NAMES = (
    "ZZ cz NN cn NN0 cn0 RR cr CC cc QQ cq Prime cprime || cdvds < clt <_ cle + caddc x. cmul - "
    "cmin / cdiv ^ cexp mod cmo 0 cc0 1 c1 2 c2 3 c3 4 c4 5 c5 6 c6 7 c7 8 c8 9 c9"
)
SYNTAX = """
$c ( ) -> -. /\\ wff setvar class |- A. E. e. = =/= ; -u $.
$v ph ps x y a b n A B N X Y $.
wph $f wff ph $.  wps $f wff ps $.
vx $f setvar x $.  vy $f setvar y $.  va $f setvar a $.  vb $f setvar b $.  vn $f setvar n $.
cA $f class A $.  cB $f class B $.  cN $f class N $.  cX $f class X $.  cY $f class Y $.
wn $a wff -. ph $.  wi $a wff ( ph -> ps ) $.  wa $a wff ( ph /\\ ps ) $.
cv $a class x $.  wcel $a wff A e. B $.  wceq $a wff A = B $.  wne $a wff A =/= B $.
wbr $a wff A B N $.  co $a class ( A B N ) $.  cneg $a class -u A $.  cdc $a class ; A B $.
wral $a wff A. x e. A ph $.  wrex $a wff E. x e. A ph $.
""" + "".join(
    f"$c {c} $. {x} $a class {c} $.\n"
    for c, x in zip(_NAMES.split()[::2], _NAMES.split()[1::2], strict=True)
)
SYNTAX = SYNTAX.replace("$a class ( A B N )", "$a class ( A N B )").replace(
    "$a wff A B N", "$a wff A N B"
)
RULE = "id $a |- ( ph -> ph ) $.\n"


@cache
def index() -> Index:
    return index_of(read(SYNTAX + RULE, "syntax"))


@pytest.mark.parametrize(
    ("sentence", "first"),
    [
        (
            "The sum of two odd integers is even.",
            "|- ( ( ( A e. ZZ /\\ -. 2 || A ) /\\ ( B e. ZZ /\\ -. 2 || B ) ) -> 2 || ( A + B ) )",
        ),
        ("If n is an odd integer, then n + 1 is even.",
         "|- ( ( N e. ZZ /\\ -. 2 || N ) -> 2 || ( N + 1 ) )"),
        ("For all real numbers x and y, x * y = y * x.",
         "|- ( ( X e. RR /\\ Y e. RR ) -> ( X x. Y ) = ( Y x. X ) )"),
        ("Every prime number is positive.", "|- ( A e. Prime -> 0 < A )"),
        ("There is a prime number that is even.", "|- E. a e. Prime 2 || a"),
        ("The square of a real number is nonnegative.", "|- ( A e. RR -> 0 <_ ( A ^ 2 ) )"),
        ("Every integer divisible by 12 is divisible by 3.",
         "|- ( ( A e. ZZ /\\ ; 1 2 || A ) -> 3 || A )"),
    ],
)  # fmt: skip
def test_the_likeliest_reading_comes_first(sentence: str, first: str) -> None:
    found = readings(index(), sentence)
    assert found[0].goal.text == first
    assert all(r.paraphrase for r in found)


def test_ambiguous_words_make_several_readings() -> None:
    texts = [r.goal.text for r in readings(index(), "Every natural number is an integer.")]
    assert "|- ( A e. NN -> A e. ZZ )" in texts
    assert "|- ( A e. NN0 -> A e. ZZ )" in texts
    different = readings(index(), "The sum of two even integers is even.")
    assert any("=/=" in r.goal.text for r in different)


def test_words_without_a_choice_are_answered_with_the_readings() -> None:
    with pytest.raises(InputError, match="from 1 to 4, got none") as caught:
        chosen(index(), "The sum of two even integers is even.", 0)
    assert "2 divides A" in str(caught.value)
    with pytest.raises(InputError, match="got 9"):
        chosen(index(), "The sum of two even integers is even.", 9)


@pytest.mark.parametrize(
    ("sentence", "reading", "values"),
    [
        ("Every prime number is odd.", 1, {"A": Fraction(2)}),
        ("The sum of two odd integers is odd.", 1, {"A": Fraction(1), "B": Fraction(1)}),
        ("If n is an integer, then n < n^2.", 1, {"N": Fraction(0)}),
        ("Every positive integer is prime.", 2, {"a": Fraction(1)}),
    ],
)
def test_false_statements_get_a_counterexample(
    sentence: str, reading: int, values: dict[str, Fraction]
) -> None:
    assert counterexample(readings(index(), sentence)[reading - 1].goal) == values
    with pytest.raises(InputError, match="which is false for"):
        chosen(index(), sentence, reading)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("Colourless green ideas sleep furiously.", "does not read from here on: colourless"),
        ("The sum of two odd integers is glorious.", "from here on: glorious"),
        ("If n is even, then m is even.", "a kind for m"),
        ("|- ( ph -> )", r"no formula goes on at symbol 4"),
        ("|- ( ph -> pz )", "symbol 4, pz, is unknown; the nearest is p"),
        ("|- ( ph -> A )", "no formula goes on"),
        ("( ph -> ps ) & => ps", "symbol 6, &, is unknown"),
        ("2 || __import__('os')", "is unknown"),
        ("The sum of " + "the sum of " * 200 + "two integers is even.", "a conjecture|recursion"),
    ],
)
def test_what_is_no_statement_is_refused(text: str, says: str) -> None:
    with pytest.raises(InputError, match=says):
        chosen(index(), text, 1)


def test_a_database_of_the_user_is_searched_and_exported_whole() -> None:
    given = Given({"database": SYNTAX + RULE, "conjecture": "|- ( 2 = 2 -> 2 = 2 )"})
    problem = Proofs(ProofSettings(expansions=20), given)
    assert problem.proved
    text = problem.formats["mm"].file_text(problem.proved[0])  # type: ignore[attr-defined]
    assert text.strip().startswith("$c ( )")
    assert problem.verifier.by_program(problem.proved) == [True]  # type: ignore[attr-defined]


def test_disjoint_variables_are_those_of_the_spec() -> None:
    goal = of_symbols(index(), "|- A. x e. A x = B")
    assert goal.theorem.disjoint == {("A", "x"), ("B", "x")}
    own = of_symbols(index(), "|- A. x e. A x = B", distance=("x A",))
    assert own.theorem.disjoint == {("A", "x")}
    with pytest.raises(InputError, match="variable of the statement"):
        of_symbols(index(), "|- A. x e. A x = B", distance=("x C",))
