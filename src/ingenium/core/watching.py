"""Progress of long work, reported to whoever watches it."""

from collections.abc import Callable

Watch = Callable[[str, int, int], None]  # stage, done, total


def silent(stage: str, done: int, total: int) -> None:
    """Watch nothing.

    Examples:
        >>> silent("verify", 10, 100)
    """
