"""Pieces, supports and joints of parts that one can count by hand."""

import numpy as np
import pytest

from ingenium.core.errors import InputError
from ingenium.domains.structures.optimise.segments import Piece, Price, segmented


def table():
    """A top on two legs: whichever way, something hangs."""
    solid = np.zeros((20, 10), dtype=bool)
    solid[:, 8:] = True
    solid[[0, 1, 18, 19]] = True
    return solid


def test_a_part_that_needs_no_support_stays_whole():
    block = np.ones((6, 4), dtype=bool)
    found = segmented(block, Price())
    assert len(found.pieces) == 1
    assert found.time == 24 + 2.0 * 4
    assert found.pieces[0].way == "+y"


def test_a_piece_finds_the_direction_that_needs_no_support():
    assert Piece(table(), Price()).support == 0
    assert Piece(table(), Price()).way == "-y"


def frame():
    """A window: its upper beam hangs however it is turned."""
    solid = np.ones((16, 16), dtype=bool)
    solid[2:14, 2:14] = False
    return solid


def test_a_window_is_cut_where_supports_cost_more_than_joints():
    price = Price(fill=1.0, layer=0.0, joint=1.0, piece=1.0)
    whole = segmented(frame(), price, cuts=0)
    cut = segmented(frame(), price, cuts=2)
    # all but the edges' 45 degrees hangs: 10 columns of 12 below the beam
    assert whole.support == 10 * 12
    assert cut.support == 0
    assert len(cut.pieces) == 2
    assert cut.joint == 4
    assert cut.time == frame().sum() + 4 + 1
    assert sum(piece.solid.sum() for piece in cut.pieces) == frame().sum()


def test_dear_joints_are_not_made():
    price = Price(fill=1.0, layer=0.0, joint=100.0, piece=1.0)
    assert len(segmented(frame(), price).pieces) == 1


def test_layers_count_once_for_pieces_side_by_side():
    tall = np.zeros((12, 4), dtype=bool)
    tall[:] = True
    price = Price(layer=2.0)
    flat = segmented(tall, price, cuts=0)
    assert flat.time == 48 + 2.0 * 4


def test_a_part_in_space_is_cut_too_and_several_parts_are_refused():
    box = np.ones((8, 8, 8), dtype=bool)
    box[2:6, 2:6, 2:6] = False
    price = Price(fill=1.0, layer=0.0, joint=0.1, piece=1.0)
    assert segmented(box, price, cuts=1).support < segmented(box, price, cuts=0).support
    apart = np.zeros((5, 5), dtype=bool)
    apart[0], apart[4] = True, True
    with pytest.raises(InputError, match="2 pieces"):
        segmented(apart, Price())
    with pytest.raises(InputError):
        segmented(np.zeros((5, 5), dtype=bool), Price())
    with pytest.raises(InputError):
        Price(joint=-1.0)
