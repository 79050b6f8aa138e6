"""Compiled balance of every hour of a plant; its columns are those of `hourly.COLUMNS`.

Source: the form of the fuel curve, an idle part of the size and a part of the power, is that of
    Lambert, Gilman and Lilienthal, Micropower system modeling with HOMER, 2006, section 15.2.
"""

from typing import no_type_check

from numba import njit

IDLE_L, FUEL_L = 0.08, 0.25  # litres an hour and kW of size while diesel runs, and a kWh


@njit(cache=True)
@no_type_check
def run(size, series, made, way, power_share, pv_fade, fade):
    """Fill `made` with the energies of each size and year."""
    for i in range(size.shape[0]):
        charge = 0.5 * size[i, 2]
        for y in range(made.shape[1]):
            sun = size[i, 0] * (1.0 - pv_fade) ** y
            full = size[i, 2] * (1.0 - fade) ** y
            charge = min(charge, full)
            most = power_share * size[i, 2]
            out = made[i, y]
            for h in range(series.shape[1]):
                load, pv, wind = series[0, h], sun * series[1, h], size[i, 1] * series[2, h]
                rest = load - pv - wind
                into, given, diesel, lost, missed = 0.0, 0.0, 0.0, 0.0, 0.0
                before = charge
                if rest < 0.0:
                    into = min(-rest, most, (full - charge) / way)
                    charge += into * way
                    lost = -rest - into
                else:
                    given = min(rest, most, charge * way)
                    charge = max(charge - given / way, 0.0)
                    diesel = min(rest - given, size[i, 3])
                    missed = rest - given - diesel
                gap = abs(pv + wind + given + diesel + missed - load - into - lost)
                gap = max(gap, abs(charge - before - into * way + given / way))
                out[0] += load
                out[1] += pv
                out[2] += wind
                out[3] += into
                out[4] += given
                out[5] += diesel
                out[6] += missed
                out[7] += lost
                out[8] = max(out[8], gap)
                out[9] += FUEL_L * diesel + (IDLE_L * size[i, 3] if diesel > 0.0 else 0.0)
