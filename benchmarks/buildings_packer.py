"""Different accepted plans of briefs in equal seconds: the masked dissection and its rivals.

Each method writes plans of the same briefs for the same wall time, plan by plan, and each plan is
verified; what is accepted and differs is counted. CP-SAT runs in its isolated environment on one
thread, with the deterministic effort a plan that gave it most plans of those tried here.
"""

import time
from collections.abc import Callable, Mapping
from random import Random

from benchmarks.measuring import report
from ingenium.core.given import Given
from ingenium.domains.buildings.plan import rivals
from ingenium.domains.buildings.plan.problem import BuildingPlans, PlanSettings
from ingenium.domains.buildings.plan.spaces import arrays_of

TIE = 1e-12
SECONDS = 10.0  # wall time of a method on a brief
EFFORTS = (1.0, 4.0)  # deterministic seconds of CP-SAT for a plan
OFFICE = """
room = [{ name = "reception", area_m2 = 20 }, { name = "meeting room", area_m2 = 24, count = 3 },
  { name = "office", area_m2 = 14, count = 12 }, { name = "archive", area_m2 = 10 },
  { name = "toilet", area_m2 = 8, count = 3 }, { name = "kitchen", area_m2 = 14 }]
together = [{ rooms = ["kitchen", "archive"] }]
"""
SCHOOL = """
room = [{ name = "entrance hall", area_m2 = 40 }, { name = "class room", area_m2 = 56, count = 8 },
  { name = "staff room", area_m2 = 30 }, { name = "library", area_m2 = 56 },
  { name = "store", area_m2 = 12, count = 3 }, { name = "toilet", area_m2 = 10, count = 4 }]
together = [{ rooms = ["library", "staff room"] }]
apart = [{ rooms = ["library", "entrance hall"] }]
"""
BRIEFS = {"small clinic": ("", 2), "office": (OFFICE, 2), "school": (SCHOOL, 3)}


def run() -> None:
    """Write and print plans and engine calls of each method."""
    rows = []
    for brief, (text, storeys) in BRIEFS.items():
        given = Given({"rooms": text.encode()}) if text else Given()
        problem = BuildingPlans(PlanSettings(storeys=storeys, width_m=90.0, known=8), given)
        for name, rule in _methods(problem).items():
            calls, accepted = _count(problem, rule)
            rows.append(
                {"brief": brief, "method": name, "calls": calls, "accepted": accepted,
                 "per_1000_calls": round(1000 * accepted / max(calls, 1), 1)}
            )  # fmt: skip
    report("buildings_packer", "Accepted plans in equal seconds", rows, {"seconds": SECONDS})


def _methods(problem: BuildingPlans) -> Mapping[str, Callable[[Random], list[str]]]:
    others = rivals.RivalRules(problem.rules)
    found = {
        "masked dissection": problem.rules.masked,
        "simulated annealing": others.annealed,
        "random": problem.rules.random,
    }
    for effort in EFFORTS:
        own = rivals.RivalRules(problem.rules, effort)
        found[f"CP-SAT, effort {effort:g}"] = own.packed
    return found


def _count(problem: BuildingPlans, rule: Callable[[Random], list[str]]) -> tuple[int, int]:
    """Return the verified plans within the time, and the different ones that were accepted."""
    rng, calls, accepted = Random(0), 0, set()
    names = [q.name for q in problem.quantities]
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        text = "".join(rule(rng))
        calls += 1
        measured = problem.verifier.measure(*arrays_of([problem.layout.plan(text)]))[0].tolist()
        found = dict(zip(names, measured, strict=True))
        good = all(
            (x.at_most is None or found[x.quantity] <= x.at_most + TIE)
            and (x.at_least is None or found[x.quantity] >= x.at_least - TIE)
            for x in problem.limits
        )
        if good:
            accepted.add(text)
    return calls, len(accepted)
