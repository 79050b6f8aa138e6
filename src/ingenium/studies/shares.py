"""Shares of what was counted, with their intervals."""

from collections.abc import Sequence

from ingenium.evaluate.intervals import Interval, wilson


def share(found: Sequence[bool]) -> Interval:
    """The share of what holds and Wilson's interval of it.

    Raises:
        ZeroDivisionError: nothing was counted.
    """
    count = sum(found)
    return Interval(count / len(found), *wilson(count, len(found)))
