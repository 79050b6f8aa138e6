"""Progress within a batch: engines that measure one by one report the number of finished designs.

A caller that shows progress subscribes with `counting`; an engine that loops over designs wraps the
loop in `each`. Without a subscriber this costs nothing.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TypeVar

T = TypeVar("T")


def _unheard(done: int) -> None:
    """Ignore the report."""


_REPORTED: ContextVar[Callable[[int], None]] = ContextVar("told", default=_unheard)


@contextmanager
def counting(reported: Callable[[int], None]) -> Iterator[None]:
    """Call `reported` with the number of finished designs of the batch, within the block."""
    token = _REPORTED.set(reported)
    try:
        yield
    finally:
        _REPORTED.reset(token)


def each(designs: Iterable[T]) -> Iterator[T]:
    """Yield the designs of a batch in order and report how many are done after each."""
    for done, one in enumerate(designs, start=1):
        yield one
        _REPORTED.get()(done)
