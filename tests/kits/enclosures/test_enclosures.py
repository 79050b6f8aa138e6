"""Enclosures against fractions and Arb, at random and at edges."""

import math
import operator
from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from scipy.linalg import expm

from ingenium.kits.enclosures import functions
from ingenium.kits.enclosures.balls import BALL_FUNCTIONS, ball, ends
from ingenium.kits.enclosures.enclosure import Enclosure
from ingenium.kits.enclosures.functions import FUNCTIONS
from ingenium.kits.enclosures.matrices import exponential, positive_definite

BINARY = {"+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv}
NAN = float("nan")


@pytest.fixture
def flint() -> Iterator[Any]:
    """Balls of 200 bits, which are points by those of float64."""
    found = pytest.importorskip("flint")
    with found.ctx.workprec(200):
        yield found


def _random(rng: np.random.Generator, count: int) -> np.ndarray:
    found: np.ndarray = rng.standard_normal(count) * 10.0 ** rng.integers(-8, 8, count)
    return found


def test_four_operations_and_powers_hold_what_fractions_say() -> None:
    rng = np.random.default_rng(0)
    a, b = _random(rng, 50), _random(rng, 50)
    x, y = Enclosure.of(a), Enclosure.of(b)
    for i in range(50):
        p, q = Fraction(a[i]), Fraction(b[i])
        truths = [(x + y, p + q), (x - y, p - q), (x * y, p * q), (x / y, p / q)]
        truths += [(x**k, p**k) for k in (-3, -2, -1, 2, 3, 5, 8)]
        for found, truth in truths:
            assert Fraction(float(found.low[i])) < truth < Fraction(float(found.high[i]))
    matrix = rng.standard_normal((4, 4))
    product = Enclosure.of(matrix) @ Enclosure.of(matrix)
    for i in range(4):
        for k in range(4):
            terms = (Fraction(matrix[i, j]) * Fraction(matrix[j, k]) for j in range(4))
            truth = sum(terms, Fraction(0))
            assert Fraction(float(product.low[i, k])) <= truth
            assert truth <= Fraction(float(product.high[i, k]))


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_functions_of_a_number_hold_what_arb_says(name: str, flint: Any) -> None:
    """Numbers of all sizes, and those next to extrema of a function or powers of two."""
    rng = np.random.default_rng(len(name))
    turns = np.arange(-40, 41) * (np.pi / 2)
    powers = 2.0 ** np.arange(-30.0, 7.0)
    at = np.concatenate(
        [_random(rng, 400), rng.uniform(-1, 1, 400), turns, 1e5 * turns, powers, -powers, [1.0]]
    )
    at = np.concatenate([at, np.nextafter(at, -np.inf), np.nextafter(at, np.inf)])
    found = FUNCTIONS[name](Enclosure.of(at))
    assert found.low.shape == at.shape
    held = 0
    for i, x in enumerate(at.tolist()):
        true = BALL_FUNCTIONS[name](flint.arb(x))
        if not true.is_finite():  # outside of the domain, or without an end
            assert not found.proved[i]
        elif found.proved[i]:
            assert not flint.arb(float(found.low[i])) > true
            assert not flint.arb(float(found.high[i])) < true
            held += 1
    assert held > len(at) / 4
    sizes = np.spacing(np.maximum(np.abs(found.low), np.abs(found.high)))
    narrow = found.proved & (np.abs(found.low) > 1e-300)
    assert (found.width[narrow] <= 12 * sizes[narrow]).all()


def _expression(rng: np.random.Generator, depth: int) -> Callable[[dict[str, Any], Any], Any]:
    """A random formula of two columns, for any arithmetic: a table of operations and columns."""
    if depth == 0:
        place = int(rng.integers(2))
        return lambda table, columns: columns[place]
    if rng.random() < 0.5:
        name = str(rng.choice(list(BINARY)))
        left, right = _expression(rng, depth - 1), _expression(rng, depth - 1)
        return lambda table, columns: table[name](left(table, columns), right(table, columns))
    name = str(rng.choice(list(FUNCTIONS)))
    inner = _expression(rng, depth - 1)
    return lambda table, columns: table[name](inner(table, columns))


def test_random_expressions_hold_every_value_that_arb_finds(flint: Any) -> None:
    """Over boxes, with points inside; where bounds exist, Arb has a value at each point."""
    rng = np.random.default_rng(1)
    by_enclosures, by_balls = {**BINARY, **FUNCTIONS}, {**BINARY, **BALL_FUNCTIONS}
    proved = both = 0
    for _ in range(150):
        formula = _expression(rng, 3)
        low = rng.uniform(-2, 2, (2, 8))
        high = low + rng.choice([0.0, 0.01, 1.0], (2, 8))
        columns = [Enclosure.between(low[k], high[k]) for k in range(2)]
        found = formula(by_enclosures, columns)
        for i in np.flatnonzero(found.proved):
            proved += 1
            for share in (0.0, 0.3, 1.0):
                point = [
                    flint.arb(float(min(low[k, i] + share * (high[k, i] - low[k, i]), high[k, i])))
                    for k in range(2)
                ]
                true = formula(by_balls, point)
                assert true.is_finite()
                assert not flint.arb(float(found.low[i])) > true
                assert not flint.arb(float(found.high[i])) < true
            box = formula(by_balls, [ball(float(low[k, i]), float(high[k, i])) for k in range(2)])
            both += ends(box) is not None
    assert proved > 500
    assert both > 0.9 * proved


def test_bounds_over_boxes_are_sharp_where_a_function_turns() -> None:
    wide = Enclosure.between([-1.0, 1.0, 6.0, -3.0], [2.0, 2.0, 6.5, 30.0])
    assert np.allclose(functions.square(wide).low, [0, 1, 36, 0])
    assert np.allclose((wide**3).low, [-1, 1, 216, -27])
    assert np.allclose(abs(wide).low, [0, 1, 6, 0])
    assert np.allclose(abs(wide).high, [2, 2, 6.5, 30])
    assert np.allclose(functions.sin(wide).high, [1, 1, np.sin(6.5), 1])
    assert np.allclose(functions.cos(wide).low, [np.cos(2.0), np.cos(2.0), np.cos(6.0), -1])
    assert np.allclose(functions.cos(wide).high, [1, np.cos(1.0), 1, 1])
    assert np.allclose(functions.power(wide, Enclosure.of(0.5)).high[1], np.sqrt(2))


@pytest.mark.parametrize(
    ("found", "proved"),
    [
        (Enclosure.of(1.0) / Enclosure.between(-1.0, 1.0), False),
        (Enclosure.of(1.0) / Enclosure.between(0.0, 1.0), False),
        (Enclosure.of(0.0) / Enclosure.of(0.0), False),
        (Enclosure.of(0.0) * Enclosure.of(math.inf), False),
        (Enclosure.of(math.inf) - Enclosure.of(math.inf), False),
        (Enclosure.of(NAN) + Enclosure.of(1.0), False),
        (Enclosure.of(NAN) ** 0, False),
        (Enclosure.between(1.0, -1.0), False),
        (functions.sqrt(Enclosure.between(-1e-300, 1.0)), False),
        (functions.sqrt(Enclosure.of(0.0)), True),
        (functions.log(Enclosure.between(0.0, 1.0)), False),
        (functions.log(Enclosure.of(5e-324)), True),
        (functions.asin(Enclosure.between(0.5, 1.0 + 1e-15)), False),
        (functions.asin(Enclosure.between(-1.0, 1.0)), True),
        (functions.exp(Enclosure.of(1e4)), False),
        (functions.exp(Enclosure.of(-1e4)), True),
        (functions.exp(Enclosure.of(-math.inf)), True),
        (functions.tanh(Enclosure.between(-math.inf, math.inf)), True),
        (functions.sin(Enclosure.between(0.0, math.inf)), True),
        (functions.sin(Enclosure.of(NAN)), False),
        (functions.power(Enclosure.between(0.0, 2.0), Enclosure.of(0.5)), False),
        (Enclosure.of(0.0) ** -1, False),
    ],
)
def test_nothing_is_proved_at_an_edge_where_there_may_be_no_value(
    found: Enclosure, proved: bool
) -> None:
    assert bool(found.proved) is proved
    assert proved or found.high == np.inf or not (found.low > -1)  # no comparison is true


def test_infinite_ends_are_bounds() -> None:
    large = functions.exp(Enclosure.of([709.75, 1e4]))
    assert large.low.tolist() == pytest.approx([np.exp(709.75), np.finfo(float).max])
    assert large.high[1] == np.inf
    assert (Enclosure.of(1.0) / large).low[1] <= 0
    far = functions.cos(Enclosure.of(1e300))
    assert (float(far.low), float(far.high)) == (-1.0, 1.0)
    assert functions.exp(Enclosure.of(-1e4)).low == 0


def test_a_batch_has_the_bits_of_one_by_one() -> None:
    rng = np.random.default_rng(5)
    low = rng.uniform(0.1, 0.8, 64)
    many = Enclosure.between(low, low + 0.1)
    for name, function in FUNCTIONS.items():
        whole = function(many)
        for i in range(64):
            one = function(many[i])
            assert (one.low, one.high) == (whole.low[i], whole.high[i]), name


def test_exponentials_and_definiteness_are_enclosed() -> None:
    matrix = np.array([[0.1, 0.4], [-0.3, 0.2]])
    rng, found = np.random.default_rng(0), exponential(Enclosure.of(matrix))
    assert found.holds(expm(matrix))
    assert float(found.width.max()) < 1e-13
    large = exponential(Enclosure.of(10 * matrix))
    assert large.holds(expm(10 * matrix))
    assert float((large.width / np.abs(large.low)).max()) < 1e-11
    some = rng.uniform(-1, 1, (30, 2, 2)) * 0.1 + matrix
    wide = exponential(Enclosure(matrix - 0.1, matrix + 0.1))
    assert all(wide.holds(expm(m)) for m in some)
    good, bad = np.array([[2.0, 1.0], [1.0, 2.0]]), np.array([[1.0, 1.0], [1.0, 1.0]])
    both = Enclosure.of(np.stack([good, bad]))
    assert positive_definite(both).tolist() == [True, False]
    wide = Enclosure(good[None] - 1.1, good[None] + 1.1)
    assert positive_definite(wide).tolist() == [False]
