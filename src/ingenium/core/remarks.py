"""What a long run has to say before it ends, such as what is in the way of all designs so far.

Who shows progress hears it with `hearing`; whoever notices something says it with `remark`.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar


def _unheard(text: str) -> None:
    """Tell nobody."""


_HEARD: ContextVar[Callable[[str], None]] = ContextVar("heard", default=_unheard)


@contextmanager
def hearing(heard: Callable[[str], None]) -> Iterator[None]:
    """Inside the block, `heard` gets each remark."""
    token = _HEARD.set(heard)
    try:
        yield
    finally:
        _HEARD.reset(token)


def remark(text: str) -> None:
    """Say a sentence to whoever listens."""
    _HEARD.get()(text)
