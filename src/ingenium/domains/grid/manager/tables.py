"""Known tables: votes of optima, improved entry by entry on the weeks that they were voted from.

Shapes: w weeks, h hours; b, p, c, d layers of surplus, price, charge and period.
"""

import numpy as np
from jaxtyping import Int64

from ingenium.domains.grid.manager.engine import ACTIONS, SHAPE, moved, optimum, run
from ingenium.domains.grid.manager.home import HomeWeeks, ManagedHome, charge_layer

ROUNDS, TRIED = 8, 40  # entries that are changed in each round


def voted(home: ManagedHome, weeks: HomeWeeks) -> Int64[np.ndarray, "b p c d"]:
    """Return the table of actions nearest to the moves of the optima, by majority."""
    best = optimum(home, weeks)
    balance, price, period = home.layers(weeks)
    votes = np.zeros((*SHAPE, ACTIONS))
    every = np.stack([
        moved(home.settings, weeks.surplus_kw, best.units, np.full(best.units.shape, a))
        for a in range(ACTIONS)
    ])  # fmt: skip
    off = np.abs(every - best.moves)
    chosen = off.argmin(0)
    counted = off.max(0) > off.min(0)  # hours in which the action matters
    at = tuple(x[counted] for x in (balance, price, charge_layer(best.units), period, chosen))
    np.add.at(votes, at, 1.0)
    return np.asarray(votes.argmax(-1))


def improved(
    home: ManagedHome,
    weeks: HomeWeeks,
    table: Int64[np.ndarray, "b p c d"],
    rng: np.random.Generator,
) -> Int64[np.ndarray, "b p c d"]:
    """Return the table after rounds of changes, each retained where the cost falls."""
    best, count = table.copy(), ACTIONS * TRIED
    for _ in range(ROUNDS):  # each starts from the changes of those before it
        entries = rng.permutation(table.size)[:TRIED]
        every = np.repeat(best[None], count + 2, 0)
        flat, which = every.reshape(count + 2, -1), np.arange(count).reshape(TRIED, ACTIONS)
        flat[which, entries[:, None]] = np.arange(ACTIONS)
        cost = run(home, weeks, every[:count]).cost.mean(1).reshape(TRIED, ACTIONS)
        flat[count, entries] = cost.argmin(1)  # all changes together, and then the best alone
        flat[count + 1] = flat[int(which.ravel()[cost.argmin()])]
        last = every[count - 1 :].copy()
        last[0] = best
        best = last[int(run(home, weeks, last).cost.mean(1).argmin())].copy()
    return best
