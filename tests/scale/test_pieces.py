"""Rows that are computed together: none is lost, none twice, with little padding."""

import pytest
import ranked
import torch

from ingenium.generators.tokens.autoregressive import by_length, lengths
from ingenium.scale.layout import RankLayout
from ingenium.scale.pieces import UnlikeSteps, dealt

LAYOUTS = ("data:1", "data:2", "data:4,micro:2", "data:2,pipeline:2,micro:8", "tensor:2,micro:4")


@pytest.mark.parametrize("text", LAYOUTS)
def test_each_row_is_computed_once_and_ranks_have_as_many(text: str) -> None:
    layout, chain = RankLayout.parse(text), ranked.family().chain()
    pieces = chain.pieces(ranked.texts()[0][: ranked.BATCH])
    shares = [dealt(pieces, layout, number) for number in range(layout.data)]
    rows = [r for share in shares for micro in share for piece in micro for r in piece.tolist()]
    assert sorted(rows) == list(range(ranked.BATCH))
    sizes = [[[len(piece) for piece in micro] for micro in share] for share in shares]
    assert all(own == sizes[0] for own in sizes)
    assert len(sizes[0]) == layout.micro
    if layout.pipeline > 1:
        assert all(len(micro) == 1 for micro in sizes[0])


def test_one_rank_cuts_as_the_family_does() -> None:
    x = ranked.texts()[0][: ranked.BATCH]
    (micro,) = dealt(ranked.family().chain().pieces(x), RankLayout(), 0)
    own = by_length(lengths(x.to(torch.int64)))[1]
    assert len(own) == 2
    assert all(torch.equal(a, b) for a, b in zip(micro, own, strict=True))


def test_memory_is_planned_for_the_fullest_batch_and_time_for_one_at_the_mean() -> None:
    steps = torch.tensor([2] * 150 + [10] * 10)
    found = UnlikeSteps.of(steps, 8, 2).computed(RankLayout())
    assert found.most == 8 * 10
    # Of 8 rows none has ten steps with a probability of 0.59; one costs its piece of four 32 more.
    assert 16 < found.mean < 16 + 0.6 * 32
    assert UnlikeSteps.of(steps, 8, 2).computed(RankLayout(2)).most == 4 * 10
    few = UnlikeSteps.of(steps[:3], 8, 2).computed(RankLayout())
    assert few.most == 8 * 2


def test_the_last_micro_batches_are_the_fullest() -> None:
    unlike = UnlikeSteps((1, 1, 2, 2, 3, 3, 4, 4), (1, 1, 2, 2, 3, 3, 4, 4))
    assert unlike.computed(RankLayout(micro=4)).most == 8
    assert unlike.computed(RankLayout(pipeline=2, micro=4)).most == 7  # two are begun together
    assert unlike.computed(RankLayout(micro=4)).mean == 5
