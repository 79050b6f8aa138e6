"""The command that repeats a search, with its designs in the same order."""

import shlex
from collections.abc import Mapping
from pathlib import Path

from ingenium.core.evidence import Origin
from ingenium.core.provenance import code_digest, versions
from ingenium.runs.search_plan import SearchPlan
from ingenium.searches.search import Search
from ingenium.searches.stopping import Stop


def origin(
    search: Search, about: Mapping[str, str], plan: SearchPlan, stop: Stop, spec: Path, out: Path
) -> Origin:
    """Provenance of the designs of a search; `spec` is the file of the request."""
    words = ["ingenium", "search", about["problem"], "--spec", str(spec), *plan.words()]
    sessions = search.store.sessions().values()
    if search.paced or any(session.get("processes", 1) > 1 for session in sessions):
        words += ["--follow", str(out)]
    words += ["--out", f"{out}-again", "--budget"]
    budgets = _budgets(search, stop)
    return Origin(
        seed=plan.seed,
        spec=about["spec"],
        given=dict(search.problem.given.digests),
        system=about["system"],
        data=about["data"],
        model=about["model"],
        code=code_digest(),
        package=about["package"],
        version=versions()["ingenium"],
        replay=" && ".join(shlex.join([*words, str(budget)]) for budget in budgets),
    )


def _budgets(search: Search, stop: Stop) -> list[int]:
    """Budgets under which one uninterrupted search proposes the same: those that cut it, and one.

    Sessions of old searches without a recorded beginning count as one.
    """
    reported = [s for s in search.store.sessions().values() if "before" in s and "budget" in s]
    ends = [*[s["before"] for s in reported][1:], search.calls]
    spent = [
        s["budget"]
        for s, end in zip(reported, ends, strict=True)
        if s["before"] < s["budget"] <= end
    ]
    if stop.calls > search.calls:
        return [*spent, stop.calls]
    # One more round, so that the last one, cut by no budget, has as many designs as it had
    return spent if search.calls in spent else [*spent, search.calls + search.batch]
