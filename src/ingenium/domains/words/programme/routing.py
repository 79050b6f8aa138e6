"""Kinds of routing: a path, shipments, a tour, and the routes of a fleet."""

import math
from itertools import permutations

import networkx as nx
import numpy as np

from ingenium.domains.words.programme.task import Data, TaskKind

ARCS = 'x = {(i, j): solver.BoolVar(f"go_{i}_{j}") for i, j in cost}'
LEAST = "solver.Minimize(sum(cost[i, j] * x[i, j] for i, j in cost))"
FINE = 10**6  # steps of a unit, in whole numbers of the flow algorithm


def _nodes(data: Data) -> dict[str, list[str]]:
    return {"nodes": sorted({k for pair in data["cost"] for k in pair})}


def path_optimum(data: Data) -> float:
    """Return the cost of the cheapest walk with the allowed number of legs.

    Source: Bellman, On a routing problem, 1958.
    """
    nodes = _nodes(data)["nodes"]
    best = dict.fromkeys(nodes, math.inf) | {data["source"]: 0.0}
    for _ in range(int(min(data.get("most_legs", len(nodes)), len(nodes)))):
        reached = dict(best)
        for (i, j), cost in data["cost"].items():
            reached[j] = min(reached[j], best[i] + cost)
        best = reached
    return best.get(data["target"], math.inf)


MOST_LEGS = "solver.Add(sum(x[i, j] for i, j in cost) <= most_legs)"
PATH = TaskKind(
    "path",
    "routing",
    "the cheapest path from one place to another over links with costs",
    {
        "flow": (
            ARCS,
            "for k in nodes: solver.Add(sum(x[i, j] for i, j in cost if i == k)"
            " - sum(x[i, j] for i, j in cost if j == k) == (k == source) - (k == target))",
            MOST_LEGS,
            LEAST,
        ),
        "potentials": (
            'd = {k: solver.NumVar(0, inf, f"far_{k}") for k in nodes}',
            "for i, j in cost: solver.Add(d[j] - d[i] <= cost[i, j])",
            "solver.Maximize(d[target] - d[source])",
        ),
    },
    {MOST_LEGS: "most_legs"},
    path_optimum,
    _nodes,
    bars={"potentials": "most_legs"},
)


def _ends(data: Data) -> dict[str, list[str]]:
    return {"plants": list(data["supply"]), "places": list(data["demand"])}


def transport_optimum(data: Data) -> float:
    """Return the optimum by the network simplex on integers.

    Source: Ahuja, Magnanti and Orlin, Network Flows, 1993, ch. 11 (in networkx).
    """
    graph = nx.DiGraph()
    total = round(sum(data["demand"].values()) * FINE)
    graph.add_node("from", demand=-total)
    for plant, held in data["supply"].items():
        graph.add_edge("from", ("plant", plant), capacity=round(held * FINE), weight=0)
    for place, requested in data["demand"].items():
        graph.add_node(("place", place), demand=round(requested * FINE))
    most = data.get("route_most", {})
    for (i, j), cost in data["cost"].items():
        capacity = round(most[i, j] * FINE) if (i, j) in most else total
        weight = round(cost * FINE)
        graph.add_edge(("plant", i), ("place", j), capacity=capacity, weight=weight)
    try:
        return float(nx.network_simplex(graph)[0]) / FINE**2
    except nx.NetworkXUnfeasible:
        return math.inf


ROUTE_MOST = "for i, j in route_most: solver.Add(x[i, j] <= route_most[i, j])"
PACKAGED = 'x = {(i, j): solver.NumVar(0, inf, f"ship_{i}_{j}") for i, j in cost}'
HELD = "for k in plants: solver.Add(sum(x[i, j] for i, j in cost if i == k) <= supply[k])"
MET = "for k in places: solver.Add(sum(x[i, j] for i, j in cost if j == k) {} demand[k])"
TRANSPORT = TaskKind(
    "transport",
    "routing",
    "shipments from places that have to places that need, at the least cost",
    {
        "at_least": (PACKAGED, HELD, MET.format(">="), ROUTE_MOST, LEAST),
        "exactly": (PACKAGED, HELD, MET.format("=="), ROUTE_MOST, LEAST),
    },
    {ROUTE_MOST: "route_most"},
    transport_optimum,
    _ends,
)


def _cities(data: Data) -> dict[str, list[str]]:
    rest = sorted({k for pair in data["cost"] for k in pair} - {data["start"]})
    return {"cities": [data["start"], *rest]}


def tour_optimum(data: Data) -> float:
    """Return the cheapest of all orders."""
    cities = _cities(data)["cities"]
    orders = np.array(list(permutations(range(1, len(cities)))))
    orders = np.concatenate([np.zeros((len(orders), 1), int), orders], 1)
    costs = _matrix(data, cities)
    total = costs[orders, np.roll(orders, -1, 1)].sum(1)
    place = orders.argsort(1)
    for a, b in data.get("before", ()):
        wrong = place[:, cities.index(a)] >= place[:, cities.index(b)]
        total = np.where(wrong, math.inf, total)
    return float(total.min())


