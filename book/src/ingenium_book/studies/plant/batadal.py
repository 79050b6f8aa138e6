"""Records of BATADAL that a user fetched: a year without attacks, and one with seven of them.

The files are not shipped: batadal.net gives them out. Their folder stands in `INGENIUM_BATADAL`.

Source: Taormina et al., J. Water Resour. Plan. Manag. 144(8), 2018.
"""

from itertools import pairwise

import numpy as np

from ingenium.monitor import tables
from ingenium.monitor.splitting import Parts
from ingenium.monitor.stream import Stream, pieces
from ingenium_book.owned import owned

PLACE = "INGENIUM_BATADAL"
CALM, ATTACKED = "BATADAL_dataset03.csv", "BATADAL_dataset04.csv"
FOLDS, WEEK = 3, 168  # turns, and rows of a week
SETTING, LEARNED = (0,), (1, 3)  # of every five weeks of the year


def records() -> tuple[Stream, Stream]:
    """The year without attacks, and the months with them.

    Raises:
        InputError: if nothing says where they are, or they are not there.
    """
    normal, attacked = owned(PLACE, (CALM, ATTACKED), "batadal.net")
    return tables.read(normal), tables.read(attacked)


def distance(record: Stream) -> list[Stream]:
    """Parts with an attack each, cut in the middle between two of them."""
    middles = [(a.last + b.first) // 2 for a, b in pairwise(record.events)]
    return [record.cut(a, b) for a, b in pairwise([0, *middles, len(record.values)])]


def folds() -> list[Parts]:
    """Each attack judges once; others set the bar, and the rest and the year are learned from."""
    year, attacked = records()
    parts = distance(attacked)
    place = np.arange(len(year.values) // WEEK) % 5
    setting, own = (
        [w for w, i in zip(pieces([year], WEEK), place, strict=True) if i in chosen]
        for chosen in (SETTING, LEARNED)
    )
    found = []
    for fold in range(FOLDS):
        judging, bars, learned = (parts[(fold + i) % FOLDS :: FOLDS] for i in range(3))
        found.append(Parts((*own, *learned), (*setting, *bars), tuple(judging)))
    return found
