"""Weather of a year of hours from an EPW file, read strictly; and a declared year of no place.

Source: EnergyPlus, Auxiliary Programs, ch. 2 (format of weather files).
"""

import math
from dataclasses import dataclass
from functools import cache, cached_property

import numpy as np
from jaxtyping import Float64

from ingenium.core.digest import content_digest
from ingenium.core.errors import InputError
from ingenium.domains.buildings.envelope.sun import erbs, extraterrestrial, position
from ingenium.domains.buildings.envelope.use import HOURS, MONTH_DAYS, month

Hours = Float64[np.ndarray, "8760"]
HEADS = (
    "LOCATION", "DESIGN CONDITIONS", "TYPICAL/EXTREME PERIODS", "GROUND TEMPERATURES",
    "HOLIDAYS/DAYLIGHT SAVINGS", "COMMENTS 1", "COMMENTS 2", "DATA PERIODS",
)  # fmt: skip
FIELDS = 35  # of an hour, of which some writers leave the last ones out
FEWEST = 22
# column, lowest, highest and the number that stands for a missing value
READ = {
    "dry_bulb": (6, -70.0, 70.0, 99.9),
    "dew_point": (7, -70.0, 70.0, 99.9),
    "humidity": (8, 0.0, 110.0, 999.0),
    "pressure": (9, 31000.0, 120000.0, 999999.0),
    "infrared": (12, 0.0, 1000.0, 9999.0),
    "beam": (14, 0.0, 1500.0, 9999.0),
    "diffuse": (15, 0.0, 1500.0, 9999.0),
    "wind": (21, 0.0, 40.0, 999.0),
}
MOST = 4 << 20  # bytes
DEPTH_M = 1.5  # at which the ground below the soil layer has its undisturbed temperature
DIFFUSIVITY = 0.055  # m2/day, of soil
FAHRENHEIT = 45.0  # deg C, a yearly mean beyond which it is another unit


@dataclass(frozen=True, eq=False)
class WeatherYear:
    """A year of hours and its place; `text` is the file that EnergyPlus reads."""

    name: str
    text: str
    latitude: float
    longitude: float
    zone_h: float  # of local time, before Greenwich
    elevation_m: float
    dry_bulb: Hours
    dew_point: Hours
    infrared: Hours
    beam: Hours
    diffuse: Hours
    wind: Hours
    pressure: Hours

    @classmethod
    def of(cls, data: bytes, name: str) -> "WeatherYear":
        """Read an EPW file.

        Raises:
            InputError: for a file that is no year of 8760 hours, with gaps or impossible values.
        """
        text = _text(data)
        lines = text.splitlines()
        heads = [line.split(",")[0].strip().upper() for line in lines[: len(HEADS)]]
        if tuple(heads) != HEADS:
            raise InputError(f"an EPW file that begins with {HEADS[0]}", f"{heads[:1]}"[:60])
        place = _place(lines[0])
        rows = [line.split(",") for line in lines[len(HEADS) :] if line.strip()]
        _check_hours(rows)
        found = {k: _column(rows, k) for k in READ}
        mean = float(found["dry_bulb"].mean())
        if mean > FAHRENHEIT:
            raise InputError(
                "dry-bulb temperatures in deg C",
                f"a yearly mean of {mean:.0f} (Fahrenheit?)",
                "Convert them.",
            )
        infrared, beam, diffuse, wind = (found[k] for k in ("infrared", "beam", "diffuse", "wind"))
        if float((beam + diffuse).max()) <= 0:
            raise InputError("a year with sun", "no radiation in any hour")
        return cls(name, text, *place, found["dry_bulb"], found["dew_point"], infrared, beam,
                   diffuse, wind, found["pressure"])  # fmt: skip

    @property
    def digest(self) -> str:
        """Digest of the file."""
        return content_digest(self.text.encode("ascii"))

    @cached_property
    def monthly(self) -> Float64[np.ndarray, "12"]:
        """Mean temperature of each month."""
        count = 24 * np.array(MONTH_DAYS)
        sums = np.bincount(month(), self.dry_bulb)
        mean: Float64[np.ndarray, 12] = sums / count
        return mean

    @cached_property
    def ground(self) -> Float64[np.ndarray, "12"]:
        """Temperature of undisturbed ground in the middle of each month.

        Source: Kusuda and Achenbach, Earth temperature and thermal diffusivity, ASHRAE
        Transactions 71, 1965.
        """
        middle = np.cumsum(MONTH_DAYS) - np.array(MONTH_DAYS) / 2
        wave = np.exp(-2j * math.pi * middle / 365)
        first = 2 * (self.monthly * wave).mean()
        decay = math.sqrt(math.pi / (365 * DIFFUSIVITY))
        phase = 2 * math.pi * middle / 365 + np.angle(first) - DEPTH_M * decay
        swing = abs(first) * math.exp(-DEPTH_M * decay)
        found: Float64[np.ndarray, 12] = np.round(self.dry_bulb.mean() + swing * np.cos(phase), 2)
        return found


