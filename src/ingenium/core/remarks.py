"""Remarks during a long run, such as what rejects all designs so far.

A caller that shows progress subscribes with `hearing`; `remark` sends a sentence to it.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar


def _unheard(text: str) -> None:
    """Ignore the remark."""


_HEARD: ContextVar[Callable[[str], None]] = ContextVar("heard", default=_unheard)


@contextmanager
def hearing(heard: Callable[[str], None]) -> Iterator[None]:
    """Call `heard` with each remark, within the block."""
    token = _HEARD.set(heard)
    try:
        yield
    finally:
        _HEARD.reset(token)


def remark(text: str) -> None:
    """Send a sentence to the subscriber, if there is one."""
    _HEARD.get()(text)