def _matrix(data: Data, places: list[str]) -> np.ndarray:
    return np.array([[data["cost"].get((i, j), math.inf) for j in places] for i in places])


IN = "for k in {}: solver.Add(sum(x[i, j] for i, j in cost if j == k) == 1)"
OUT = "for k in {}: solver.Add(sum(x[i, j] for i, j in cost if i == k) == 1)"
BEFORE = "for a, b in before: solver.Add(u[a] + 1 <= u[b])"
PLACES = (
    'u = {k: solver.NumVar(1, len(cities), f"place_{k}") for k in cities}',
    "for i, j in [(i, j) for i, j in cost if j != start]:"
    " solver.Add(u[i] + 1 <= u[j] + len(cities) * (1 - x[i, j]))",
)
NO_PAIRS = (
    "for i, j in [(i, j) for i, j in cost if i < j and (j, i) in cost and len(cities) > 2]:"
    " solver.Add(x[i, j] + x[j, i] <= 1)"
)
ONCE = (IN.format("cities"), OUT.format("cities"))
TOUR = TaskKind(
    "tour",
    "routing",
    "the cheapest round trip that sees every place once",
    {
        "places": (ARCS, *ONCE, *PLACES, BEFORE, LEAST),
        "places_tight": (ARCS, *ONCE, *PLACES, NO_PAIRS, BEFORE, LEAST),
        "flow": (
            ARCS,
            *ONCE,
            'f = {(i, j): solver.NumVar(0, inf, f"load_{i}_{j}") for i, j in cost}',
            "for i, j in cost: solver.Add(f[i, j] <= (len(cities) - 1) * x[i, j])",
            "for k in [k for k in cities if k != start]:"
            " solver.Add(sum(f[i, j] for i, j in cost if j == k)"
            " - sum(f[i, j] for i, j in cost if i == k) == 1)",
            LEAST,
        ),
    },
    {BEFORE: "before"},
    tour_optimum,
    _cities,
    bars={"flow": "before"},
    tight=("places_tight",),
    scale=lambda data: math.factorial(len(_cities(data)["cities"]) - 1),
)


def vehicles_optimum(data: Data) -> float:
    """Return the optimum over all partitions of the places among vehicles, each on its best tour.

    Source: Held and Karp, 1962 (tours); Eilon, Watson-Gandy and Christofides, 1971.
    """
    places = list(data["demand"])
    n, cost, home = len(places), data["cost"], data["depot"]
    go = np.array([[cost.get((i, j), math.inf) for j in places] for i in places])
    out = np.array([cost.get((home, j), math.inf) for j in places])
    back = np.array([cost.get((i, home), math.inf) for i in places])
    load = np.array([data["demand"][k] for k in places])
    ends = np.full((1 << n, n), math.inf)  # the cheapest way out that ends at a place
    for k in range(n):
        ends[1 << k, k] = out[k]
    for held in range(1, 1 << n):
        for k in range(n):
            if not held >> k & 1:
                follow = (ends[held] + go[:, k]).min()
                ends[held | 1 << k, k] = min(ends[held | 1 << k, k], follow)
    inside = (np.arange(1 << n)[:, None] >> np.arange(n)) & 1
    route = np.where(inside @ load <= data["capacity"] + 1e-9, (ends + back).min(1), math.inf)
    best = np.full(1 << n, math.inf)
    best[0] = 0.0
    for _ in range(int(min(data.get("fleet", n), n))):
        after = best.copy()
        for held in range(1, 1 << n):
            part = held
            while part:
                after[held] = min(after[held], best[held ^ part] + route[part])
                part = (part - 1) & held
        best = after
    return float(best[-1])


FLEET = "solver.Add(sum(x[i, j] for i, j in cost if i == depot) <= fleet)"
VEHICLES = TaskKind(
    "vehicles",
    "routing",
    "routes of vehicles with a capacity, from a depot and back",
    {
        "loads": (
            ARCS,
            IN.format("demand"),
            OUT.format("demand"),
            'u = {k: solver.NumVar(demand[k], capacity, f"load_{k}") for k in demand}',
            "for i, j in [(i, j) for i, j in cost if i in demand and j in demand]:"
            " solver.Add(u[j] >= u[i] + demand[j] - capacity * (1 - x[i, j]))",
            FLEET,
            LEAST,
        ),
        "flow": (
            ARCS,
            IN.format("demand"),
            OUT.format("demand"),
            'f = {(i, j): solver.NumVar(0, inf, f"load_{i}_{j}") for i, j in cost}',
            "for i, j in cost: solver.Add(f[i, j] <= capacity * x[i, j])",
            "for k in demand: solver.Add(sum(f[i, j] for i, j in cost if j == k)"
            " - sum(f[i, j] for i, j in cost if i == k) == demand[k])",
            FLEET,
            LEAST,
        ),
    },
    {FLEET: "fleet"},
    vehicles_optimum,
    lambda data: {},
    scale=lambda data: (
        3.0 ** len(data["demand"])
        * min(data.get("fleet", len(data["demand"])), len(data["demand"]))
    ),
)
