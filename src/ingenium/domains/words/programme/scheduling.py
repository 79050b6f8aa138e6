"""Kinds of scheduling and covering: assignment, shifts, machines; covers and sites."""

import math
from itertools import product

import numpy as np
from scipy.optimize import linear_sum_assignment

from ingenium.domains.words.programme.task import Data, TaskKind

BARRED = 1e9  # for a pair that is not allowed


def _pairs(data: Data) -> dict[str, list[str]]:
    both = list(data["cost"])
    return {
        "workers": list(dict.fromkeys(i for i, _ in both)),
        "jobs": list(dict.fromkeys(j for _, j in both)),
    }


def assignment_optimum(data: Data) -> float:
    """Return the optimum by the Hungarian method.

    Source: Crouse, On implementing 2D rectangular assignment algorithms, 2016 (in SciPy).
    """
    sets = _pairs(data)
    if len(sets["jobs"]) > len(sets["workers"]):
        return math.inf
    unable = set(data.get("unable", ()))
    costs = np.array(
        [
            [BARRED if (w, j) in unable else data["cost"].get((w, j), BARRED) for j in sets["jobs"]]
            for w in sets["workers"]
        ]
    )
    rows, columns = linear_sum_assignment(costs)
    total = float(costs[rows, columns].sum())
    return math.inf if total >= BARRED / 2 else total


UNABLE = "for i, j in unable: solver.Add(x[i, j] == 0)"
EACH_JOB = "for k in jobs: solver.Add(sum(x[i, j] for i, j in cost if j == k) == 1)"
EACH_WORKER = "for k in workers: solver.Add(sum(x[i, j] for i, j in cost if i == k) <= 1)"
LEAST = "solver.Minimize(sum(cost[i, j] * x[i, j] for i, j in cost))"
ASSIGNMENT = TaskKind(
    "assignment",
    "scheduling",
    "who does which task, one each, at the least cost",
    {
        "choices": (
            'x = {(i, j): solver.BoolVar(f"{i}_does_{j}") for i, j in cost}',
            EACH_JOB,
            EACH_WORKER,
            UNABLE,
            LEAST,
        ),
        "shares": (
            'x = {(i, j): solver.NumVar(0, 1, f"{i}_does_{j}") for i, j in cost}',
            EACH_JOB,
            EACH_WORKER,
            UNABLE,
            LEAST,
        ),
    },
    {UNABLE: "unable"},
    assignment_optimum,
    _pairs,
)


def _days(data: Data) -> dict[str, list[str]]:
    return {"days": list(data["need"])}


def shifts_optimum(data: Data) -> float:
    """Return the least total of starts that meets all needs.

    For a given total, all rules bound differences of cumulative starts: a shortest path decides
    whether they are feasible.

    Source: Bartholdi, Orlin and Ratliff, Cyclic scheduling via integer programs with circular
    ones, 1980.
    """
    days, length = list(data["need"]), int(data["length"])
    need = [math.ceil(data["need"][d] - 1e-9) for d in days]
    if length > len(days) or set(days) <= set(data.get("no_start", ())):
        return math.inf
    for total in range(max(need), sum(need) + 1):
        if _holds(need, length, total, [d in data.get("no_start", ()) for d in days]):
            return float(total)
    return math.inf


def _holds(need: list[int], length: int, total: int, closed: list[bool]) -> bool:
    """Return True if integer sums s[-1] = 0 ... s[n-1] = total exist, by Bellman-Ford."""
    n = len(need)
    edges = [(0, n, total), (n, 0, -total)]  # (i, j, w): s[j] <= s[i] + w; s shifted by one
    for k in range(n):
        edges.append((k + 1, k, 0))
        if closed[k]:
            edges.append((k, k + 1, 0))
        first = k - length + 1
        low, rest = (first, need[k]) if first >= 0 else (first + n, need[k] - total)
        edges.append((k + 1, low, -rest))
    far = [0.0] * (n + 1)
    for _ in range(n + 2):
        moved = False
        for i, j, weight in edges:
            if far[i] + weight < far[j]:
                far[j] = far[i] + weight
                moved = True
        if not moved:
            return True
    return False


NO_START = "for d in no_start: solver.Add(x[d] == 0)"
STARTS = 'x = {d: solver.IntVar(0, inf, f"start_{d}") for d in days}'
ON_DUTY = (
    "for k in range(len(days)): solver.Add(sum(x[days[(k - s) % len(days)]]"
    " for s in range(length)) >= need[days[k]])"
)
FEWEST = "solver.Minimize(sum(x[d] for d in days))"
OFF_DUTY = (
    "for k in range(len(days)): solver.Add(sum(x[d] for d in days)"
    " - sum(x[days[(k + s) % len(days)]] for s in range(1, len(days) - length + 1))"
    " >= need[days[k]])"
)
SHIFTS = TaskKind(
    "shifts",
    "scheduling",
    "the fewest people who cover every period with shifts that go round",
    {
        "on_duty": (STARTS, ON_DUTY, NO_START, FEWEST),
        "off_duty": (STARTS, OFF_DUTY, NO_START, FEWEST),
    },
    {NO_START: "no_start"},
    shifts_optimum,
    _days,
)