def vapour(dew_point: Hours, pressure: Hours) -> Hours:
    """Return the humidity ratio of air with this dew point (kg/kg).

    Source: Magnus' formula with the constants of WMO-No. 8, 2018.
    """
    partial = 611.2 * np.exp(17.62 * dew_point / (243.12 + dew_point))
    found: Hours = 0.622 * partial / (pressure - partial)
    return found


def _text(data: bytes) -> str:
    if len(data) > MOST:
        raise InputError(f"an EPW file of at most {MOST >> 20} MB", f"{len(data) >> 20} MB")
    try:
        return data.decode("ascii")
    except UnicodeDecodeError:
        text = data.decode("latin-1")  # names of places
        return text.encode("ascii", "replace").decode("ascii")


def _place(line: str) -> tuple[float, float, float, float]:
    cells = line.split(",")
    try:
        latitude, longitude, zone, elevation = (float(c) for c in cells[6:10])
    except ValueError:
        raise InputError("latitude, longitude, time zone and elevation", line[:80]) from None
    if not (abs(latitude) <= 90 and abs(longitude) <= 180 and abs(zone) <= 14):
        raise InputError("a place on Earth", f"{latitude:g}, {longitude:g}, {zone:g}")
    if not -500 <= elevation <= 6500:
        feet = " (feet?)" if elevation > 0 else ""
        raise InputError("an elevation from -500 to 6500 m", f"{elevation:g}{feet}")
    return latitude, longitude, zone, elevation


def _check_hours(rows: list[list[str]]) -> None:
    """Refuse anything but each hour of a year of 365 days, in order."""
    expected = ((m + 1, d + 1, h + 1) for m, days in enumerate(MONTH_DAYS)
                for d in range(days) for h in range(24))  # fmt: skip
    for k, (row, hour) in enumerate(zip(rows, expected, strict=False)):
        if not FEWEST <= len(row) <= FIELDS:
            raise InputError(f"{FIELDS} values an hour", f"{len(row)} in hour {k + 1}")
        if [c.strip() for c in row[1:4]] != [str(x) for x in hour]:
            got = "/".join(row[1:4])
            raise InputError(
                f"month {hour[0]}, day {hour[1]}, hour {hour[2]} in row {k + 1} of the weather",
                f"{got} (a gap?)",
                "Fill gaps; leap days and periods of part of a year are not read.",
            )
    if len(rows) != HOURS:
        raise InputError(f"{HOURS} hours of weather", f"{len(rows)}", "Fill gaps.")


def _column(rows: list[list[str]], name: str) -> Hours:
    place, low, high, missing = READ[name]
    try:
        found = np.array([float(r[place]) for r in rows])
    except ValueError:
        odd = next(k for k, r in enumerate(rows) if not _is_number(r[place]))
        raise InputError(
            f"a number as {name} in hour {odd + 1}", f"{rows[odd][place]!r}"[:40]
        ) from None
    bad = ~((found >= low) & (found <= high)) | (found >= missing)
    if bad.any():
        k = int(bad.argmax())
        gap = "a missing value" if found[k] >= missing else f"{found[k]:g}"
        raise InputError(
            f"{name.replace('_', ' ')} from {low:g} to {high:g} in every hour",
            f"{gap} in hour {k + 1}, and {int(bad.sum())} in all",
            "Fill gaps of the weather file.",
        )
    return found


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


