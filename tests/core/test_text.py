"""Texts as rows of code points."""

import pytest
import torch

from ingenium.core.errors import InputError
from ingenium.core.text import codes, texts

LISTED = ["", "a", "Ünïcode", "🙂x"]


def test_code_points_and_back() -> None:
    array = codes(LISTED, 7)
    assert array.shape == (4, 7)
    assert array.dtype == torch.float64
    assert array[3].tolist() == [0x1F642, ord("x"), 0, 0, 0, 0, 0]
    assert texts(array) == LISTED


def test_texts_of_no_characters() -> None:
    assert codes(["", ""], 0).shape == (2, 0)
    assert texts(torch.zeros(2, 0)) == ["", ""]


@pytest.mark.parametrize("value", [0.5, -1.0, float("nan"), 0x110000, 0xD800])
def test_what_is_no_code_point_is_refused(value: float) -> None:
    with pytest.raises(InputError, match="code points"):
        texts(torch.tensor([[value, 0.0]]))


def test_a_gap_is_refused() -> None:
    with pytest.raises(InputError, match="zeros only"):
        texts(torch.tensor([[97.0, 0.0, 98.0]]))


def test_half_a_pair_is_refused() -> None:
    with pytest.raises(InputError, match="surrogate"):
        codes(["\ud800"], 4)
