"""Compiled march of zones through the hours of a year; `twin` prepares its arrays.

An hour's heat in the air depends on the air at its end, linearly, so that it is solved for. Cooling
supplies air at 13 deg C, on whose coil vapour condenses: the humidity of each zone is balanced.
"""

from typing import no_type_check

import numpy as np
from numba import njit

# rows of `series`
ROOF, GROUND, DRY, REFLECTED, OCCUPIED, RUNNING, BEFORE, VAPOUR, SATURATED = range(9)
# columns of `numbers`, before those of facades
(G_VALUE, LEAK, RECOVERY, HEAT, COOL, HEAT_TO, COOL_TO, SETBACK, PREHEAT,
 FIRST) = range(10)  # fmt: skip
# entries of `constants`
(FRESH, DENSITY, PEOPLE_W, LATENT_W, LIGHT, EQUIPMENT, BY_SURFACES, ON_FLOOR, DIFFUSE, GAP,
 HIGH, IDLE_COOLING) = range(12)  # fmt: skip
# inputs
WALL, ROOF_IN, GROUND_IN, EXPOSED, WINDOW, AIR, FLOOR, SURFACES = range(8)
HEAT_J, VAPOUR_J, SUPPLY = 1006.0, 2.5e6, 13.0


@njit(cache=True)
@no_type_check
def inputs(u, h, series, wall, light, room, number, constants):
    """Fill the inputs of a zone in an hour."""
    facades = light.shape[0]
    floor = room[0]
    people = constants[PEOPLE_W] * series[OCCUPIED, h]
    running = series[RUNNING, h]
    u[WALL], u[ROOF_IN], u[GROUND_IN] = wall[h], series[ROOF, h], series[GROUND, h]
    u[EXPOSED] = u[WINDOW] = series[DRY, h]
    lamps, other = running * constants[LIGHT], running * constants[EQUIPMENT]
    u[AIR] = floor * (0.7 * people + 0.5 * lamps + 0.7 * other)
    u[SURFACES] = floor * (0.3 * people + 0.5 * lamps + 0.3 * other)
    u[FLOOR] = 0.0
    for f in range(facades):
        area = room[2 + f] * number[FIRST + f]
        if area <= 0.0:
            continue
        lit, depth = 1.0, number[FIRST + facades + f]
        if depth > 0.0:
            shade = (depth * light[f, 2, h] - constants[GAP]) / constants[HIGH]
            lit = 1.0 - min(max(shade, 0.0), 1.0)
        g = number[G_VALUE] * area
        beam = g * lit * light[f, 0, h]
        sky = number[FIRST + 2 * facades + f] * light[f, 1, h]
        rest = g * constants[DIFFUSE] * (sky + series[REFLECTED, h])
        absorbed = constants[BY_SURFACES]
        u[AIR] += (1.0 - absorbed) * (beam + rest)
        u[FLOOR] += absorbed * constants[ON_FLOOR] * beam
        u[SURFACES] += absorbed * ((1.0 - constants[ON_FLOOR]) * beam + rest)


@njit(cache=True)
@no_type_check
def settle(state, start, u, series, wall, light, room, number, constants):
    """Fill the steady state for the mean inputs of the first week."""
    first = np.zeros(8)
    for h in range(168):
        inputs(u, h, series, wall, light, room, number, constants)
        first += u / 168.0
    for m in range(len(state)):
        state[m] = 0.0
        for j in range(8):
            state[m] += start[m, j] * first[j]


@njit(cache=True)
@no_type_check
def decayed(state, decay, drive, to_air, u):
    """Advance the state by an hour of constant inputs; return the air without plant and air."""
    for m in range(len(state)):
        state[m] *= decay[m]
    for j in range(8):
        if u[j] != 0.0:
            for m in range(len(state)):
                state[m] += drive[j, m] * u[j]
    free = 0.0
    for m in range(len(state)):
        free += to_air[m] * state[m]
    return free


