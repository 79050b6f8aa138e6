"""Dropout in families on tokens: in training only, and it prevents memorising a small language."""

from collections.abc import Callable
from dataclasses import replace
from itertools import product
from pathlib import Path

import pytest
import torch

from ingenium.core.errors import InputError
from ingenium.core.seeds import one_thread
from ingenium.generators.tokens.autoregressive import TokenAutoregressive
from ingenium.generators.tokens.codec import TokenCodec
from ingenium.generators.tokens.decoders import Recurrent
from ingenium.generators.tokens.families import recurrent
from ingenium.generators.tokens.vocabulary import Vocabulary
from ingenium.train.plan import Plan

LONGEST = 6
CODEC = TokenCodec(Vocabulary(("a", "b")), LONGEST + 1, LONGEST)
WORDS = ["".join(w) for w in product("ab", repeat=LONGEST)]
ORDER = torch.randperm(len(WORDS), generator=torch.Generator().manual_seed(0))
SEEN, UNSEEN = CODEC.of_texts(WORDS)[ORDER].chunk(2)
COND = torch.zeros(len(SEEN), 1)


def family(dropout: float) -> TokenAutoregressive:
    torch.manual_seed(0)
    return recurrent(CODEC.shape, 1, CODEC, width=32, layers=1, dropout=dropout)


def rng() -> torch.Generator:
    return torch.Generator().manual_seed(3)


def test_only_the_loss_that_is_trained_on_is_thinned() -> None:
    plain, thinned = family(0.0), family(0.5)
    assert torch.equal(
        plain.held_out_loss(SEEN, COND, rng()), thinned.held_out_loss(SEEN, COND, rng())
    )
    assert torch.equal(plain.propose(COND, rng()), thinned.propose(COND, rng()))
    with torch.no_grad():
        first, again = (thinned.loss(SEEN, COND, rng()) for _ in range(2))
        assert torch.equal(first, again)
        assert not torch.equal(first, plain.loss(SEEN, COND, rng()))


def test_numbers_are_left_out_alike_at_all_steps_and_keep_their_mean() -> None:
    ones = torch.ones(4000, 3, 8)
    out = family(0.25)._thinned(ones, rng())
    assert out.unique().tolist() == [0.0, pytest.approx(1 / 0.75)]
    assert torch.equal(out[:, 0], out[:, 2])
    assert float(out.mean()) == pytest.approx(1.0, abs=0.01)


def test_it_learns_less_by_heart() -> None:
    gap = {}
    plan = Plan(steps=200, batch=16, learning_rate=1e-2, held_out=0.0, check_every=200)
    for dropout in (0.0, 0.3):
        made = family(dropout)
        with one_thread():
            made.fit(SEEN, COND, plan)
        seen, unseen = (made.held_out_loss(x, COND, rng()).mean() for x in (SEEN, UNSEEN))
        gap[dropout] = float(unseen - seen)
    assert gap[0.3] < 0.8 * gap[0.0]


@pytest.mark.parametrize("share", [-0.1, 1.0, float("nan")])
def test_no_share_is_refused(share: float) -> None:
    with pytest.raises(InputError, match="dropout"):
        TokenAutoregressive(CODEC.shape, 1, CODEC, Recurrent(8, 1), width=8, dropout=share)


def test_a_stopped_training_with_dropout_goes_on_bit_for_bit(tmp_path: Path) -> None:
    plan = Plan(steps=8, batch=8, check_every=4)
    whole, parts = family(0.3), family(0.3)
    with one_thread():
        whole.fit(SEEN, COND, plan)
        stop = replace(plan, checkpoint=tmp_path, progress=_stops_at(5))
        with pytest.raises(KeyboardInterrupt):
            parts.fit(SEEN, COND, stop)
        parts.fit(SEEN, COND, replace(plan, checkpoint=tmp_path))
    for a, b in zip(whole.parameters(), parts.parameters(), strict=True):
        assert torch.equal(a, b)


def _stops_at(at: int) -> Callable[[int, int, float], None]:
    def progress(step: int, steps: int, loss: float) -> None:
        if step == at:
            raise KeyboardInterrupt

    return progress
