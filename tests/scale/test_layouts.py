"""Ranks under every layout against one process, on real processes over gloo."""

from typing import Any

import numpy as np
import pytest
import ranked
from ranked import TWO, WAIT_S
from torch import Tensor

from ingenium.scale.layout import RankLayout
from ingenium.scale.place import FewCores, WorkPlace
from ingenium.scale.ranks import gather
from ingenium.scale.step_time import rank_bytes
from ingenium_book.checks.scale.layouts import PacedPipeline

FOUR = (
    "data:2,tensor:2,shard:3",
    "data:2,pipeline:2,micro:2,shard:1",
    "tensor:2,pipeline:2,micro:4",
    "data:4,shard:3,recompute",
    "pipeline:4,micro:4",
    "data:2,tensor:2",
    "data:4,shard:1",
)


def distance(a: dict[str, Any], b: dict[str, Any]) -> float:
    return max(float(np.abs(np.asarray(a[k]) - b[k]).max()) for k in b if np.size(b[k]))


def check_equal(text: str, alone: dict[str, Any], first: dict[str, Any]) -> None:
    assert set(first["gradients"]) == set(alone["gradients"])
    assert distance(first["gradients"], alone["gradients"]) < 1e-6, text
    assert distance(first["curve"], alone["curve"]) < 1e-6, text
    # Six steps of Adam at a rate of 1e-3 move a weight by up to 6e-3.
    assert distance(first["weights"], alone["weights"]) < 1e-5, text


@pytest.mark.parametrize("text", TWO)
def test_two_ranks_do_what_one_process_does(
    text: str, alone: dict[str, Any], two: list[dict[str, Any]]
) -> None:
    check_equal(text, alone, two[0][text])


@pytest.mark.parametrize("text", TWO)
def test_a_rank_holds_the_bytes_that_are_predicted(text: str, two: list[dict[str, Any]]) -> None:
    size = ranked.family().chain().size
    expected = rank_bytes(size, RankLayout.parse(text), 8.0)
    measured = max(one[text]["bytes"]["weights"] for one in two)
    assert measured == pytest.approx(expected.weights, rel=0.05)
    measured = max(one[text]["bytes"]["gradients"] for one in two)
    assert measured == pytest.approx(expected.gradients, rel=0.05)
    measured = max(one[text]["bytes"]["state"] for one in two)
    assert measured == pytest.approx(expected.state, rel=0.05)
    measured = max(one[text]["bytes"]["host"] for one in two)
    assert measured == pytest.approx(expected.host, rel=0.05)


def test_tensor_ranks_sum_the_bytes_of_the_formula(two: list[dict[str, Any]]) -> None:
    size = ranked.family().chain().size
    length = (ranked.texts()[0][: ranked.BATCH] > 0).sum(1).sort().values
    computed = 64 * int(length[63] + length[127])  # steps, in two pieces up to their longest
    each = 4 * computed * size.width  # of what a batch has at the end of a layer
    assert two[0]["tensor:2"]["summed"] == 4 * size.layers * each
    assert two[0]["data:2"]["summed"] == 0


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::ingenium.scale.place.FewCores")
@pytest.mark.parametrize(("stages", "micro"), [(2, 4), (4, 4)])
def test_stages_wait_as_long_as_the_formula_says(stages: int, micro: int) -> None:
    place = WorkPlace.parse(f"processes:{stages}")
    found = gather(place, PacedPipeline(stages, micro), wait_s=WAIT_S)
    bubble = (stages - 1) / (micro + stages - 1)
    assert found == pytest.approx([bubble] * stages, rel=0.1)


def test_the_chain_is_the_family(monkeypatch: pytest.MonkeyPatch) -> None:
    from contextlib import nullcontext

    from ingenium.generators.tokens import autoregressive

    monkeypatch.setattr(autoregressive, "half", lambda device: nullcontext())
    family, (x, cond) = ranked.family(), ranked.texts()
    chain = family.chain()
    assert chain.size.parameters == sum(p.numel() for p in family.parameters())
    answer: Tensor = chain.parts[0](*chain.inputs(x, cond, None))
    for part in chain.parts[1:]:
        answer = part(answer)
    own = (family.surprise(x, cond) / family.steps).mean()
    assert float(chain.loss(answer, x).detach()) == pytest.approx(float(own.detach()), abs=1e-6)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::ingenium.scale.place.FewCores")
def test_four_ranks_do_what_one_process_does(alone: dict[str, Any]) -> None:
    assert issubclass(FewCores, UserWarning)
    found = gather(WorkPlace.parse("processes:4"), ranked.Layouts(FOUR), wait_s=WAIT_S)
    for text in FOUR:
        check_equal(text, alone, found[0][text])
    size = ranked.family().chain().size
    for text in ("data:4,shard:3,recompute", "data:4,shard:1"):
        expected = rank_bytes(size, RankLayout.parse(text), 4.0)
        for part in ("weights", "gradients", "state"):
            measured = max(one[text]["bytes"][part] for one in found)
            assert measured == pytest.approx(getattr(expected, part), rel=0.05), (text, part)
