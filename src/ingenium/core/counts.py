"""Limits on the number of designs that can be requested."""

import math
import os
from typing import TYPE_CHECKING

from ingenium.core.errors import InputError
from ingenium.core.spec import LAST_SEED, MOST, Spec

if TYPE_CHECKING:
    from ingenium.core.problem import Problem

COPIES = 8  # of all numbers of a design that a run holds at its peak; measured on feeder days


def check_count(n: int, seed: int) -> None:
    """Refuse a number of designs below 1 and a negative seed."""
    check_least(n, "-n", "design", say=1000)
    check_seed(seed)


def check_seed(seed: int) -> None:
    """Refuse a negative seed, and one of more than 63 bits."""
    if not 0 <= seed <= LAST_SEED:
        got = f"--seed {_shown(seed)}"
        raise InputError("a seed of at least 0 and below 2^63", got, "Write --seed 7.")


def check_least(n: int, option: str, of: str, *, say: int) -> None:
    """Refuse a number below 1 or beyond `MOST`; `say` is an example for the message."""
    if not 1 <= n <= MOST:
        expected = f"at least one {of}" if n < 1 else f"at most {MOST} of a {of}"
        raise InputError(expected, f"{option} {_shown(n)}", f"Write {option} {say}.")


def check_memory(n: int, problem: "Problem", spec: Spec) -> None:
    """Refuse more designs than the memory of this machine holds, before any work is done."""
    held = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    needed = memory_bytes(n, problem, spec)
    if needed <= held:
        return
    most = 1
    while memory_bytes(2 * most, problem, spec) <= held:
        most *= 2
    raise InputError(
        f"so many designs that {held / 1e9:.3g} GB of memory hold them",
        f"-n {n}, which would take {needed / 1e9:.3g} GB",
        f"Write -n {most} at most, and several seeds for more.",
    )


def _shown(n: int) -> str:
    """Format a number for a message; a long one by its order of magnitude."""
    return str(n) if abs(n) < 10**20 else f"a number of {int(abs(n).bit_length() / 3.32)} digits"


def memory_bytes(n: int, problem: "Problem", spec: Spec) -> int:
    """Estimate the memory in bytes of a run of `n` designs.

    Where each design is written to its own file, only one block of long arrays is in memory.
    """
    from ingenium.core.blocks import LARGE
    from ingenium.core.formats import FilePerDesign
    from ingenium.core.seeds import BLOCK

    separate = isinstance(next(iter(problem.formats.values())), FilePerDesign)
    numbers = n * (len(problem.quantities) + len(spec.limits))
    for v in problem.variables:
        own = math.prod((*(problem.sizes[d] for d in v.dims), v.longest or 1))
        mapped = separate and v.longest is None and 8 * own >= LARGE
        numbers += own * (min(n, BLOCK) if mapped else n)
    return COPIES * 8 * numbers
