"""The sentence encoder and what stands on it: word pieces, vectors, memory, doors, confidence."""

from pathlib import Path

import numpy as np
import pytest

from ingenium.language import encoder
from ingenium.verbs.ask import ask, contracts
from ingenium.words import likeness
from ingenium.words.answer_types import answer_type
from ingenium.words.answering import answered
from ingenium.words.inspection import inspect_table
from ingenium.words.passages import DocumentSet

weights = pytest.mark.skipif(not encoder.installed(), reason=encoder.INSTALL)
TEXT = """# Boats
Bugs are reported to Priya, who maintains the solver.

The yearly fee for adults is 195 euros. Juniors under 18 pay 90 euros.
"""


@weights
def test_likeness_is_that_of_the_public_card() -> None:
    """The three sentences of the model's card, and their cosines there."""
    own = encoder.usual()
    assert own is not None
    said = ["That is a happy person", "That is a happy dog", "That is a very happy person"]
    vectors = own.encode([*said, "Today is a sunny day"])
    assert (vectors[0] @ vectors[1:].T).tolist() == pytest.approx(
        [0.6946, 0.9429, 0.2569], abs=5e-3
    )
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(1.0, abs=1e-5)


@weights
def test_a_batch_gives_the_vectors_of_single_texts() -> None:
    own = encoder.usual()
    assert own is not None
    texts = ["a bracket", "a roof", "winter days of a feeder"]
    both = np.stack([own.encode([t])[0] for t in texts])
    assert own.encode(texts) == pytest.approx(both, abs=1e-5)


def test_vectors_are_stored_as_bytes() -> None:
    rows = np.random.default_rng(0).normal(size=(3, 384))
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    vectors = {likeness.key_of(str(i)): row for i, row in enumerate(rows)}
    again = likeness.read_vectors(likeness.packed(vectors))
    assert all(again[k] @ v > 0.999 for k, v in vectors.items())
    assert likeness.read_vectors(b"cut off") == {}


@weights
def test_the_problem_is_found_under_another_name() -> None:
    known = contracts()
    said = "a regulator for an upside-down pole on a trolley, overshoot below 10 percent"
    assert ask(said, known).reading.problem == "autonomy.controller"


@pytest.mark.parametrize(
    ("question", "good", "bad"),
    [
        ("How old is Edith?", "Edith is 34 years old.", "Edith was confirmed for another year."),
        ("Who built the kiln?", "It was built by Ana Ruiz.", "The kiln has 180 litres."),
        ("What does a plate cost?", "A plate costs 24 euros.", "Sixty plates were ordered."),
        ("How much rain fell?", "It rained 30 mm.", "The gauge was lost for five days."),
        ("How many parking spaces are there?", "There are 4 parking spaces.", "It runs six years."),
        ("How deep were they?", "At a depth of 80 centimetres.", "On twelve plots."),
    ],
)
def test_a_sentence_must_be_able_to_hold_the_answer(question: str, good: str, bad: str) -> None:
    wanted = answer_type(question)
    assert wanted.fits(good)
    assert not wanted.fits(bad)


def test_what_documents_do_not_say_is_not_answered(tmp_path: Path) -> None:
    (tmp_path / "boats.md").write_text(TEXT)
    documents = DocumentSet.of(tmp_path)
    found = answered("What do juniors pay?", documents)
    assert "90 euros" in found.sentences[0].text
    none = answered("Who is the president of France?", documents)
    assert not none.sentences
    assert none.nearest


def test_a_table_is_inspected(tmp_path: Path) -> None:
    path = tmp_path / "pumps.csv"
    path.write_text(
        "time,pressure [bar],flow (l/s)\n2024-01-01 00:00,3.1,2\n2024-01-01 00:15,3.0,2\n"
    )
    found = inspect_table(path)
    assert [(c.name, c.unit) for c in found.columns][1:] == [("pressure", "bar"), ("flow", "l/s")]
    assert found.period_s == 900
    assert "15 min" in found.line
    reply = ask("raise an alarm when something is wrong", given=path, encoder=False)
    assert reply.verb.verb == "monitor"
    assert str(path) in reply.files[0]
