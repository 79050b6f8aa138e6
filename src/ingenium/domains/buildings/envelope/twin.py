"""A year of all zones by the resistance-capacity network: loads, plant and temperatures.

Shapes: n designs, s zones of the plan, z zones of all designs (n s), f facades, h hours.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Float64

from ingenium.domains.buildings.envelope.catalogue import (
    EMITTANCE,
    GLAZING,
    PLANTS,
    SOLAR_ABSORPTANCE,
)
from ingenium.domains.buildings.envelope.climate import WeatherYear, vapour
from ingenium.domains.buildings.envelope.design import Envelopes
from ingenium.domains.buildings.envelope.epjson import LEAKAGE_BY_INFILTRATION, fan_w
from ingenium.domains.buildings.envelope.network import OUTSIDE, ZoneAreas, modes
from ingenium.domains.buildings.envelope.outcome import Year
from ingenium.domains.buildings.envelope.schedules import efficiency
from ingenium.domains.buildings.envelope.sun import Irradiance, irradiance, position, sky_share
from ingenium.domains.buildings.envelope.use import HOURS, Use, month
from ingenium.domains.buildings.envelope.zones import (
    BAND_M,
    FACADES,
    GAP_M,
    NORMAL_DEG,
    ThermalZones,
    Zone,
)
from ingenium.domains.buildings.plan.programme import BUILDINGS

COMPILED = "ingenium.domains.buildings.envelope.compiled"  # imported with its first use
WARM_UP_H = 24 * 20
BOLTZMANN = 5.67e-8
BY_SURFACES = 0.85  # share of solar gains that inner surfaces absorb; the panes warm the air
ON_FLOOR = 0.55  # share of the beam that stays on the floor
DIFFUSE = 0.86  # transmission of diffuse by that of normal light
SUPPLY = 13.0  # deg C, of cooled air
STEEPEST = 1e3  # tangent of the sun's altitude, where it grazes a facade


@dataclass(frozen=True, eq=False)
class ThermalTwin:
    """The network for designs of one plan in one climate."""

    zones: ThermalZones
    climate: WeatherYear
    use: Use
    north_deg: float

    def year(self, designs: Envelopes) -> Year:
        """Return temperatures and rates of each zone and hour, and meters."""
        net = modes(self._areas(designs))
        hours = np.zeros((len(designs), len(self.zones.zones), 3, HOURS))
        parts = (
            net.decay,
            np.swapaxes(net.drive, 1, 2),
            net.air,
            net.radiant,
            net.radiant_now,
            net.start,
        )
        arrays = (self._series, self._walls, self._light, self._rooms)
        BUILDINGS.package(COMPILED).march(
            hours, tuple(map(np.ascontiguousarray, parts)), *arrays, self._numbers(designs),
            self._constants, WARM_UP_H,
        )  # fmt: skip
        return Year(hours, *self._meters(designs, hours))

    def _meters(
        self, d: Envelopes, hours: Float64[np.ndarray, "n s 3 h"]
    ) -> tuple[Float64[np.ndarray, " n"], Float64[np.ndarray, " n"]]:
        """Return electricity and gas of the year in kWh."""
        use, area, count = self.use, self.zones.floor_m2, len(d)
        of = [efficiency(PLANTS[int(p)], self.climate) for p in d.plant]
        heating, cooling = (np.array([o[k] for o in of]).reshape(count, 12) for k in (0, 1))
        fuel = (hours[:, :, 1].sum(1) / heating[:, month()]).sum(1) / 1000
        cold = (hours[:, :, 2].sum(1) / cooling[:, month()]).sum(1) / 1000
        electric = np.array([PLANTS[int(p)].fuel == "Electricity" for p in d.plant], bool)
        running = np.where(use.occupied, 1.0, use.idle).sum() / 1000
        fans = np.array([fan_w(use, area, float(r)) for r in d.recovery])
        base = area * (use.light + use.equipment) * running + fans * use.occupied.sum() / 1000
        return base + cold + np.where(electric, fuel, 0.0), np.where(electric, 0.0, fuel)

    def _areas(self, d: Envelopes) -> ZoneAreas:
        own, count = self.zones.zones, len(d)
        height = self.zones.height_m

        def each(values: list[float]) -> np.ndarray:
            return np.tile(np.array(values), count)

        window = np.zeros((count, len(own)))
        for k, f in enumerate(self.zones.facades):
            lengths = np.array([z.length(f, windowed=True) for z in own])
            window += d.window[:, k, None] * lengths * BAND_M
        gross = np.array([sum(w.length for w in z.walls) * height for z in own])

        def by_zone(values: np.ndarray) -> np.ndarray:
            return np.repeat(values, len(own))

        pane = np.array([g.u_value for g in GLAZING])[d.glazing.astype(np.int64)]
        floor = by_zone(d.floor_insulation)
        return ZoneAreas(
            (gross - window).ravel(),
            each([z.roof for z in own]), each([z.ground for z in own]),
            each([z.exposed for z in own]),
            each([z.floor_slab + z.ceiling_slab for z in own]),
            each([z.partitions for z in own]), window.ravel(),
            each([z.floor * height for z in own]),
            {"wall": by_zone(d.wall_insulation), "roof": by_zone(d.roof_insulation),
             "ground": floor, "exposed": floor},
            by_zone(pane),
        )  # fmt: skip

    @cached_property
    def _sun(self) -> Irradiance:
        c = self.climate
        path = position(c.latitude, c.longitude, c.zone_h)
        azimuth = tuple(a + self.north_deg for a in NORMAL_DEG)
        return irradiance(path, c.beam, c.diffuse, c.elevation_m, azimuth)

    @cached_property
    def _outdoor(self) -> Float64[np.ndarray, "f h"]:
        """Return the equivalent outdoor temperature of walls by facade, and of the roof."""
        c, sun = self.climate, self._sun
        dry = c.dry_bulb
        sky = (c.infrared / BOLTZMANN) ** 0.25 - 273.15
        exchange = EMITTANCE * 4 * BOLTZMANN * (273.15 + dry) ** 3
        walls = sun.beam + sun.sky + sun.ground
        loss = exchange * 0.5 * 0.7071 * (dry - sky)  # of the half of the view that is sky
        found = dry + (SOLAR_ABSORPTANCE * walls - loss) / OUTSIDE
        roof = dry + (SOLAR_ABSORPTANCE * sun.roof - exchange * (dry - sky)) / OUTSIDE
        cold: Float64[np.ndarray, "f h"] = np.concatenate([found, roof[None]])
        return cold

    @cached_property
    def _series(self) -> Float64[np.ndarray, "k h"]:
        """Return the rows that all zones have in common, in the order of `compiled`."""
        c, use = self.climate, self.use
        return np.stack(
            [
                self._outdoor[-1],
                c.ground[month()],
                c.dry_bulb,
                self._sun.ground,
                use.occupied.astype(np.float64),
                np.where(use.occupied, 1.0, use.idle),
                use.before.astype(np.float64),
                vapour(c.dew_point, c.pressure),
                vapour(np.full(HOURS, SUPPLY), c.pressure),
            ]
        )

    @cached_property
    def _walls(self) -> Float64[np.ndarray, "s h"]:
        return np.stack([_mean_wall(z, self._outdoor) for z in self.zones.zones])

    @cached_property
    def _light(self) -> Float64[np.ndarray, "f 3 h"]:
        """Return beam behind normal glass, light of the sky and the section's tangent."""
        sun, own = self._sun, list(self.zones.facades)
        angle = np.clip(1 - 0.08 * (1 / np.maximum(sun.cosine[own], 0.05) - 1), 0.0, 1.0)
        steep = np.minimum(sun.profile[own], STEEPEST)
        return np.stack([angle * sun.beam[own], sun.sky[own], steep], 1)

    @cached_property
    def _rooms(self) -> Float64[np.ndarray, "s c"]:
        """Return floor area, volume and the largest window of each facade, by zone."""
        height = self.zones.height_m
        return np.array(
            [
                [z.floor, z.floor * height]
                + [z.length(f, windowed=True) * BAND_M for f in self.zones.facades]
                for z in self.zones.zones
            ]
        )

    def _numbers(self, d: Envelopes) -> Float64[np.ndarray, "n c"]:
        """Return the numbers of designs, in the order of `compiled`."""
        g = np.array([p.g_value for p in GLAZING])[d.glazing.astype(np.int64)]
        plain = [
            g, d.leakage / LEAKAGE_BY_INFILTRATION, d.recovery, d.heating_size, d.cooling_size,
            d.heating_setpoint, d.cooling_setpoint, d.setback, d.preheat,
        ]  # fmt: skip
        seen = sky_share(d.overhang, GAP_M, BAND_M)
        return np.concatenate([np.stack(plain, 1), d.window, d.overhang, seen], 1)

    @cached_property
    def _constants(self) -> Float64[np.ndarray, " c"]:
        use, c = self.use, self.climate
        density = float(c.pressure.mean()) / 287.05 / (273.15 + 20.0)
        return np.array(
            [use.ventilation, density, use.people * use.sensible_w, use.people * use.latent_w,
             use.light, use.equipment, BY_SURFACES, ON_FLOOR, DIFFUSE, GAP_M, BAND_M,
             use.idle_cooling]
        )  # fmt: skip


def _mean_wall(zone: Zone, outdoor: Float64[np.ndarray, "f h"]) -> Float64[np.ndarray, " h"]:
    lengths = np.array([zone.length(f) for f in range(len(FACADES))])
    if not lengths.sum():
        first: Float64[np.ndarray, " h"] = outdoor[0]
        return first
    mean: Float64[np.ndarray, " h"] = lengths @ outdoor[:4] / lengths.sum()
    return mean