def machines_optimum(data: Data) -> float:
    """Return the optimum over all assignments of jobs to machines."""
    jobs, m = list(data["duration"]), int(data["machines"])
    where = np.array(list(product(range(m), repeat=len(jobs) - 1)), dtype=np.int8)
    where = np.concatenate([np.zeros((len(where), 1), np.int8), where], 1)
    time = np.array(list(data["duration"].values()))
    longest = np.stack([(where == k) @ time for k in range(m)]).max(0)
    for a, b in data.get("apart", ()):
        together = where[:, jobs.index(a)] == where[:, jobs.index(b)]
        longest = np.where(together, math.inf, longest)
    return float(longest.min())


PLACED = 'x = {(j, m): solver.BoolVar(f"{j}_on_{m}") for j in duration for m in range(machines)}'
END = 'end = solver.NumVar(0, inf, "end")'
ONE_MACHINE = "for j in duration: solver.Add(sum(x[j, m] for m in range(machines)) == 1)"
LOAD = "sum(duration[j] * x[j, {}] for j in duration)"
UNTIL = f"for m in range(machines): solver.Add({LOAD.format('m')} <= end)"
APART = (
    "for a, b, m in [(a, b, m) for a, b in apart for m in range(machines)]:"
    " solver.Add(x[a, m] + x[b, m] <= 1)"
)
FALLING = f"for m in range(1, machines): solver.Add({LOAD.format('m - 1')} >= {LOAD.format('m')})"
EARLIEST = "solver.Minimize(end)"
MACHINES = TaskKind(
    "machines",
    "scheduling",
    "jobs on equal machines so that the last is done as early as can be",
    {
        "loads": (PLACED, END, ONE_MACHINE, UNTIL, APART, EARLIEST),
        "loads_falling": (PLACED, END, ONE_MACHINE, UNTIL, APART, FALLING, EARLIEST),
    },
    {APART: "apart"},
    machines_optimum,
    lambda data: {},
    tight=("loads_falling",),
    scale=lambda data: float(data["machines"]) ** (len(data["duration"]) - 1),
)


def _areas(data: Data) -> dict[str, list[str]]:
    return {"areas": sorted({a for listed in data["covers"].values() for a in listed})}


def cover_optimum(data: Data) -> float:
    """Return the optimum over all choices of sites."""
    sites, areas = list(data["covers"]), _areas(data)["areas"]
    chosen = (np.arange(1 << len(sites))[:, None] >> np.arange(len(sites))) & 1
    holds = np.array([[a in data["covers"][s] for a in areas] for s in sites])
    price = np.array([data["price"][s] for s in sites])
    fine = (chosen @ holds > 0).all(1)
    for a, b in data.get("rivals", ()):
        fine &= chosen[:, sites.index(a)] + chosen[:, sites.index(b)] < 2
    return float((chosen @ price)[fine].min()) if fine.any() else math.inf


CHOSEN = 'x = {s: solver.BoolVar(f"take_{s}") for s in covers}'
COVERED = "for a in areas: solver.Add(sum(x[s] for s in covers if a in covers[s]) >= 1)"
RIVALS = "for a, b in rivals: solver.Add(x[a] + x[b] <= 1)"
CHEAPEST = "solver.Minimize(sum(price[s] * x[s] for s in covers))"
COVER = TaskKind(
    "cover",
    "covering",
    "the cheapest choice that covers everything",
    {
        "choices": (CHOSEN, COVERED, RIVALS, CHEAPEST),
        "rivals_first": (CHOSEN, RIVALS, COVERED, CHEAPEST),
    },
    {RIVALS: "rivals"},
    cover_optimum,
    _areas,
    scale=lambda data: 2.0 ** len(data["covers"]),
)


def _sites(data: Data) -> dict[str, list[str]]:
    return {"customers": list(dict.fromkeys(c for _, c in data["cost"]))}


def sites_optimum(data: Data) -> float:
    """Return the optimum over all choices of open sites; the nearest serves each customer."""
    sites, customers = list(data["opening"]), _sites(data)["customers"]
    chosen = ((np.arange(1, 1 << len(sites))[:, None] >> np.arange(len(sites))) & 1) > 0
    costs = np.array([[data["cost"].get((s, c), math.inf) for c in customers] for s in sites])
    served = np.where(chosen[:, :, None], costs[None], math.inf).min(1).sum(1)
    total = chosen @ np.array(list(data["opening"].values())) + served
    return float(total[chosen.sum(1) <= data.get("most_open", len(sites))].min(initial=math.inf))


OPENED = 'y = {s: solver.BoolVar(f"open_{s}") for s in opening}'
SERVED = 'x = {(s, c): solver.BoolVar(f"{s}_serves_{c}") for s, c in cost}'
EACH = "for k in customers: solver.Add(sum(x[s, c] for s, c in cost if c == k) == 1)"
MOST_OPEN = "solver.Add(sum(y[s] for s in opening) <= most_open)"
TOTAL = (
    "solver.Minimize(sum(opening[s] * y[s] for s in opening)"
    " + sum(cost[s, c] * x[s, c] for s, c in cost))"
)
SITES = TaskKind(
    "sites",
    "covering",
    "which sites to open, and who is served from where",
    {
        "each": (
            OPENED,
            SERVED,
            EACH,
            "for s, c in cost: solver.Add(x[s, c] <= y[s])",
            MOST_OPEN,
            TOTAL,
        ),
        "together": (
            OPENED,
            SERVED,
            EACH,
            "for k in opening: solver.Add(sum(x[s, c] for s, c in cost if s == k)"
            " <= len(customers) * y[k])",
            MOST_OPEN,
            TOTAL,
        ),
    },
    {MOST_OPEN: "most_open"},
    sites_optimum,
    _sites,
    scale=lambda data: 2.0 ** len(data["opening"]),
)
