"""Fields of cells and their codec."""

import pytest
import torch

from ingenium.core.errors import InputError
from ingenium.kits.solids.field_codec import FieldCodec


def test_fields_come_back_and_are_standardised():
    codec = FieldCodec((4, 3), ((0.0, 1.0), (-10.0, 30.0)))
    rng = torch.Generator().manual_seed(0)
    a = torch.rand(5, 4, 3, generator=rng, dtype=torch.float64)
    x = codec.encode((a, 40 * a - 10))
    assert x.shape == (5, *codec.shape)
    torch.testing.assert_close(x[:, 0], x[:, 1])
    assert x.min() >= -1
    assert x.max() <= 1
    back = codec.decode(x)
    torch.testing.assert_close(back[0], a)
    torch.testing.assert_close(back[1], 40 * a - 10)


def test_bounds_out_of_order_are_refused():
    with pytest.raises(InputError, match="lower bound"):
        FieldCodec((4, 3), ((1.0, 0.0),))
