"""Sonnets that are begun: kept lines stay, and impossible ones are refused."""

from pathlib import Path

import pytest
from even_samples import evenly

from ingenium.core.designs import to_arrays
from ingenium.core.errors import InputError
from ingenium.core.resolving import resolve
from ingenium.core.spec import Limit, Spec, load
from ingenium.domains import open_problem
from ingenium.domains.words.verse.draft import fixed_places, matches, read_draft
from ingenium.domains.words.verse.formats import poems
from ingenium.domains.words.verse.metre import MetreGrammar
from ingenium.domains.words.verse.pronouncing import dictionary
from ingenium.domains.words.verse.scansion import LINES, scan, unrhymed
from ingenium.generators.tokens.vocabulary import Vocabulary

EXAMPLE = Path(__file__).parents[3] / "examples" / "words" / "begun_sonnet.toml"
BEGUN = """Shall I compare thee to a summer's day?
_ of _ of _

_ a _
To be _
"""


def grammar(text: str, form: str = "shakespearean") -> MetreGrammar:
    draft = read_draft(text)
    known = [w for w in sorted(dictionary()) if len(w) < 9 and w.isalpha()][::29]
    words = "".join(f" {w}" for w in (*known, *draft.words))
    return MetreGrammar(Vocabulary.of([f"{words}\n"], pattern=r" [a-z']+|\n", rare=1), form, draft)


@pytest.mark.parametrize(
    ("text", "form"),
    [(BEGUN, "petrarchan"), (str(load(EXAMPLE).given["draft"]), "shakespearean")],
)
def test_even_draws_keep_the_draft_and_the_form(text: str, form: str) -> None:
    """Words are sampled uniformly under the grammar, so that every open path is taken at times."""
    held = grammar(text, form)
    for poem in evenly(held, 4):
        assert len(poem) == LINES
        assert all(scan(line).sounds is not None for line in poem)
        assert held.draft.altered(poem) == 0
        assert unrhymed([line[-1] for line in poem], form) == 0


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("shall i compare thee to a zzyzx\n", "'zzyzx' in line 1"),
        ("_\n_ of happy happy happy men _\n", "line 2"),  # stress on weak places
        ("so long as men can breathe or eyes can see it\n", "line 1"),  # eleven syllables
        ("so long as men can breathe or eyes can see _\n", "line 1"),  # no space for a word
        ("_ day\n_\n_ night\n", "line 3, which does not rhyme with line 1"),
        ("_ day\n_\n_ day\n", "line 3"),  # the same word is no rhyme
        ("_ running\n", "line 1"),  # ends on a weak syllable
        ("_\n" * 15, "one of 15"),
        ("_ month\n", "too few"),  # nothing rhymes with it
        ("record " * 400, "line 1"),  # each may be pronounced in two ways
    ],
)
def test_what_cannot_be_kept_is_refused(text: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        grammar(text)


@pytest.mark.parametrize(
    ("poem", "holds"),
    [
        ("he may see the light of day", True),
        ("he may see my light of day light of day", True),
        ("see the light of day", False),  # a gap is a word or more
        ("he may see the light of may", False),
        ("he may see thelight of day", False),
        ("a see " * 200 + "light of day", False),  # of many ways to fill gaps, none is looked for
    ],
)
def test_gaps_are_words(poem: str, holds: bool) -> None:
    (retained, *_) = read_draft("_ see _ light of day").retained
    assert matches(retained, poem.split()) is holds


def test_kept_words_have_their_places() -> None:
    (retained, *_) = read_draft("_ see the light _").retained
    assert fixed_places(retained, ["he", "may", "see", "the", "light", "of", "day"]) == {2, 3, 4}


def test_no_spec_takes_a_poem_that_alters_its_draft() -> None:
    own = Limit("unknown_words", at_most=1.0)  # instead of what the problem limits
    for given, more in (({"draft": "to be or not _"}, {"altered"}), ({}, set[str]())):
        spec = Spec("words.verse", setup={"known": 60}, given=given, limits=(own,))
        found = {x.quantity for x in resolve(spec, open_problem(spec)).limits}
        assert (
            found == {"lines_missing", "unmetrical", "unrhymed", "repeated", "unknown_words"} | more
        )


def test_a_poem_that_alters_its_draft_is_told() -> None:
    setup = {"form": "blank", "known": 30}
    problem = open_problem(Spec("words.verse", setup=setup, given={"draft": "to be or not _"}))
    exact = problem.tiers[0]
    place = [q.name for q in exact.quantities].index("altered")
    missing = LINES - 1  # of which the draft wants a word at least
    for poem, count in (("to be or not a man", 0), ("to be or not", 1), ("to be and not a man", 1)):
        row = exact.measure(*to_arrays(poems([poem], [0]), problem.variables))[0]
        assert row[place] == count + missing
