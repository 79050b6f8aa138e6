"""Designs made in pieces: kept, resumed, made again where damaged; fields and their codec."""

import shutil
from dataclasses import replace

import numpy as np
import pytest
import torch

from ingenium.core.errors import InputError
from ingenium.kits.solids.field_codec import FieldCodec
from ingenium.kits.solids.stock import Stock


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("INGENIUM_CACHE", str(tmp_path))


def _stock(made, *, stop=None, under=1):
    def make(piece):
        if piece == stop:
            raise KeyboardInterrupt
        made.append(piece)
        return {"x": np.full((2, 3), piece, dtype=float)}

    return Stock("toy", under, 4, make)


def test_a_stopped_making_goes_on_where_it_was(cache):
    made = []
    with pytest.raises(KeyboardInterrupt):
        _stock(made, stop=2).complete()
    whole = _stock(made).complete()
    assert made == [0, 1, 2, 3]
    np.testing.assert_array_equal(whole["x"][:, 0], [0, 0, 1, 1, 2, 2, 3, 3])


def test_only_a_damaged_piece_is_made_again_and_other_settings_are_another_stock(cache):
    made = []
    _stock(made).complete()
    next(_stock(made).folder.glob("*1.npz")).write_bytes(b"PK\x03\x04 half")
    _stock(made).complete()
    assert made == [0, 1, 2, 3, 1]
    _stock(made, under=2).complete()
    assert made == [0, 1, 2, 3, 1, 0, 1, 2, 3]


def test_a_shipped_stock_is_taken_only_under_its_own_settings(cache, tmp_path):
    made = []
    _stock(made).ship(tmp_path / "shipped.npz")
    made.clear()
    for under, pieces in ((1, []), (2, [0, 1, 2, 3])):
        stock = replace(_stock(made, under=under), shipped=tmp_path / "shipped.npz")
        shutil.rmtree(stock.folder, ignore_errors=True)
        whole = stock.complete()
        assert made == pieces
        assert list(whole) == ["x"]
        np.testing.assert_array_equal(whole["x"][:, 0], [0, 0, 1, 1, 2, 2, 3, 3])


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
