"""File of bids: a net curve for each hour, and reserve for each block, as CSV.

A row states the position from its price on: sold above 0, bought below 0. The first row of an hour
has the lowest price of the auction. Reserve is offered at any price, in both directions.
"""

import datetime as dt
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Literal

import numpy as np
import pandas as pd
import torch
import xarray as xr

from ingenium.core.designs import DESIGN, to_dataset
from ingenium.core.errors import InputError
from ingenium.core.quantity import Variable
from ingenium.core.reading.files import numbered
from ingenium.core.reading.tables import read_table
from ingenium.domains.grid.bids.market import BLOCK_H, BLOCKS, BidMarket, offset_h
from ingenium.domains.grid.storage.prices import HOURS

HEADS = ("product", "delivery_start", "delivery_end", "price_eur_per_mwh", "volume_mw")
HOUR, RESERVE = "hour", "reserve"
CSV = "a CSV of bids"


@dataclass(frozen=True, eq=False)
class BidCsv:
    """A CSV file of the bids of a day."""

    market: BidMarket
    variables: tuple[Variable, ...]
    labels: dict[str, Any]
    name: str = "csv"
    endings: ClassVar[tuple[str, ...]] = (".csv",)

    @property
    def separate(self) -> Literal[True]:
        return True

    def write(self, designs: xr.Dataset, folder: Path) -> dict[int, Path]:
        """Write `bids_000000.csv` and so on."""
        paths, fixed = {}, self._fixed()
        limits, net, reserve = (
            designs[v.name].to_numpy().astype(np.float64) for v in self.variables
        )
        for i, number in enumerate(designs[DESIGN].to_numpy().tolist()):  # a file for each
            lowest = np.full((1, HOURS), self.market.rules.lowest)
            price = np.concatenate([lowest, limits[i]]).T.ravel()
            columns = (*fixed, np.concatenate([price, np.zeros(BLOCKS)]),
                       np.concatenate([net[i].T.ravel(), reserve[i]]))  # fmt: skip
            paths[number] = folder / f"bids_{number:06d}.csv"
            frame = pd.DataFrame(dict(zip(HEADS, columns, strict=True)))
            frame.to_csv(paths[number], index=False, lineterminator="\n")
        return paths

    def read(self, path: Path) -> xr.Dataset:
        """Read a file, or all of a folder.

        Raises:
            InputError: for other products or hours, or a curve that does not begin at the lowest
                price.
        """
        files, index = numbered(path, "*.csv", CSV)
        rows = [self._one(file) for file in files]
        own = tuple(torch.as_tensor(np.stack(x)) for x in zip(*rows, strict=True))
        return to_dataset(own, self.variables, self.labels, index=np.array(index))

    def _fixed(self) -> tuple[list[str], list[str], list[str]]:
        """Products, and stamps of their starts and ends."""
        steps = self.market.rules.steps + 1
        hours = [h for h in range(HOURS) for _ in range(steps)]
        starts = [*hours, *range(0, HOURS, BLOCK_H)]
        ends = [*(h + 1 for h in hours), *range(BLOCK_H, HOURS + 1, BLOCK_H)]
        products = [HOUR] * len(hours) + [RESERVE] * BLOCKS
        return products, [self._stamp(h) for h in starts], [self._stamp(h) for h in ends]

    def _stamp(self, hour: int) -> str:
        date = dt.date.fromisoformat(self.market.settings.date)
        day, rest = divmod(hour, HOURS)
        return f"{date + dt.timedelta(day)}T{rest:02d}:00+0{offset_h(date)}:00"

    def _one(self, file: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        fixed = self._fixed()
        table = read_table(file, CSV, delimiter=",", exact=True)
        table.expect(list(HEADS), len(fixed[0]))
        for head, texts in zip(HEADS, fixed, strict=False):
            found = table.texts(head)
            if found != texts:
                at = next(i for i, (a, b) in enumerate(zip(found, texts, strict=True)) if a != b)
                raise InputError(f"{texts[at]!r}", f"{found[at]!r} in {table.place(at, head)}",
                                 "Write a row for each limit of each hour, and then the blocks of "
                                 "reserve; stamps are in local time.")  # fmt: skip
        price, volume = table.block(HEADS[3:])
        if not np.isfinite([price, volume]).all():
            raise InputError(f"{CSV} of finite numbers", f"others in {file}")
        steps = self.market.rules.steps + 1
        curve = price[:-BLOCKS].reshape(HOURS, steps).T
        first = np.concatenate([curve[0], price[-BLOCKS:]])
        due = np.concatenate([np.full(HOURS, self.market.rules.lowest), np.zeros(BLOCKS)])
        if (first != due).any():
            at = int((first != due).argmax())
            row = at * steps if at < HOURS else len(price) - BLOCKS + at - HOURS
            raise InputError(f"a curve from {due[at]:g} EUR/MWh on, and reserve at 0",
                             f"{first[at]:g} in {table.place(row, HEADS[3])}")  # fmt: skip
        return curve[1:].copy(), volume[:-BLOCKS].reshape(HOURS, steps).T.copy(), volume[-BLOCKS:]
