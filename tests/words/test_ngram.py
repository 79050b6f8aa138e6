"""Counted words against counts by hand, and samples under a grammar."""

import math

import numpy as np
import pytest
import torch

from ingenium.generators.tokens.codec import TokenCodec
from ingenium.generators.tokens.two_kinds import ExactLength
from ingenium.generators.tokens.vocabulary import END, Vocabulary
from ingenium.language.ngram import NGram
from ingenium.train.plan import Plan

TEXTS = ["abab", "abba", "aab"] * 4


def fitted(grammar: ExactLength | None = None) -> NGram:
    codec = TokenCodec(Vocabulary.of(TEXTS), 8, 7)
    model = NGram(codec.shape, 1, codec, grammar)
    x = codec.of_texts(TEXTS)
    model.fit(x, torch.zeros(len(x), 1), Plan())
    return model


def test_orders_are_the_shares_that_one_counts() -> None:
    model = fitted()
    number = {t: i for i, t in enumerate(model.tokens.vocabulary.tokens)}  # type: ignore[attr-defined]
    a, b = number["a"], number["b"]
    tokens, share = model.after[(a,)]
    after_a = dict(zip((tokens + 2).tolist(), share.tolist(), strict=True))
    assert after_a == pytest.approx({a: 4 / 24, b: 16 / 24, END: 4 / 24})
    single = {t: float(model.single[t - 2]) for t in (a, b, END)}
    assert single == pytest.approx({a: 24 / 56, b: 20 / 56, END: 12 / 56})


def test_chances_of_all_tokens_sum_to_one() -> None:
    chances = fitted()._chances(np.array([[3, 4], [4, 4], [3, 3]]))
    np.testing.assert_allclose(chances.sum(1), 1.0, rtol=1e-12)


def test_the_density_is_that_of_the_steps() -> None:
    model = fitted()
    x = model.tokens.of_texts(["abab"])  # type: ignore[attr-defined]
    steps = model.surprises([int(t) for t in x[0] if t > END])
    found = float(model.log_density(x, torch.zeros(1, 1))[0])
    assert found == pytest.approx(math.log(float(np.prod(steps))), rel=1e-5)


def test_what_is_drawn_obeys_the_grammar_and_the_seed() -> None:
    model = fitted(ExactLength(5))
    cond = torch.zeros(20, 1)
    one = model.propose(cond, torch.Generator().manual_seed(1))
    two = model.propose(cond, torch.Generator().manual_seed(1))
    assert torch.equal(one, two)
    assert bool(((one > END).sum(1) == 5).all())


def test_where_context_says_nothing_it_gets_little_weight() -> None:
    """Letters are sampled independently: counts of single ones are worth most."""
    rng = np.random.default_rng(0)
    texts = ["".join(rng.choice(list("abcdefgh"), 6)) for _ in range(300)]
    codec = TokenCodec(Vocabulary.of(texts), 8, 7)
    model = NGram(codec.shape, 1, codec)
    model.fit(codec.of_texts(texts), torch.zeros(300, 1), Plan())
    assert model.mix.sum() == pytest.approx(1.0)
    assert model.mix[:2].sum() > model.mix[3]
