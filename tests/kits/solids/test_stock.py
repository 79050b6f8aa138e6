"""Designs made in pieces: kept, resumed, made again where damaged; fields and their codec."""

import shutil
from dataclasses import replace

import numpy as np
import pytest

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
