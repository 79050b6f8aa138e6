"""Which families of a problem can go to a device, told before any is fitted."""

from ingenium.core.errors import InputError
from ingenium.core.problem import Problem
from ingenium.edge.parts import part_of
from ingenium.generators import offer

FIRST = ("lstm", "vae", "principal_flow_matching", "diffusion", "flow_matching")


def check(problem: Problem, name: str, c: int) -> None:
    """Refuse a family without a network that a device can run.

    Raises:
        InputError: naming the operator, and a family of the problem that does without.
    """
    family = offer.make(problem, name, c)
    try:
        part_of(family, name)
    except InputError as error:
        known = [k for k, source in offer.offered(problem).items() if source != "shipped"]
        order = [*(k for k in FIRST if k in known), *known]
        other = next((k for k in order if k != name and _runs(problem, k, c)), None)
        told = (
            f"The nearest recipe without it: --family {other}."
            if other
            else f"No family of {problem.name} that is fitted does without."
        )
        raise InputError(error.expected, error.came, told) from None


def _runs(problem: Problem, name: str, c: int) -> bool:
    try:
        part_of(offer.make(problem, name, c), name)
    except InputError:
        return False
    return True
