"""Readings of a sentence: formal statements that it may mean."""

import itertools
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ingenium.core.errors import InputError
from ingenium.domains.mathematics.metamath.index import Index
from ingenium.domains.mathematics.proof.goal import ProofGoal, of_symbols
from ingenium.domains.mathematics.proof.lexicon import Lexicon
from ingenium.domains.mathematics.proof.paraphrase import paraphrase
from ingenium.domains.mathematics.proof.sentences import NoSentence, Sentence, SentenceGrammar

MOST = 12
_NAME = re.compile(r"\{([a-z])\}")
EXAMPLES = '"The sum of two odd integers is even." or "If n is even, then n^2 is divisible by 4."'
FORMS = ("schema", "quantified")


@dataclass(frozen=True)
class StatementReading:
    """A formal statement with its paraphrase in fixed words."""

    goal: ProofGoal
    paraphrase: str


def readings(index: Index, text: str) -> tuple[StatementReading, ...]:
    """Return what a sentence may mean, the likeliest first.

    Raises:
        InputError: for a sentence that the grammar does not read.
    """
    lexicon = Lexicon(index.base)
    found: dict[str, StatementReading] = {}
    for picks, sentence in _sentences(lexicon, text):
        del picks
        for different in (False, True) if sentence.several else (False,):
            for form in FORMS:
                symbols = formal(sentence, form, different=different)
                if symbols is None or symbols in found or len(found) >= MOST:
                    continue
                try:
                    goal = of_symbols(index, symbols)
                except InputError:
                    continue
                found[symbols] = StatementReading(goal, paraphrase(index, goal))
    if not found:
        raise refusal(text, NoSentence("no reading is a formula of the database"))
    order = sorted(found.values(), key=lambda r: "A." in r.goal.theorem.symbols)
    return tuple(order)


def _sentences(lexicon: Lexicon, text: str) -> Iterator[tuple[Mapping[str, int], Sentence]]:
    """Yield the sentence under each choice of meanings."""
    first = SentenceGrammar(lexicon, {}, text)
    try:
        first.sentence()
    except NoSentence as error:
        raise refusal(text, error) from None
    words = list(first.ambiguous)
    for choice in itertools.product(*(range(first.ambiguous[w]) for w in words)):
        picks = dict(zip(words, choice, strict=True))
        yield picks, SentenceGrammar(lexicon, picks, text).sentence()


def formal(sentence: Sentence, form: str, *, different: bool = False) -> str | None:
    """Return the symbols of a sentence: with free class variables, or with quantifiers."""
    if sentence.exists and form == "schema":
        return None
    if not sentence.names and form == "quantified":
        return None
    conditions = list(sentence.conditions)
    if different:
        pairs = itertools.combinations(sentence.names, 2)
        conditions += [f"{{{a}}} =/= {{{b}}}" for a, b in pairs]
    end = sentence.conclusion
    if form == "schema":
        body = f"( {_all(conditions)} -> {end} )" if conditions else end
        return f"|- {_named(body, upper=True)}"
    first = {
        n: next((c for c in conditions if c.startswith(f"{{{n}}} e. ")), "") for n in sentence.names
    }
    rest = [c for c in conditions if c not in first.values()]
    link = "/\\" if sentence.exists else "->"
    body = f"( {_all(rest)} {link} {end} )" if rest else end
    quantifier = "E." if sentence.exists else "A."
    for name in reversed(sentence.names):
        where = first[name].removeprefix(f"{{{name}}} e. ")
        bound = f"{quantifier} {{{name}}}"
        body = f"{bound} e. {where} {body}" if where else f"{bound} {body}"
    return f"|- {_named(body, upper=False)}"


def _all(conditions: list[str]) -> str:
    """Return conditions on one variable together, and then those of all."""
    groups: dict[str, list[str]] = {}
    for c in conditions:
        names = _NAME.findall(c)
        groups.setdefault(names[0] if len(set(names)) == 1 else "", []).append(c)
    mixed = groups.pop("", [])
    parts = [SentenceGrammar.joined(g) for g in groups.values()] + mixed
    return SentenceGrammar.joined(parts)


def _named(formula: str, *, upper: bool) -> str:
    """Write variables as set variables, or as the class variables of the same letter."""
    return _NAME.sub(lambda m: m[1].upper() if upper else m[1], formula)


def refusal(text: str, error: NoSentence) -> InputError:
    """Return the error for a text that is no sentence of the grammar."""
    return InputError(
        "a conjecture in symbols, or in words of this grammar",
        f"{text[:120]!r}: {error}",
        f"Write it like {EXAMPLES}",
    )
