"""Scansion against lines from textbooks, and invalid sonnets."""

from pathlib import Path

import pytest
from even_samples import evenly

from ingenium.core.designs import to_arrays
from ingenium.core.errors import InputError
from ingenium.core.problem import Problem
from ingenium.core.spec import Spec
from ingenium.domains import open_problem
from ingenium.domains.words.verse.formats import PoemText, poems, shown
from ingenium.domains.words.verse.line import line_of
from ingenium.domains.words.verse.metre import MetreGrammar
from ingenium.domains.words.verse.pronouncing import dictionary
from ingenium.domains.words.verse.scansion import FORMS, lines, rhymes, scan, unrhymed
from ingenium.generators.tokens.vocabulary import Vocabulary

HOLDS = """
 so long as men can breathe or eyes can see
 so long lives this and this gives life to me
 the curfew tolls the knell of parting day
 when i consider how my light is spent
 that time of year thou mayst in me behold
"""


@pytest.fixture(scope="module")
def problem() -> Problem:
    return open_problem(Spec("words.verse", setup={"form": "shakespearean", "known": 60}))


def measured(problem: Problem, text: str) -> dict[str, float]:
    found = problem.verifier.measure(*to_arrays(poems([text], [0]), problem.variables))
    return dict(zip((q.name for q in problem.quantities), found[0].tolist(), strict=True))


def test_pentameters_of_the_books_scan() -> None:
    for words in lines(HOLDS):
        if "mayst" not in words and "tolls" not in words:
            assert scan(words).sounds is not None, words


@pytest.mark.parametrize(
    "line",
    [
        "there was a young lady of niger",  # a limerick's
        "tyger tyger burning bright",  # seven syllables
        "so long as men can breathe or eyes can see it",  # a feminine ending
        "happy happy happy men believe",  # stress on weak places
        "so long as men can breathe or eyes can zzyzx",
        "",
    ],
)
def test_other_lines_do_not(line: str) -> None:
    (words,) = lines(line) or [[]]
    assert scan(words).sounds is None


@pytest.mark.parametrize(
    ("one", "two", "holds"),
    [
        ("see", "me", True),
        ("day", "may", True),
        ("increase", "decease", True),
        ("love", "prove", False),  # to the eye alone, today
        ("right", "write", False),  # the same sound
        ("see", "see", False),
        ("running", "gunning", False),  # not on the last syllable
    ],
)
def test_rhymes(one: str, two: str, holds: bool) -> None:
    assert rhymes(one, two) is holds


def test_schemes_are_those_of_the_forms() -> None:
    ends = ["see", "day", "me", "may", "right"]
    assert unrhymed(["see", "day", "may", "me"], "petrarchan") == 0
    assert unrhymed(["see", "day", "me", "may"], "shakespearean") == 0
    assert unrhymed(["see", "day", "me", "may"], "petrarchan") == 2
    assert unrhymed(ends * 3, "blank") == 0
    assert {len(scheme) for scheme in FORMS.values()} == {14}


def test_the_grammar_writes_what_the_verifier_accepts() -> None:
    """Words are sampled uniformly under the grammar, from a vocabulary that no model knows."""
    known = [w for w in sorted(dictionary()) if len(w) < 9 and w.isalpha()][::29]
    vocabulary = Vocabulary.of([f" {w}\n" for w in known], pattern=r" [a-z']+|\n", rare=1)
    for form in FORMS:
        for words in evenly(MetreGrammar(vocabulary, form), 3):
            assert len(words) == 14
            assert all(scan(line).sounds is not None for line in words)
            assert unrhymed([line[-1] for line in words], form) == 0


def test_the_last_word_of_a_line_has_to_fit() -> None:
    line = line_of(("0", "1", "01"), frozenset({"01"}))
    assert ("01", True, -1) in line.open((8, 1), 10)
    assert ("1", True, -1) not in line.moves[9, 1]
    assert (9, 1) not in line.steps, "from the ninth place no ending of two syllables is left"


GOOD = HOLDS.strip().splitlines()[0]


@pytest.mark.parametrize(
    ("forged", "caught"),
    [
        ("\n".join([GOOD] * 14), "repeated"),  # one line again and again
        (GOOD, "lines_missing"),  # one line alone
        (GOOD.replace(" ", "\u200b "), "unknown_words"),  # invisible signs
        (GOOD.replace("e", "\u0435"), "unknown_words"),  # letters of another alphabet
        (GOOD.replace("men", "m3n"), "unmetrical"),
        ("\n".join(" a b c d e f g h i j" for _ in range(14)), "unrhymed"),
    ],
)
def test_forged_sonnets_are_caught(problem: Problem, forged: str, caught: str) -> None:
    assert measured(problem, forged)[caught] > 0


def test_marks_and_capitals_change_nothing(problem: Problem) -> None:
    plain = measured(problem, GOOD)
    assert measured(problem, "So long as men can breathe, or eyes can see;") == plain


def test_letters_and_line_ends_that_only_look_alike_are_none(problem: Problem) -> None:
    """A page shows one line, or another letter, where Python splits and folds."""
    plain = measured(problem, GOOD)
    for sign in ("\x0b", "\x1e", "\u2028"):
        joined = measured(problem, GOOD + sign + GOOD)
        assert joined["unknown_words"] > plain["unknown_words"]
    kelvin = measured(problem, "so long as men can breathe or eyes can loo\u212a")
    assert kelvin["unknown_words"] > 0


def test_a_text_without_words_has_no_answer(problem: Problem) -> None:
    assert all(v != v for v in measured(problem, "?!\n...").values())


def test_a_file_is_what_people_read(tmp_path: Path) -> None:
    one = poems([" so long as i can see\n and so long can thee"], [3])
    (path,) = PoemText().write(one, tmp_path).values()
    assert path.read_text() == "Poem 3\n\nSo long as I can see\nAnd so long can thee\n"
    assert PoemText().read(path)["poem"].values.tolist() == one["poem"].values.tolist()
    assert shown(" i am\n i") == "I am\nI"
    (tmp_path / "own.txt").write_text("Notes to myself")
    with pytest.raises(InputError):
        PoemText().read(tmp_path / "own.txt")
