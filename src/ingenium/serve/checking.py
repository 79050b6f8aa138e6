"""Check of the names in a spec before it becomes a job, by the contracts that domains ship."""

import json
import tomllib
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from ingenium.core.errors import InputError, choose
from ingenium.core.spec import Spec, parse
from ingenium.domains import load, problem_class

CONTRACTS = "contracts.json"


def check_request(problem: str, spec: str | None) -> None:
    """Refuse an unknown problem, entry or quantity; nothing is opened.

    The command checks all the rest. Quantities that settings or inputs may add are left to it.

    Raises:
        InputError: for a text that is no spec of this problem, or an unknown name in it.
    """
    check_problem(problem)
    if spec is None:
        return
    try:
        table = tomllib.loads(spec)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise InputError("a spec as TOML", f"a text that is none ({error})") from None
    wanted = parse(table, Spec, "the spec")
    if wanted.problem != problem:
        raise InputError(f"a spec of {problem}", f"one of {wanted.problem[:200]}")
    names = _quantities(load(problem.partition(".")[0]).package).get(problem)
    if names and not wanted.setup and not wanted.given:
        named = [x.quantity for x in wanted.limits] + [x.quantity for x in wanted.objectives]
        for quantity in named:
            choose(quantity, names, f"quantity of {problem}")


def check_problem(name: str) -> None:
    """Refuse an unknown problem without importing a known one.

    Raises:
        InputError: with the nearest known names.
        MissingExtra: if the packages of its domain are not installed.
    """
    field, _, short = name.partition(".")
    if not short or short not in load(field).problems:
        problem_class(name)
    missing = load(field).missing()
    if missing is not None:
        raise missing


@cache
def _quantities(package: str) -> dict[str, frozenset[str]]:
    """Names of quantities by problem; empty where the package ships no contracts."""
    found = find_spec(package)
    path = Path(found.origin if found and found.origin else package).parent / CONTRACTS
    if not path.is_file():
        return {}
    return {
        one["problem"]: frozenset(e["name"] for e in one["entries"] if e["kind"] == "limit")
        for one in json.loads(path.read_bytes())
    }
