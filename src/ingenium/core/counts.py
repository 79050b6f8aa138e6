"""How many designs may be asked for."""

import math
import os

from ingenium.core.errors import InputError
from ingenium.core.problem import Problem
from ingenium.core.spec import Spec

COPIES = 8  # of all numbers of a design that a run holds at its peak; measured on feeder days


def check_count(n: int, seed: int) -> None:
    """Refuse a number of designs below 1 and a negative seed."""
    check_least(n, "-n", "design", say=1000)
    check_seed(seed)


def check_seed(seed: int) -> None:
    """Refuse a negative seed."""
    if seed < 0:
        raise InputError("a seed of at least 0", f"--seed {seed}", "Write --seed 7.")


def check_least(n: int, option: str, of: str, *, say: int) -> None:
    """Refuse a number below 1 of something; `say` is one that would do."""
    if n < 1:
        raise InputError(f"at least one {of}", f"{option} {n}", f"Write {option} {say}.")


def check_memory(n: int, problem: Problem, spec: Spec) -> None:
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


def memory_bytes(n: int, problem: Problem, spec: Spec) -> int:
    """What a run of `n` designs takes, about."""
    numbers = sum(
        math.prod((*(problem.sizes[d] for d in v.dims), v.longest or 1)) for v in problem.variables
    )
    numbers += len(problem.quantities) + len(spec.limits)
    return COPIES * 8 * n * numbers
