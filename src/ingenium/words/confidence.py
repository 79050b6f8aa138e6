"""Confidence that a sentence answers a question: likeness, covered words, and form.

A sentence is an answer only if it can hold what the question wants (`answer_types`), stands in a
section that has all names of the question, and its confidence exceeds a threshold that few wrong
sentences of the calibration questions exceed. The weights are those of a logistic regression on
them; `python -m benchmarks asking_documents` fits both again and prints what they are.

Shapes: n sentences.
"""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ingenium.words.answer_types import AnswerType, answer_type
from ingenium.words.lexicon import terms
from ingenium.words.likeness import SentenceMemory
from ingenium.words.passages import DocumentSet, Passage
from ingenium.words.retrieval import SentenceIndex

SMALL = frozenset(
    [
        "who",
        "whom",
        "what",
        "when",
        "where",
        "which",
        "why",
        "how",
        "many",
        "much",
        "long",
        "old",
        "often",
        "does",
        "do",
        "did",
        "is",
        "are",
        "was",
        "were",
        "the",
        "a",
        "an",
        "of",
        "to",
        "in",
        "on",
        "at",
        "for",
        "by",
        "be",
        "has",
        "have",
        "i",
        "my",
        "me",
        "can",
        "may",
        "will",
        "would",
        "should",
        "within",
        "after",
        "before",
        "from",
        "it",
        "its",
        "as",
        "with",
        "and",
        "or",
        "than",
        "that",
        "this",
        "there",
        "under",
        "up",
        "off",
        "go",
        "goes",
        "get",
        "mean",
        "means",
        "name",
        "called",
        "per",
    ]
)
WORD = re.compile(r"[A-Za-z][\w'-]*|\d[\w.,]*")
MOST = 60  # sentences whose vectors are made for a question
RANKED = 25  # that are weighed in full
BM25 = 0.15  # weight of words alongside likeness, where these are chosen
UNSEEN = 5.0  # rareness of a word that no document has


@dataclass(frozen=True)
class Calibration:
    """Weights of likeness, words, covered words and the noun, and the least confidence."""

    weights: tuple[float, float, float, float]
    bias: float
    least: float

    def confidence(self, features: Sequence[float]) -> float:
        """The chance that a sentence answers, by the calibration questions."""
        total = self.bias + sum(w * x for w, x in zip(self.weights, features, strict=True))
        return 1.0 / (1.0 + math.exp(-total))


ENCODED = Calibration((7.58, 1.63, 7.88, 0.26), -10.08, 0.66)
LETTERS = Calibration((1.96, 1.51, 5.61, 0.5), -5.51, 0.83)  # without the encoder


@dataclass(frozen=True)
class RankedPassage:
    """A sentence with its confidence, and whether its form is that of an answer."""

    passage: Passage
    confidence: float
    fits: bool
    features: tuple[float, ...] = ()


@dataclass(frozen=True, eq=False)
class AnswerIndex:
    """Index of documents for questions, with an encoder where there is one."""

    documents: DocumentSet
    memory: SentenceMemory | None = None

    @property
    def calibration(self) -> Calibration:
        """Calibration of the encoder, or of letters alone."""
        return LETTERS if self.memory is None else ENCODED

    @cached_property
    def passages(self) -> tuple[Passage, ...]:
        """Sentences that are no headings."""
        return tuple(p for p in self.documents.passages if not p.text.startswith("#"))

    @cached_property
    def index(self) -> SentenceIndex:
        """Their index by words."""
        return SentenceIndex(self.passages)

    def ranked(self, question: str) -> list[RankedPassage]:
        """The sentences that answer a question best, best first."""
        words = self.index.bm25(question)
        if not len(words):
            return []
        words = words / max(float(words.max()), 1e-9)
        near = np.argsort(-words, kind="stable")[:MOST]
        if self.memory is None:
            likeness = self.index.likeness(question)[near]
        else:
            headed = [self._headed(int(i)) for i in near]
            likeness = self.memory.vectors(headed) @ self.memory.vectors([question])[0]
        best = np.argsort(-(likeness + BM25 * words[near]), kind="stable")[:RANKED]
        wanted = answer_type(question)
        found = [
            self._weighed(question, wanted, int(near[k]), float(likeness[k]), float(words[near[k]]))
            for k in best
        ]
        return sorted(found, key=lambda r: (-r.fits, -r.confidence))

    def _weighed(
        self, question: str, wanted: AnswerType, i: int, likeness: float, words: float
    ) -> RankedPassage:
        one = self.passages[i]
        own = _words(self._headed(i))
        requested = _words(question)
        cover = self._covered(requested, own)
        rare = np.array([self._rare(w) for w in requested])
        share = float(cover @ rare / rare.sum()) if len(requested) else 0.0
        head = self._covered(_words(wanted.head)[-1:], own)
        features = (likeness, words, share, float(head[0]) if len(head) else 1.0)
        section = self._section(one).lower()
        fits = wanted.fits(one.text) and all(n.lower() in section for n in wanted.names)
        return RankedPassage(one, self.calibration.confidence(features), fits, features)

    def _covered(self, requested: Sequence[str], own: Sequence[str]) -> np.ndarray:
        """Return how near each word of a question is to one of a sentence; 1 for the same."""
        stems = [set(terms(w)) for w in own]
        exact = [float(any(set(terms(w)) & s for s in stems)) for w in requested]
        cover = np.array(exact)
        if self.memory is None or not own or not requested:
            return cover
        loose = [i for i, x in enumerate(exact) if not x]
        if loose:
            vectors = self.memory.vectors([requested[i] for i in loose])
            cover[loose] = (vectors @ self.memory.vectors(own).T).max(1)
        return cover

    def _rare(self, word: str) -> float:
        own = terms(word)
        number = self.index.number.get(own[0]) if own else None
        return UNSEEN if number is None else float(self.index.rare[number])

    def _headed(self, i: int) -> str:
        """A sentence behind the headings of its section."""
        one = self.passages[i]
        text = self.documents.texts[one.file][: one.start]
        top = re.findall(r"^# (.+)$", text, re.MULTILINE)[-1:]
        inner = re.findall(r"^##+ (.+)$", text, re.MULTILINE)[-1:]
        return f"{' / '.join([*top, *inner])}. {' '.join(one.text.split())}"

    def _section(self, one: Passage) -> str:
        text = self.documents.texts[one.file]
        start = max(text.rfind("\n#", 0, one.start), 0)
        end = text.find("\n#", one.end)
        top = re.findall(r"^# (.+)$", text[: one.start], re.MULTILINE)[-1:]
        return " ".join([*top, text[start : end if end > 0 else len(text)]])


def _words(text: str) -> list[str]:
    return [w.lower() for w in WORD.findall(text) if w.lower() not in SMALL]
