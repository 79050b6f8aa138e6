"""Retrieval of sentences for a question: by words, by small embeddings, and reranked by both.

Words are weighted by BM25. Embeddings come from the documents alone: the vector of a word is the
sum of random vectors of its sentences, and that of a sentence the sum of its words. So a new
document costs two sparse products.

Shapes: n sentences, t terms, d numbers of a vector.
Source: Robertson and Zaragoza, The probabilistic relevance framework, 2009 (BM25); Kanerva,
    Kristoferson and Holst, Random indexing of text samples, 2000.
"""

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
from jaxtyping import Float
from scipy import sparse

from ingenium.words.lexicon import terms
from ingenium.words.passages import Passage

K1, B = 1.2, 0.75  # of BM25, as its authors recommend
MARKS, SEED = 128, 7
WEIGHED = 50  # sentences that are reranked
NEAR, COVERED, ALONGSIDE = 0.3, 1.0, 0.3  # weights of similarity, covered words, and pairs of them


@dataclass(frozen=True, eq=False)
class SentenceIndex:
    """Index of the sentences of some documents."""

    passages: tuple[Passage, ...]

    @cached_property
    def listed(self) -> list[list[str]]:
        """Terms of each sentence, in order."""
        return [terms(p.text) for p in self.passages]

    @cached_property
    def number(self) -> dict[str, int]:
        """Number of each term."""
        found: dict[str, int] = {}
        for own in self.listed:
            for term in own:
                found.setdefault(term, len(found))
        return found

    @cached_property
    def counts(self) -> sparse.csr_matrix:
        """Count of each term in each sentence."""
        rows = np.repeat(np.arange(len(self.listed)), [len(own) for own in self.listed])
        columns = np.array([self.number[t] for own in self.listed for t in own], dtype=np.int64)
        shape = len(self.listed), max(len(self.number), 1)
        return sparse.csr_matrix((np.ones(len(rows)), (rows, columns)), shape)

    @cached_property
    def rare(self) -> Float[np.ndarray, " t"]:
        """Inverse document frequency of each term."""
        held = np.asarray((self.counts > 0).sum(0)).ravel()
        return np.log1p((len(self.listed) - held + 0.5) / (held + 0.5))

    @cached_property
    def weights(self) -> sparse.csc_matrix:
        """BM25 weight of each term in each sentence."""
        length = np.asarray(self.counts.sum(1)).ravel()
        coo = self.counts.tocoo()
        norm = K1 * (1 - B + B * length / max(length.mean(), 1e-9))
        worth = self.rare[coo.col] * coo.data * (K1 + 1) / (coo.data + norm[coo.row])
        return sparse.csc_matrix((worth, (coo.row, coo.col)), self.counts.shape)

    @cached_property
    def word_marks(self) -> Float[np.ndarray, "t d"]:
        """Vector of each term, from its sentences."""
        rng = np.random.default_rng(SEED)
        marks = rng.choice(np.array([-1.0, 1.0]), (len(self.listed), MARKS))
        return _long_one(np.asarray(self.counts.T @ marks))

    @cached_property
    def marks(self) -> Float[np.ndarray, "n d"]:
        """Vector of each sentence, from its terms."""
        return _long_one(self.counts.multiply(self.rare).tocsr() @ self.word_marks)

    def bm25(self, question: str) -> Float[np.ndarray, " n"]:
        """BM25 score of each sentence."""
        own = sorted({self.number[t] for t in terms(question) if t in self.number})
        found = self.weights[:, own].sum(1) if own else np.zeros(len(self.listed))
        return np.asarray(found, dtype=np.float64).ravel()

    def likeness(self, question: str) -> Float[np.ndarray, " n"]:
        """Cosine similarity of vectors."""
        own = [self.number[t] for t in terms(question) if t in self.number]
        if not own:
            return np.zeros(len(self.listed))
        requested = (self.word_marks[own] * self.rare[own, None]).sum(0)
        return np.asarray(self.marks @ _long_one(requested[None])[0])

    def found(self, question: str, most: int) -> list[tuple[Passage, float]]:
        """The best sentences for a question, without those that share no word."""
        words = self.bm25(question)
        if not len(words) or words.max() <= 0:
            return []
        worth = words / words.max() + NEAR * self.likeness(question)
        order = np.argsort(-worth, kind="stable")[:WEIGHED]
        requested = list(dict.fromkeys(terms(question)))
        again = [float(worth[i]) + self._covered(int(i), requested) for i in order]
        ranked = sorted(zip(again, order.tolist(), strict=True), key=lambda x: (-x[0], x[1]))
        return [(self.passages[i], score) for score, i in ranked[:most] if words[i] > 0]

    def _covered(self, i: int, requested: list[str]) -> float:
        """Share of a question's terms in a sentence, by rareness, and of its pairs."""
        own = self.listed[i]
        rare = np.array([self.rare[self.number[t]] if t in self.number else 0.0 for t in requested])
        held = np.array([t in own for t in requested], dtype=np.float64)
        pairs = list(pairwise(requested))
        alongside = set(pairwise(own))
        share = float(rare @ held / max(rare.sum(), 1e-9))
        return COVERED * share + ALONGSIDE * sum(p in alongside for p in pairs) / max(len(pairs), 1)


def _long_one(rows: Float[np.ndarray, "n d"]) -> Float[np.ndarray, "n d"]:
    return np.asarray(rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12))