@njit(cache=True)
@no_type_check
def conditioned(free, effect, low, high, most, least, supplied, vapour, outside, saturated):
    """Return plant power, air, the flow and humidity of supplied air, and condensation."""
    wanted = min(max(free, low), high)
    power = min(max((wanted - free) / effect, least), most)
    air = free + effect * power
    blown = max(supplied, -power / (HEAT_J * max(air - SUPPLY, 2.0)))
    mixed = vapour
    if blown > 0.0:
        mixed += supplied / blown * (outside - vapour)
    leaving = mixed
    if power < 0.0:
        leaving = min(mixed, saturated)
    latent = min(blown * VAPOUR_J * (mixed - leaving), -least)
    if latent > power - least:  # condensation goes first, as in EnergyPlus
        power = latent + least
        air = free + effect * power
    if blown > 0.0:
        leaving = mixed - latent / (blown * VAPOUR_J)
    return power, air, blown, leaving, latent


@njit(cache=True)
@no_type_check
def entered_into(state, drive, to_radiant, radiant_now, entered, u):
    """Add heat that entered the air over the hour; return the radiant temperature."""
    radiant = radiant_now[AIR] * entered
    for m in range(len(state)):
        state[m] += drive[AIR, m] * entered
        radiant += to_radiant[m] * state[m]
    for j in range(8):
        radiant += radiant_now[j] * u[j]
    return radiant


@njit(cache=True)
@no_type_check
def march(out, modes, series, walls, light, rooms, numbers, constants, warm_up):
    """Fill temperatures, heating and cooling rates of each design, zone and hour."""
    decay, drive, to_air, to_radiant, radiant_now, start = modes
    hours, count = series.shape[1], decay.shape[1]
    u = np.zeros(8)
    state = np.zeros(count)
    for i in range(out.shape[0]):
        for s in range(out.shape[1]):
            z = i * out.shape[1] + s
            number, room, wall = numbers[i], rooms[s], walls[s]
            settle(state, start[z], u, series, wall, light, room, number, constants)
            gain = 0.0
            for m in range(count):
                gain += to_air[z, m] * drive[z, AIR, m]
            mass = room[1] * constants[DENSITY]
            leak = number[LEAK] * mass / 3600.0  # kg/s
            most, least = number[HEAT] * room[0], -number[COOL] * room[0]
            air, vapour = 20.0, series[VAPOUR, 0]
            for k in range(-warm_up, hours):
                h = k if k >= 0 else hours + k
                inputs(u, h, series, wall, light, room, number, constants)
                free = decayed(state, decay[z], drive[z], to_air[z], u)
                dry, low, high = series[DRY, h], number[SETBACK], constants[IDLE_COOLING]
                if series[BEFORE, h] <= number[PREHEAT]:
                    low, high = number[HEAT_TO], number[COOL_TO]
                supplied = constants[FRESH] * room[0] * constants[DENSITY] * series[OCCUPIED, h]
                useful = (air < 0.5 * (low + high)) == (dry < air)
                flow = HEAT_J * (leak + supplied * (1.0 - (number[RECOVERY] if useful else 0.0)))
                share = 1.0 / (1.0 + gain * flow)
                power, air, blown, leaving, latent = conditioned(
                    (free + gain * flow * dry) * share, gain * share, low, high, most, least,
                    supplied, vapour, series[VAPOUR, h], series[SATURATED, h],
                )  # fmt: skip
                entered = power + flow * (dry - air)
                radiant = entered_into(state, drive[z], to_radiant[z], radiant_now[z], entered, u)
                given = constants[LATENT_W] * room[0] * series[OCCUPIED, h] / VAPOUR_J
                vapour = mass / 3600.0 * vapour + leak * series[VAPOUR, h] + blown * leaving
                vapour = (vapour + given) / (mass / 3600.0 + leak + blown)
                if k >= 0:
                    out[i, s, 0, h] = 0.5 * (air + radiant)
                    out[i, s, 1, h] = max(power, 0.0)
                    out[i, s, 2, h] = max(-power, 0.0) + latent
