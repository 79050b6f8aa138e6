"""Questions to documents: precision and recall of what is shown, and what is rightly refused.

Half of 100 questions, 40 of which the texts do not answer, calibrated the confidence; the other
half was frozen by digest before there was a reader, and judged once.
"""

import json
from dataclasses import dataclass

import numpy as np

from benchmarks.asking_truth import FOLDER
from benchmarks.measuring import report
from ingenium.evaluate.intervals import wilson
from ingenium.words import likeness
from ingenium.words.answering import answered
from ingenium.words.confidence import AnswerIndex
from ingenium.words.passages import DocumentSet

RIDGE = 1.0  # of the regression
ALPHA = 0.1  # share of questions without an answer that may exceed the threshold


@dataclass(frozen=True)
class DocumentQuestion:
    """A question, the document that answers it, and the words of the answer; empty for none."""

    document: str
    question: str
    answer: str


def questions(part: str) -> list[DocumentQuestion]:
    """Questions of the part `frozen` or `tuning`."""
    lines = (FOLDER / f"questions_{part}.jsonl").read_text().splitlines()
    return [DocumentQuestion(**json.loads(line)) for line in lines]


def scores(part: str, *, encoder: bool) -> dict[str, object]:
    """Counts of one arm, with 95 % intervals."""
    documents = DocumentSet.of(FOLDER / "documents")
    memory = likeness.usual() if encoder else None
    shown = right = refused = 0
    requested = questions(part)
    for one in requested:
        found = answered(one.question, documents, memory=memory)
        first = found.sentences[0] if found.sentences else None
        shown += first is not None
        right += first is not None and _answers(first.quote.text, first.quote.file, one)
        refused += first is None and not one.answer
    answerable = sum(bool(q.answer) for q in requested)
    return {
        "arm": "with the encoder" if encoder else "letters alone",
        "questions": len(requested),
        "precision": _share(right, shown),
        "recall": _share(right, answerable),
        "unanswerable refused": _share(refused, len(requested) - answerable),
    }


def _answers(text: str, file: str, one: DocumentQuestion) -> bool:
    return bool(one.answer) and one.answer in text and file == one.document


def _share(count: int, n: int) -> str:
    low, high = wilson(count, n)
    return f"{count} of {n}, {count / max(n, 1):.0%} ({low:.0%} to {high:.0%})"


def calibration(*, encoder: bool = True) -> dict[str, object]:
    """Weights of the regression on the tuning half, and the conformal threshold, each left out.

    At most a tenth of questions without an answer exceed the threshold, by the rank of their
    confidences, each from a regression that did not see the question.
    """
    documents = DocumentSet.of(FOLDER / "documents")
    index = AnswerIndex(documents, likeness.usual() if encoder else None)
    rows, right, answerable = [], [], []
    for one in questions("tuning"):
        best = next((r for r in index.ranked(one.question) if r.fits), None)
        rows.append(best.features if best else None)
        right.append(best is not None and _answers(best.passage.text, best.passage.file, one))
        answerable.append(bool(one.answer))
    retained = [i for i, row in enumerate(rows) if row is not None]
    x, y = (
        np.array([rows[i] for i in retained]),
        np.array([right[i] for i in retained], dtype=float),
    )
    left_out = {
        i: _chance(_fitted(np.delete(x, k, 0), np.delete(y, k)), x[k])
        for k, i in enumerate(retained)
    }
    without = np.sort([left_out.get(i, 0.0) for i, known in enumerate(answerable) if not known])
    place = int(np.ceil((1 - ALPHA) * (len(without) + 1))) - 1
    weights = _fitted(x, y)
    return {
        "weights": [round(float(w), 2) for w in weights[:-1]],
        "bias": round(float(weights[-1]), 2),
        "threshold": round(float(without[min(place, len(without) - 1)]), 2),
    }


def _fitted(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Weights and bias of a logistic regression with a ridge on standardised features."""
    mean, spread = x.mean(0), x.std(0) + 1e-9
    z = np.c_[(x - mean) / spread, np.ones(len(x))]
    ridge = np.diag([*[RIDGE] * x.shape[1], 1e-6])
    w = np.zeros(z.shape[1])
    for _ in range(100):
        p = 1 / (1 + np.exp(-z @ w))
        hessian = (z * (p * (1 - p))[:, None]).T @ z + ridge
        w -= np.linalg.solve(hessian, z.T @ (p - y) + ridge @ w)
    plain = w[:-1] / spread
    return np.append(plain, w[-1] - plain @ mean)


def _chance(weights: np.ndarray, row: np.ndarray) -> float:
    return float(1 / (1 + np.exp(-(row @ weights[:-1] + weights[-1]))))


def run() -> None:
    """Write and print the table of the frozen half."""
    arms = [True, False] if likeness.usual() is not None else [False]
    rows = [scores("frozen", encoder=on) for on in arms]
    setup = {"calibrated on": "50 other questions", **calibration(encoder=arms[0])}
    report(
        "asking_documents", "50 frozen questions to 8 documents, 21 without an answer", rows, setup
    )