@cache
def declared(latitude: float = 50.0) -> WeatherYear:
    """Return a temperate year by formula, for tests and first looks: it is of no place.

    Sources: clear-sky index by day as an autoregressive process; diffuse share after Erbs et al.,
    1982; infrared radiation of the sky after Clark and Allen with its cloud factor.
    """
    rng = np.random.default_rng(20)
    day, hour = np.arange(HOURS) // 24, np.arange(HOURS) % 24
    slow = _process(rng, 365, 0.8)[day] * 3.0
    sky = np.clip(0.5 + 0.22 * _process(rng, 365, 0.5)[day], 0.12, 0.78)
    yearly = -np.cos(2 * np.pi * (day - 20) / 365)
    daily = -np.cos(2 * np.pi * (hour - 3) / 24)
    dry = 9.5 + 9.5 * yearly + (2.0 + 5.0 * sky) * daily * (0.7 + 0.3 * yearly) + slow
    dew = np.minimum(dry - 1.0, dry - 3.0 - 4.0 * sky)
    sun = position(latitude, 0.0, 0.0)
    total = np.where(sun.up, sky * extraterrestrial() * np.maximum(sun.sine, 0.0), 0.0)
    diffuse = np.where(sun.sine > 0.05, total * erbs(sky), total)
    beam = np.where(sun.sine > 0.05, (total - diffuse) / np.maximum(sun.sine, 0.05), 0.0)
    cloud = np.clip((0.75 - sky) / 0.6, 0.0, 1.0)
    emittance = (0.787 + 0.764 * np.log((dew + 273.15) / 273.0)) * (1 + 0.22 * cloud**2.75)
    infrared = emittance * 5.6697e-8 * (dry + 273.15) ** 4
    wind = np.clip(3.0 + 1.2 * _process(rng, 365, 0.6)[day] + 0.6 * daily, 0.3, 12.0)
    humidity = 100 * np.exp(17.625 * dew / (243.04 + dew) - 17.625 * dry / (243.04 + dry))
    columns = np.stack([dry, dew, humidity, infrared, beam, diffuse, wind], 1).round(1)
    text = _written(latitude, columns, total)
    return WeatherYear.of(text.encode("ascii"), "declared")


def _process(rng: np.random.Generator, steps: int, memory: float) -> np.ndarray:
    out, value = np.empty(steps), 0.0
    for k, noise in enumerate(rng.standard_normal(steps)):
        value = memory * value + math.sqrt(1 - memory**2) * noise
        out[k] = value
    return out


def _written(latitude: float, columns: np.ndarray, total: np.ndarray) -> str:
    first = [
        f"LOCATION,Declared,-,-,Formula,0,{latitude:g},0.0,0.0,50.0",
        "DESIGN CONDITIONS,0", "TYPICAL/EXTREME PERIODS,0", "GROUND TEMPERATURES,0",
        "HOLIDAYS/DAYLIGHT SAVINGS,No,0,0,0", "COMMENTS 1,by formula", "COMMENTS 2,of no place",
        "DATA PERIODS,1,1,Data,Monday, 1/ 1,12/31",
    ]  # fmt: skip
    stamps = [(m + 1, d + 1, h + 1) for m, days in enumerate(MONTH_DAYS)
              for d in range(days) for h in range(24)]  # fmt: skip
    rows = []
    for (m, d, h), row, sun in zip(stamps, columns.tolist(), total.tolist(), strict=True):
        dry, dew, humid, infrared, beam, diffuse, wind = row
        cells = [2001, m, d, h, 0, "", dry, dew, humid, 100700, 0, 0, infrared, round(sun, 1), beam,
                 diffuse, 0, 0, 0, 0, 180, wind, 5, 5, 20.0, 3000, 9, 999999999, 15, 0.1, 0, 88,
                 0.2, 0.0, 0.0]  # fmt: skip
        rows.append(",".join(map(str, cells)))
    return "\n".join([*first, *rows]) + "\n"
