"""How many designs of a batch are done, told by engines that measure them one by one.

Who shows progress asks with `counting`; an engine that has a loop over designs writes `each`
around it. Elsewhere nobody listens, and that costs nothing.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TypeVar

T = TypeVar("T")


def _unheard(done: int) -> None:
    """Tell nobody."""


_TOLD: ContextVar[Callable[[int], None]] = ContextVar("told", default=_unheard)


@contextmanager
def counting(told: Callable[[int], None]) -> Iterator[None]:
    """Inside the block, `told` hears how many designs of the batch are done."""
    token = _TOLD.set(told)
    try:
        yield
    finally:
        _TOLD.reset(token)


def each(designs: Iterable[T]) -> Iterator[T]:
    """The designs of a batch in order; after each, who listens is told how many are done."""
    for done, one in enumerate(designs, start=1):
        yield one
        _TOLD.get()(done)
