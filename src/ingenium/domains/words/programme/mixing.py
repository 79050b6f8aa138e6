"""Kinds of mixing: a diet, a blend of given qualities, and the most profitable product mix."""

import math
from itertools import combinations

import numpy as np

from ingenium.domains.words.programme.task import Data, TaskKind

TINY = 1e-7
Rows = list[tuple[list[float], float]]  # shares, and what they may be at most


def best_corner(cost: list[float], most: Rows, equal: Rows) -> float:
    """Enumerate all corners of the feasible set for the least cost, without a simplex method.

    Costs are not negative, or the feasible set is bounded.

    Shapes: v variables, r rows.
    """
    v = len(cost)
    rows = [*most, *(([-float(i == k) for i in range(v)], 0.0) for k in range(v))]
    a = np.array([r for r, _ in rows]).reshape(-1, v)
    b = np.array([x for _, x in rows])
    fixed = np.array([r for r, _ in equal]).reshape(-1, v)
    level = np.array([x for _, x in equal])
    chosen = np.array(list(combinations(range(len(rows)), v - len(equal))))
    left = np.concatenate([a[chosen], np.tile(fixed, (len(chosen), 1, 1))], 1)
    right = np.concatenate([b[chosen], np.tile(level, (len(chosen), 1))], 1)
    sound = np.abs(np.linalg.det(left)) > 1e-12
    if not sound.any():
        return math.inf
    corner = np.linalg.solve(left[sound], right[sound][..., None])[..., 0]
    slack = TINY * (1 + np.abs(b))
    inside = (corner @ a.T <= b + slack).all(1)
    inside &= (np.abs(corner @ fixed.T - level) <= TINY * (1 + np.abs(level))).all(1)
    return float((corner[inside] @ np.array(cost)).min()) if inside.any() else math.inf


def corners(rows: int, variables: int) -> float:
    """Count the corners that are enumerated."""
    return float(math.comb(rows + variables, variables))


def _unit(names: list[str], one: str) -> list[float]:
    return [float(name == one) for name in names]


def diet_optimum(data: Data) -> float:
    """Return the optimum of a diet over all corners."""
    foods, content = list(data["price"]), data["content"]

    def shares(of: str, sign: float) -> list[float]:
        return [sign * content.get((f, of), 0.0) for f in foods]

    rows = [(shares(n, -1.0), -least) for n, least in data.get("least", {}).items()]
    rows += [(shares(n, 1.0), most) for n, most in data.get("most", {}).items()]
    rows += [(_unit(foods, f), most) for f, most in data.get("most_food", {}).items()]
    return best_corner(list(data["price"].values()), rows, [])


def _diet_cases(data: Data) -> float:
    rows = sum(len(data.get(k, ())) for k in ("least", "most", "most_food", "stock"))
    return corners(rows, len(data["price"])) * len(data["price"])


CONTENT = "sum(content[i, n] * x[i] for i in price if (i, n) in content)"
EATEN = 'x = {i: solver.NumVar(0, inf, f"{i}") for i in price}'
LEAST = f"for n in least: solver.Add({CONTENT} >= least[n])"
MOST = f"for n in most: solver.Add({CONTENT} <= most[n])"
MOST_FOOD = "for i in most_food: solver.Add(x[i] <= most_food[i])"
CHEAPEST = "solver.Minimize(sum(price[i] * x[i] for i in price))"
DIET = TaskKind(
    "diet",
    "mixing",
    "foods that hold enough of everything at the least cost",
    {
        "amounts": (EATEN, LEAST, MOST, MOST_FOOD, CHEAPEST),
        "limits_first": (EATEN, MOST_FOOD, MOST, LEAST, CHEAPEST),
    },
    {LEAST: "least", MOST: "most", MOST_FOOD: "most_food"},
    diet_optimum,
    lambda data: {},
    scale=_diet_cases,
)


def blend_optimum(data: Data) -> float:
    """Return the optimum of a blend over all corners."""
    parts, amount = list(data["price"]), float(data["amount"])

    def over(of: str, bound: float, sign: float) -> list[float]:
        return [sign * (data["content"].get((p, of), 0.0) - bound) for p in parts]

    rows = [(over(q, least, -1.0), 0.0) for q, least in data.get("least", {}).items()]
    rows += [(over(q, most, 1.0), 0.0) for q, most in data.get("most", {}).items()]
    rows += [(_unit(parts, p), held) for p, held in data.get("stock", {}).items()]
    return best_corner(list(data["price"].values()), rows, [([1.0] * len(parts), amount)])


