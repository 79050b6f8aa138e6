"""A check, before any fit, that a family of a problem can run on a device."""

from torch import nn

from ingenium.core.errors import InputError
from ingenium.core.problem import Problem
from ingenium.edge.device import DeviceSheet
from ingenium.edge.parts import part_of, unsupported
from ingenium.generators import offer
from ingenium.generators.model import Family

FIRST = ("lstm", "vae", "principal_flow_matching", "diffusion", "flow_matching")


def check(problem: Problem, name: str, c: int, sheet: DeviceSheet) -> None:
    """Refuse a family without a network that a device can run, or with operators that it lacks.

    Raises:
        InputError: naming the operator, and a family of the problem that does without.
    """
    family = offer.make(problem, name, c)
    try:
        _check(family, name, sheet)
    except InputError as error:
        offers = offer.offered(problem).items()
        known = [k for k, source in offers if source not in ("pretrained", "labelled")]
        order = [*(k for k in FIRST if k in known), *known]
        other = next((k for k in order if k != name and _runs(problem, k, c, sheet)), None)
        reported = (
            f"The nearest recipe without it: --family {other}."
            if other
            else f"No family of {problem.name} that is fitted does without."
        )
        raise InputError(error.expected, error.got, reported) from None


def _check(family: Family, name: str, sheet: DeviceSheet) -> None:
    part = part_of(family, name)
    assert isinstance(family, nn.Module)
    for graph in part.graphs(family).values():
        lacking = sorted({s.kind for s in graph.steps} - set(sheet.operators))
        if lacking:
            has = ", ".join(sheet.operators)
            where = f"the network of {name}; {sheet.name} has {has}"
            raise unsupported(lacking[0], where, "a device sheet with it")


def _runs(problem: Problem, name: str, c: int, sheet: DeviceSheet) -> bool:
    try:
        _check(offer.make(problem, name, c), name, sheet)
    except InputError:
        return False
    return True
