"""Few parameters alongside the last blocks of a language model learn texts; the model stays."""

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from ingenium.generators.tokens.codec import TokenCodec
from ingenium.generators.tokens.vocabulary import Vocabulary
from ingenium.language.adapted import BLOCKS, RANK, AdaptedText
from ingenium.language.pretrained import SEPARATOR
from ingenium.train.plan import Plan

LETTERS = " ab\n"
STEPS, WIDE = 4, 2 * RANK


class SmallNetwork:
    """Probabilities of a letter after another, by blocks of one matrix each."""

    name = "small 1"
    opens = torch.tensor([True, False, False, True])

    def __init__(self) -> None:
        torch.manual_seed(3)
        self.first, self.last = nn.Embedding(4, WIDE), nn.Linear(WIDE, 4)
        self.blocks: list[nn.Module] = [nn.Linear(WIDE, WIDE) for _ in range(BLOCKS + 1)]
        for layer in (self.first, self.last, *self.blocks):
            layer.requires_grad_(False)

    def pieces(self, text: str) -> list[int]:
        return [LETTERS.index(letter) for letter in text]

    def read(self, pieces: Tensor, past: Any = None) -> tuple[Tensor, Any]:
        x = self.first(pieces)
        for block in self.blocks:
            x = x + torch.tanh(block(x))
        return self.last(x), ()

    def repeated(self, past: Any, n: int) -> Any:
        return past


def family(model: SmallNetwork) -> AdaptedText:
    codec = TokenCodec(Vocabulary((" a", " ab", " b"), r" [ab]+"), STEPS, 20)
    return AdaptedText((STEPS,), 1, codec, model=model)


def test_texts_are_learned_and_the_model_stays_as_it_was() -> None:
    model, cond = SmallNetwork(), torch.zeros(8, 1)
    own = family(model)
    x = own.tokens.of_texts([" ab ab ab"] * 8)  # type: ignore[attr-defined]
    before = [block.weight.clone() for block in model.blocks]  # type: ignore[operator]
    at_first = own.log_density(x, cond)
    reported = torch.tensor([[LETTERS.index(c) for c in f"{SEPARATOR} ab ab ab{SEPARATOR}"]])
    chances = model.read(reported)[0][0, :-1].log_softmax(-1)
    by_hand = chances.gather(1, reported[0, 1:, None])[len(SEPARATOR) - 1 :].sum()
    assert float(at_first[0]) == pytest.approx(float(by_hand), rel=1e-5)
    own.fit(x, cond, Plan(steps=60, batch=4, learning_rate=2e-2, held_out=0.0, ema_decay=0.5))
    learned = own.log_density(x, cond)
    assert bool((learned > at_first + 3).all())
    for block, weight in zip(model.blocks, before, strict=True):
        assert set(block.state_dict()) == {"weight", "bias"}
        assert torch.equal(block.weight, weight)  # type: ignore[arg-type]
    again = family(model)
    again.load_state_dict(own.state_dict())
    assert torch.equal(again.log_density(x, cond), learned)
    drawn = [f.propose(cond, torch.Generator().manual_seed(1)) for f in (own, again)]
    assert torch.equal(*drawn)
    assert len(own.state_dict()) == 2 + 2 * BLOCKS


def test_parts_go_where_a_text_is_refused() -> None:
    model = SmallNetwork()
    with pytest.raises(ValueError, match="numbers of tokens"):
        family(model).log_density(torch.full((1, STEPS), 0.5), torch.zeros(1, 1))
    assert all("weight" in block.state_dict() for block in model.blocks)
