"""Day-ahead prices with their point forecasts: EPEX files, a user's CSV, or a declared process.

Shapes: n days, h hours of a day.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
from jaxtyping import Float, Shaped

from ingenium.core.errors import InputError
from ingenium.core.reading.days import local_days
from ingenium.core.reading.tables import read_table
from ingenium.core.scenarios import scenario_rng

HOURS = 24
EPEX, EPEX_FOLDER = "epex_de", "INGENIUM_EPEX_DE"
EPEX_FILE = "epex_de_dayahead_2019_2023.csv.gz"
LEAR = tuple(f"lear_forecast_{i}" for i in range(1, 5))
WHAT = "a CSV of prices with the columns time and price_eur_per_mwh, and forecast_eur_per_mwh"
ERRORS = 60  # days before the day whose forecast errors are sampled
FEWEST = 14  # of them
IN_KWH = 2.0  # EUR/MWh; a median below it is a price of a kWh
DAILY_SD, HOURLY_SD, PERSISTENCE = 15.0, 10.0, 0.8  # EUR/MWh, of the declared process


@dataclass(frozen=True, eq=False)
class PriceDay:
    """The point forecast of a day, and what samples its price."""

    forecast: Float[np.ndarray, " h"]  # EUR/MWh
    sample: Callable[[int, int], Float[np.ndarray, " h"]]  # by half (0 or 1) and scenario
    actual: Float[np.ndarray, " h"] | None  # where the day is known
    note: str


def price_day(name: str, date: str, seed: int) -> PriceDay:
    """Return the prices of a day.

    Args:
        name: "declared", "epex_de", or a CSV file.
        date: of the day, as 2022-07-14.
        seed: of the scenarios.

    Raises:
        InputError: for a file without that day or enough days before it, or in another unit.
    """
    if name == "declared":
        return _declared(seed)
    days, price, forecast, note = _epex() if name == EPEX else _own(Path(name))
    found = _of_table(days, price, forecast, date, seed, name)
    return replace(found, note=found.note + note)


def declared_shape() -> Float[np.ndarray, " h"]:
    """Return the declared forecast: peaks at 8 and 19 h, a valley of PV at 13 h (EUR/MWh)."""
    h = np.arange(HOURS) + 0.5

    def bell(at: float, wide: float) -> np.ndarray:
        return np.asarray(np.exp(-(((h - at) / wide) ** 2)))

    return np.asarray(80 + 35 * bell(8.0, 2.0) + 55 * bell(19.5, 2.5) - 70 * bell(13.0, 3.0))


def _declared(seed: int) -> PriceDay:
    forecast = declared_shape()

    def sample(half: int, scenario: int) -> Float[np.ndarray, " h"]:
        rng = scenario_rng(seed, 2 * scenario + half)
        error = np.empty(HOURS)
        now = rng.standard_normal()
        for i in range(HOURS):  # an autoregression of order 1
            error[i] = now
            now = PERSISTENCE * now + np.sqrt(1 - PERSISTENCE**2) * rng.standard_normal()
        return np.asarray(forecast + DAILY_SD * rng.standard_normal() + HOURLY_SD * error)

    note = (
        "Prices are a declared process, of no market: two peaks and a valley about 80 EUR/MWh, "
        "with autoregressive errors."
    )
    return PriceDay(forecast, sample, None, note)


Tables = tuple[Shaped[np.ndarray, " n"], Float[np.ndarray, "n h"], Float[np.ndarray, "n h"], str]


def _epex() -> Tables:
    folder = os.environ.get(EPEX_FOLDER)
    path = Path(folder or "") / EPEX_FILE
    if folder is None or not path.is_file():
        raise InputError(
            f"the folder of {EPEX_FILE} in {EPEX_FOLDER}",
            "none" if folder is None else f"no such file in {folder}",
            'Set it, or write prices = "declared" or a CSV of your own.',
        )
    frame = pd.read_csv(path)
    shape = (-1, HOURS)
    days = pd.to_datetime(frame["date"].astype(str)).to_numpy().astype("datetime64[D]")
    forecast = frame[list(LEAR)].to_numpy(np.float64).mean(1)
    price = frame["price_EUR_MWh"].to_numpy(np.float64)
    return days.reshape(shape)[:, 0], price.reshape(shape), forecast.reshape(shape), ""


def _own(path: Path) -> Tables:
    """Read a user's file; without forecasts, the same hour a week ago is one.

    Raises:
        InputError: for days with gaps, or prices of a kWh.
    """
    if not path.is_file():
        raise InputError(WHAT, f"no file at {path}", 'Write its path, or prices = "declared".')
    table = read_table(path, WHAT)
    days = local_days(table, "time", HOURS)
    price = table.numbers("price_eur_per_mwh")
    if np.median(np.abs(price)) < IN_KWH:
        raise InputError(
            "prices in EUR/MWh",
            f"a median of {np.median(np.abs(price)):.3g} in {path}",
            "They are probably EUR/kWh: multiply by 1000.",
        )
    price = days.of(price)
    if "forecast_eur_per_mwh" in table:
        return days.dates, price, days.of(table.numbers("forecast_eur_per_mwh")), days.note
    if len(price) <= 7:
        raise InputError("more than 7 days of prices, or a forecast", f"{len(price)} days")
    return days.dates[7:], price[7:], price[:-7], days.note


def _of_table(
    days: Shaped[np.ndarray, " n"],
    price: Float[np.ndarray, "n h"],
    forecast: Float[np.ndarray, "n h"],
    date: str,
    seed: int,
    name: str,
) -> PriceDay:
    at = np.flatnonzero(days == np.datetime64(date))
    if not len(at) or at[0] < FEWEST:
        last = f"{days[min(FEWEST, len(days) - 1)]} to {days[-1]}"
        raise InputError(f"a date with {FEWEST} days of prices before it: {last}", date)
    i = int(at[0])
    error = (price - forecast)[max(0, i - ERRORS) : i]

    def sample(half: int, scenario: int) -> Float[np.ndarray, " h"]:
        own = error[half::2]  # scenarios that plan and those that judge share no day
        return np.asarray(forecast[i] + own[scenario_rng(seed, scenario).integers(len(own))])

    count = int((price[i] < 0).sum())
    note = (
        f"Prices of {date} from {name}, with errors of its forecasts on {len(error)} days before."
    )
    if count:
        note += f" {count} hours of the day have negative prices."
    return PriceDay(forecast[i], sample, price[i], note)