WHOLE = "solver.Add(sum(x[i] for i in price) == {})"
BLEND_LEAST = f"for n in least: solver.Add({CONTENT} >= least[n] * {{}})"
BLEND_MOST = f"for n in most: solver.Add({CONTENT} <= most[n] * {{}})"
STOCK = "for i in stock: solver.Add({}x[i] <= stock[i])"
BLEND = TaskKind(
    "blend",
    "mixing",
    "a mixture of given qualities at the least cost",
    {
        "amounts": (
            EATEN,
            WHOLE.format("amount"),
            BLEND_LEAST.format("amount"),
            BLEND_MOST.format("amount"),
            STOCK.format(""),
            CHEAPEST,
        ),
        "shares": (
            EATEN,
            WHOLE.format("1"),
            BLEND_LEAST.format("1"),
            BLEND_MOST.format("1"),
            STOCK.format("amount * "),
            "solver.Minimize(sum(amount * price[i] * x[i] for i in price))",
        ),
    },
    {
        line.format(word): entry
        for line, entry in ((BLEND_LEAST, "least"), (BLEND_MOST, "most"))
        for word in ("amount", "1")
    }
    | {STOCK.format(word): "stock" for word in ("", "amount * ")},
    blend_optimum,
    lambda data: {},
    scale=_diet_cases,
)


def product_optimum(data: Data) -> float:
    """Return the optimum of a product mix over all corners, or over all integers."""
    goods, use = list(data["profit"]), data["use"]
    rows = [([use.get((p, r), 0.0) for p in goods], h) for r, h in data["have"].items()]
    rows += [(_unit(goods, p), most) for p, most in data.get("most", {}).items()]
    profit = np.array(list(data["profit"].values()))
    if not all(any(shares[i] > 0 for shares, _ in rows) for i in range(len(goods))):
        return math.nan  # an unlimited product
    if not data.get("whole"):
        return -best_corner((-profit).tolist(), rows, [])
    axes = [np.arange(limit + 1) for limit in _reach(rows, len(goods))]
    points = np.stack([g.ravel() for g in np.meshgrid(*axes, indexing="ij")], 1)
    a, b = np.array([r for r, _ in rows]), np.array([x for _, x in rows])
    inside = (points @ a.T <= b + TINY).all(1)
    return float((points[inside] @ profit).max())


def _reach(rows: Rows, goods: int) -> list[int]:
    """Return how many of each product are possible alone."""
    return [int(min(b / r[i] for r, b in rows if r[i] > 0) + TINY) for i in range(goods)]


def _product_cases(data: Data) -> float:
    goods = list(data["profit"])
    if not data.get("whole"):
        count = len(data["have"]) + len(data.get("most", ()))
        return corners(count, len(goods)) * len(goods)
    use = data["use"]
    rows: Rows = [([use.get((p, r), 0.0) for p in goods], h) for r, h in data["have"].items()]
    limited = all(any(shares[i] > 0 for shares, _ in rows) for i in range(len(goods)))
    return math.prod([x + 1.0 for x in _reach(rows, len(goods))]) if limited else 0.0


MADE = 'x = {i: solver.NumVar(0, inf, f"{i}") for i in profit}'
PIECES = 'x = {i: solver.IntVar(0, inf, f"{i}") for i in profit}'
USED = (
    "for r in have: solver.Add(sum(use[i, r] * x[i] for i in profit if (i, r) in use) <= have[r])"
)
SOLD = "for i in most: solver.Add(x[i] <= most[i])"
EARNED = "solver.Maximize(sum(profit[i] * x[i] for i in profit))"
PRODUCT = TaskKind(
    "product",
    "mixing",
    "how much to make of each product so that it earns most",
    {
        "pieces": (PIECES, USED, SOLD, EARNED),
        "amounts": (MADE, USED, SOLD, EARNED),
        "amounts_sold": (MADE, SOLD, USED, EARNED),
    },
    {SOLD: "most", PIECES: "whole"},
    product_optimum,
    lambda data: {},
    bars={"amounts": "whole", "amounts_sold": "whole"},
    scale=_product_cases,
    most=True,
)
