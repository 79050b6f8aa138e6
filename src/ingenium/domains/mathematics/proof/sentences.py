"""Sentences of conjectures: from English words to terms, conditions and a conclusion.

The grammar is small on purpose: a sentence outside of it is refused with the word where it ends.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from ingenium.domains.mathematics.proof.lexicon import Lexicon, numeral, singular

_TOKEN = re.compile(r"<=|>=|[a-z]+(?:-[a-z]+)*|\d+|[^\sa-z\d]")
_COUNTS = {"two": 2, "three": 3, "four": 4}
_ALL = ("every", "each", "any", "all")
_SUMS = {"+": "+", "plus": "+", "-": "-", "minus": "-"}
_PRODUCTS = {"*": "x.", "times": "x.", "/": "/"}
_AFTER_NAME = frozenset(
    ["and", "is", "are", "divides", "times", "plus", "minus", "squared", "cubed", "does", "equals"]
)
_TIED = {"odd": "parity", "even": "parity"}  # words whose meanings go together
MOST_WORDS = 60
NAMES = "abcdefghijklmnopqrstuvwxyz"


class NoSentence(ValueError):  # noqa: N818 - reads as what it is
    """Words that the grammar does not read; the message names the place."""


@dataclass
class Sentence:
    """A statement about named variables; formulas have `{name}` in place of variables."""

    names: list[str] = field(default_factory=list)
    conditions: list[str] = field(default_factory=list)
    conclusion: str = ""
    exists: bool = False  # the variables exist; conditions and conclusion are true of them
    several: bool = False  # "two" or more of a kind, which may mean different ones


@dataclass
class SentenceGrammar:
    """A parser of one sentence, under a choice of meanings."""

    lexicon: Lexicon
    picks: Mapping[str, int]
    text: str
    ambiguous: dict[str, int] = field(default_factory=dict)  # words, and how many meanings
    fixed: bool = False  # no variable is new from here on

    def __post_init__(self) -> None:
        self.words: list[str] = _TOKEN.findall(self.text.lower().strip().rstrip("."))
        self.at = 0
        self.read = Sentence()
        self.quantified = False

    def sentence(self) -> Sentence:
        """Read the whole sentence.

        Raises:
            NoSentence: if words are left, or none is read.
        """
        if len(self.words) > MOST_WORDS:
            raise NoSentence(f"{len(self.words)} words; this grammar reads at most {MOST_WORDS}")
        if self.took("there"):
            self.existence()
        elif self.took("for"):
            self.took(*_ALL)
            self.read.conditions += self.things()
            self.took(",")
            self.statement()
        elif self.took("if"):
            self.read.conditions += self.clauses()
            self.took(",")
            self.took("then")
            self.fixed = True
            self.read.conclusion = self.joined(self.clauses())
        elif self.took("no"):
            self.read.conditions += self.thing(named=False)
            self.read.conclusion = f"-. {self.verb(self.last())}"
        else:
            self.statement()
        if self.at < len(self.words):
            raise self.stuck()
        return self.read

    def stuck(self) -> NoSentence:
        """Return the error that names the next word."""
        left = " ".join(self.words[self.at : self.at + 5]) or "its end"
        return NoSentence(f"a sentence that this grammar does not read from here on: {left}")

    def took(self, *words: str) -> bool:
        """Take the next word if it is one of these."""
        if self.at < len(self.words) and self.words[self.at] in words:
            self.at += 1
            return True
        return False

    def phrase(self, table: Mapping[str, tuple[str, ...]], shape: Callable[[str], str]) -> str:
        """Take the longest phrase of a table and return its meaning; empty if there is none."""
        for length in range(min(7, len(self.words) - self.at), 0, -1):
            said = shape(" ".join(self.words[self.at : self.at + length]))
            if said in table:
                self.at += length
                key = _TIED.get(said, said)
                if len(table[said]) > 1:
                    self.ambiguous[key] = len(table[said])
                return table[said][self.picks.get(key, 0) % len(table[said])]
        return ""

    def last(self) -> str:
        """Return the latest variable."""
        return f"{{{self.read.names[-1]}}}"

    def new(self, name: str = "") -> str:
        """Add a variable."""
        if not name:
            free = [c for c in "abcdxyz" if c not in self.read.names]
            if not free:
                raise NoSentence("more variables than this grammar names")
            name = free[0]
        if name not in self.read.names:
            self.read.names.append(name)
        return name

    def statement(self) -> None:
        """Read a statement about all things of a kind, or a clause."""
        if self.words[self.at : self.at + 1] == ["the"] or not self.took(*_ALL, "a", "an"):
            self.read.conclusion = self.joined(self.clauses())
            return
        self.at -= 1
        start = len(self.read.names)
        self.read.conditions += self.things()
        names = [f"{{{n}}}" for n in self.read.names[start:]]
        where = self.at
        said = []
        for name in names:
            self.at = where
            said.append(self.verb(name))
        self.read.conclusion = self.joined(said)

    def existence(self) -> None:
        """Read "There is a prime number that is even"."""
        if not self.took("is", "are", "exists", "exist"):
            raise self.stuck()
        self.read.exists = True
        self.read.conditions += self.things()
        said = self.clauses() if self.took("such") and self.took("that") else []
        self.read.conclusion = self.joined(said) if said else self.read.conditions.pop()

    def clauses(self) -> list[str]:
        """Read clauses with "and" between them."""
        found = self.clause()
        while self.words[self.at : self.at + 1] == ["and"]:
            here = self.at
            self.at += 1
            try:
                found += self.clause()
            except NoSentence:
                self.at = here
                break
        return found

    def clause(self) -> list[str]:
        """Read "n is an odd integer" or "the sum of m and n is even"."""
        back = self.at
        if names := self.list_of_names():
            known = [n in self.read.names for n in names]
            if self.took("are", "is") and not all(known) and not self.fixed:
                for n in names:
                    self.new(n)
                where, found = self.at, []
                for n in names:
                    self.at = where
                    found.append(self.predicate(f"{{{n}}}"))
                return found
            self.at = back
        if self.took("it"):
            return [self.verb(self.last())]
        return [self.verb(self.term())]

    def _is_name(self, at: int) -> bool:
        """Return True for a variable; `a` is one where no noun can follow."""
        word = self.words[at] if at < len(self.words) else ""
        if len(word) != 1 or word not in NAMES:
            return False
        after = self.words[at + 1] if at + 1 < len(self.words) else ""
        return word != "a" or after in _AFTER_NAME or not after.isalpha()

    def list_of_names(self) -> list[str]:
        """Read names such as "x, y and z"."""
        found: list[str] = []
        while self._is_name(self.at) and self.words[self.at] not in found:
            found.append(self.words[self.at])
            self.at += 1
            here = self.at
            self.took("and", ",")
            if here == self.at or not self._is_name(self.at) or self.words[self.at] in found:
                self.at = here
                break
        return found

    def things(self) -> list[str]:
        """Read nouns with "and" between them, such as "an odd integer and an even integer"."""
        found = self.thing()
        while self.words[self.at : self.at + 2] in (["and", "a"], ["and", "an"]):
            self.at += 1
            found += self.thing()
        return found

    def thing(self, *, named: bool = True) -> list[str]:
        """Read "two odd integers m and n that are positive"; return conditions on each."""
        self.took(*_ALL, "a", "an")
        count = 1
        if self.at < len(self.words) and self.words[self.at] in _COUNTS:
            count = _COUNTS[self.words[self.at]]
            self.at += 1
            self.read.several = True
        kinds = []
        while meaning := self._noun() or self.phrase(self.lexicon.adjectives, str):
            kinds.append(meaning)
            if self._noun_read:
                break
        if not kinds or not self._noun_read:
            raise self.stuck()
        names = self.list_of_names() if named else []
        while len(names) < count:
            names.append(self.new())
        for n in names:
            self.new(n)
        kinds = kinds[-1:] + kinds[:-1]
        found = [k.replace("%", f"{{{n}}}") for n in names for k in kinds]
        if self.took("that", "which"):
            found.append(self.verb(self.last()))
        elif self.words[self.at : self.at + 2] in (
            ["greater", "than"],
            ["less", "than"],
        ) or self.words[self.at : self.at + 2] == ["divisible", "by"]:
            found.append(self.predicate(self.last()))
        return found

    def _noun(self) -> str:
        def one(said: str) -> str:
            return said if said in self.lexicon.nouns else singular(said)

        found = self.phrase(self.lexicon.nouns, one)
        self._noun_read = bool(found)
        return found

    def verb(self, term: str) -> str:
        """Read "is even" or "divides n" after a term."""
        if self.took("does"):
            if not self.took("not"):
                raise self.stuck()
            return f"-. {self.relation(term)}"
        if self.words[self.at : self.at + 1] in (["is"], ["are"]):
            here = self.at
            found = self.phrase(self.lexicon.relations, lambda s: s.replace("are ", "is "))
            if found:
                return found.replace("%", term).replace("&", self.term())
            self.at = here + 1
            return self.predicate(term)
        return self.relation(term)

    def relation(self, term: str) -> str:
        """Read "divides n" or "= 4"."""

        def said(words: str) -> str:
            return {"divide": "divides", "equal": "equals"}.get(words, words)

        found = self.phrase(self.lexicon.relations, said)
        if not found:
            raise self.stuck()
        return found.replace("%", term).replace("&", self.term())

    def predicate(self, term: str) -> str:
        """Read what follows "is": an adjective, a relation, or a noun."""
        self.took("always", "also", "both")
        if self.took("not"):
            return f"-. {self.predicate(term)}"
        found = self.phrase(self.lexicon.relations, lambda s: f"is {s}")
        if found:
            return found.replace("%", term).replace("&", self.term())
        self.took("a", "an")
        kinds = []
        while meaning := self._noun() or self.phrase(self.lexicon.adjectives, str):
            kinds.append(meaning.replace("%", term))
            noun = self._noun_read
            linked = self.words[self.at : self.at + 1]
            if noun:
                break
            if linked in (["and"], ["or"]):
                here = self.at
                self.at += 1
                more = self.phrase(self.lexicon.adjectives, str)
                if not more:
                    self.at = here
                    break
                sign = "/\\" if linked == ["and"] else "\\/"
                return f"( {self.joined(kinds)} {sign} {more.replace('%', term)} )"
        if not kinds:
            raise self.stuck()
        return self.joined(kinds[-1:] + kinds[:-1])

    @staticmethod
    def joined(parts: Sequence[str]) -> str:
        """Return a conjunction."""
        if not parts:
            raise NoSentence("a sentence without a conclusion")
        found = parts[0]
        for p in parts[1:]:
            found = f"( {found} /\\ {p} )"
        return found

    def term(self) -> str:
        """Read a term: sums of products of powers."""
        found = self.factor()
        while self.at < len(self.words) and self.words[self.at] in _SUMS:
            sign = _SUMS[self.words[self.at]]
            self.at += 1
            found = f"( {found} {sign} {self.factor()} )"
        return found

    def factor(self) -> str:
        """Read a product of powers."""
        found = self.power()
        while self.at < len(self.words):
            word = self.words[self.at]
            if word in _PRODUCTS:
                self.at += 1
                found = f"( {found} {_PRODUCTS[word]} {self.power()} )"
            elif self.words[self.at : self.at + 2] == ["divided", "by"]:
                self.at += 2
                found = f"( {found} / {self.power()} )"
            elif self._is_name(self.at) and found[-1:].isdigit():
                found = f"( {found} x. {self.power()} )"
            else:
                break
        return found

    def power(self) -> str:
        """Read an atom with its exponent."""
        found = self.atom()
        if self.took("^"):
            return f"( {found} ^ {self.atom()} )"
        if self.took("squared"):
            return f"( {found} ^ 2 )"
        if self.took("cubed"):
            return f"( {found} ^ 3 )"
        return found

    def atom(self) -> str:
        """Read a number, a variable, a function of terms, or a term in parentheses."""
        if self.at >= len(self.words):
            raise self.stuck()
        word = self.words[self.at]
        if word.isdigit():
            self.at += 1
            return numeral(int(word))
        if self.took("-"):
            return f"-u {self.atom()}"
        if self.took("("):
            found = self.term()
            if not self.took(")"):
                raise self.stuck()
            return found
        if self.took("the"):
            return self.function()
        if self._is_name(self.at):
            self.at += 1
            if word not in self.read.names:
                raise NoSentence(f"a kind for {word}, such as `If {word} is an integer, then`")
            return f"{{{word}}}"
        if self.took("it"):
            return self.last()
        if word in ("a", "an", *_COUNTS, *_ALL):
            start = len(self.read.names)
            self.read.conditions += self.things()
            self._pending = [f"{{{n}}}" for n in self.read.names[start:]]
            return self._pending[0]
        raise self.stuck()

    _pending: Sequence[str] = ()

    def function(self) -> str:
        """Read "sum of two odd integers" after "the"."""
        found = self.phrase(self.lexicon.functions, str)
        if not found or not self.took("of"):
            raise self.stuck()
        self._pending = ()
        first = self.term()
        if "&" not in found:
            return found.replace("%", first)
        rest: list[str] = list(self._pending[1:])
        if not rest:
            if not self.took("and"):
                raise self.stuck()
            rest = [self.term()]
        for other in rest:
            first = found.replace("%", first).replace("&", other)
        return first
