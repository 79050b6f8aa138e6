"""Parallel map over many molecules, in chunks by several processes where there are enough."""

import multiprocessing
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from typing import TypeVar

A = TypeVar("A")
B = TypeVar("B")


def mapped(
    function: Callable[[A], B], items: Sequence[A], *, processes: int = 1, chunk: int = 200
) -> list[B]:
    """Return `function` of each item, in order; in this process if one chunk contains all items.

    Processes are started afresh (`spawn`), so `function` must belong to a module, and a script that
    uses several needs the guard `if __name__ == "__main__"`.
    """
    if processes <= 1 or len(items) <= chunk:
        return [function(item) for item in items]
    return list(_pool(processes).map(function, items, chunksize=chunk))


@cache
def _pool(processes: int) -> ProcessPoolExecutor:
    """Pool that is reused for the next batch: starting it takes a second."""
    return ProcessPoolExecutor(processes, mp_context=multiprocessing.get_context("spawn"))
