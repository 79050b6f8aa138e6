"""The epJSON model of an envelope, which EnergyPlus runs.

Source: EnergyPlus 25.2, Input Output Reference. Surfaces are described from outside, from their
upper left corner on, counterclockwise.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ingenium.domains.buildings.envelope import catalogue, schedules
from ingenium.domains.buildings.envelope.catalogue import GLAZING, INSULATION, PLANTS, Layer
from ingenium.domains.buildings.envelope.climate import WeatherYear
from ingenium.domains.buildings.envelope.design import Envelopes
from ingenium.domains.buildings.envelope.use import Use
from ingenium.domains.buildings.envelope.zones import (
    BAND_M,
    FACADES,
    GAP_M,
    SILL_M,
    OuterWall,
    ThermalZones,
    Zone,
)

RELEASE = "25.2"
SIDE_M = 0.5  # by which overhangs are longer than their window, on both sides
Objects = dict[str, dict[str, dict[str, Any]]]
PARTS = {"wall": catalogue.WALL, "roof": catalogue.ROOF, "ground": catalogue.GROUND,
         "exposed": catalogue.EXPOSED, "floor_slab": catalogue.SLAB,
         "ceiling_slab": catalogue.SLAB, "partition": catalogue.PARTITION}  # fmt: skip
INSULATED = {"wall": "wall_insulation", "roof": "roof_insulation", "ground": "floor_insulation",
             "exposed": "floor_insulation"}  # fmt: skip
AREA = {"partition": "partitions"}  # of a zone, by part
# Opaque parts of a zone but walls: its area, type, what is outside, sun and wind
FLAT = (
    ("roof", "Roof", "Outdoors", True),
    ("ground", "Floor", "Ground", False),
    ("exposed", "Floor", "Outdoors", True),
    ("floor_slab", "Floor", "Adiabatic", False),
    ("ceiling_slab", "Ceiling", "Adiabatic", False),
)


@dataclass(frozen=True, eq=False)
class EnergyPlusModel:
    """Writer of the models of envelopes of one plan in one climate."""

    zones: ThermalZones
    climate: WeatherYear
    use: Use
    north_deg: float
    steps: int  # an hour

    def text(self, designs: Envelopes, i: int) -> str:
        """Return the file of a design."""
        return json.dumps(self.objects(designs, i), indent=1, allow_nan=False) + "\n"

    def objects(self, designs: Envelopes, i: int) -> Objects:
        """Return the objects of a design by class and name."""
        d = designs.part(np.array([i]))
        plant = PLANTS[int(d.plant[0])]
        found: Objects = {
            "Version": {"Version 1": {"version_identifier": RELEASE}},
            **self._run(),
            **self._materials(d),
            "ScheduleTypeLimits": {"any": {}},
            "Schedule:Compact": schedules.compact(self.use, self.climate, d),
        }
        for zone in self.zones.zones:
            self._surfaces(zone, d, found)
            self._loads(zone, d, found)
            self._plant(zone, d, plant, found)
        found["Exterior:FuelEquipment"] = {
            "fans": {
                "fuel_use_type": "Electricity",
                "schedule_name": "occupied",
                "design_level": fan_w(self.use, self.zones.floor_m2, float(d.recovery[0])),
            }
        }
        return found

    def _run(self) -> Objects:
        months = ("january", "february", "march", "april", "may", "june", "july", "august",
                  "september", "october", "november", "december")  # fmt: skip
        ground = {f"{m}_ground_temperature": float(t)
                  for m, t in zip(months, self.climate.ground, strict=True)}  # fmt: skip
        hourly = ("Zone Operative Temperature", "Zone Ideal Loads Supply Air Total Heating Rate",
                  "Zone Ideal Loads Supply Air Total Cooling Rate")  # fmt: skip
        yearly = ("Electricity:Facility", "NaturalGas:Facility")
        return {
            "Building": {"building": {
                "north_axis": self.north_deg, "terrain": "City",
                "solar_distribution": "FullExterior", "maximum_number_of_warmup_days": 60,
            }},
            "GlobalGeometryRules": {"rules": {
                "starting_vertex_position": "UpperLeftCorner",
                "vertex_entry_direction": "Counterclockwise", "coordinate_system": "World",
            }},
            "Timestep": {"step": {"number_of_timesteps_per_hour": self.steps}},
            "SimulationControl": {"control": {
                "run_simulation_for_sizing_periods": "No",
                "run_simulation_for_weather_file_run_periods": "Yes",
            }},
            "RunPeriod": {"year": {
                "begin_month": 1, "begin_day_of_month": 1, "end_month": 12, "end_day_of_month": 31,
                "day_of_week_for_start_day": "Monday",
                "use_weather_file_holidays_and_special_days": "No",
                "use_weather_file_daylight_saving_period": "No",
                "use_weather_file_rain_indicators": "No", "use_weather_file_snow_indicators": "No",
            }},
            "Site:GroundTemperature:BuildingSurface": {"ground": ground},
            "Output:Variable": {
                f"hourly {k}": {"variable_name": v, "reporting_frequency": "Hourly"}
                for k, v in enumerate(hourly)
            },
            "Output:Meter": {
                f"year {k}": {"key_name": v, "reporting_frequency": "RunPeriod"}
                for k, v in enumerate(yearly)
            },
        }  # fmt: skip

    def _materials(self, d: Envelopes) -> Objects:
        materials: dict[str, dict[str, Any]] = {}
        constructions: dict[str, dict[str, Any]] = {}
        for part, layers in PARTS.items():
            if part != "wall" and not any(
                getattr(z, AREA.get(part, part)) for z in self.zones.zones
            ):
                continue
            names = []
            for layer in layers:
                name, thickness = f"{part} {layer.name}", layer.thickness_m
                if layer is INSULATION:
                    thickness = float(getattr(d, INSULATED[part])[0])
                materials[name] = _material(layer, thickness)
                names.append(name)
            keys = ("outside_layer", *(f"layer_{k}" for k in range(2, len(names) + 1)))
            constructions[part] = dict(zip(keys, names, strict=True))
        pane = GLAZING[int(d.glazing[0])]
        constructions["window"] = {"outside_layer": pane.name}
        return {
            "Material": materials,
            "WindowMaterial:SimpleGlazingSystem": {pane.name: {
                "u_factor": pane.u_value, "solar_heat_gain_coefficient": pane.g_value,
                "visible_transmittance": pane.visible,
            }},
            "Construction": constructions,
        }  # fmt: skip

    def _surfaces(self, zone: Zone, d: Envelopes, found: Objects) -> None:
        height = self.zones.height_m
        low = zone.storey * height
        found.setdefault("Zone", {})[zone.name] = {
            "floor_area": zone.floor, "volume": zone.floor * height, "ceiling_height": height,
        }  # fmt: skip
        own = found.setdefault("BuildingSurface:Detailed", {})
        for k, wall in enumerate(zone.walls):
            name = f"{zone.name} wall {k}"
            own[name] = _surface(
                "Wall", "wall", zone.name, "Outdoors", _upright(wall, low, low + height), sun=True
            )
            if wall.windowed > 0:
                self._window(name, wall, d, found)
        for part, kind, outside, sun in FLAT:
            area = getattr(zone, part)
            if area > 0:
                up = kind != "Floor"
                corners = _flat(zone, area, low + (height if up else 0.0), up=up)
                own[f"{zone.name} {part}"] = _surface(
                    kind, part, zone.name, outside, corners, sun=sun
                )
        if zone.partitions > 0:
            found.setdefault("InternalMass", {})[f"{zone.name} partitions"] = {
                "construction_name": "partition", "zone_or_zonelist_name": zone.name,
                "surface_area": zone.partitions,
            }  # fmt: skip

    def _window(self, wall_name: str, wall: OuterWall, d: Envelopes, found: Objects) -> None:
        facade = self.zones.facades.index(wall.facade)
        length = window_m(wall, float(d.window[0, facade]))
        name, depth = f"{wall_name} window", float(d.overhang[0, facade])
        found.setdefault("Window", {})[name] = {
            "construction_name": "window", "building_surface_name": wall_name,
            "starting_x_coordinate": (wall.length - length) / 2,
            "starting_z_coordinate": SILL_M, "length": length, "height": BAND_M,
        }  # fmt: skip
        if depth > 0:
            found.setdefault("Shading:Overhang", {})[f"{name} overhang"] = {
                "window_or_door_name": name, "height_above_window_or_door": GAP_M,
                "tilt_angle_from_window_door": 90.0,
                "left_extension_from_window_door_width": SIDE_M,
                "right_extension_from_window_door_width": SIDE_M, "depth": depth,
            }  # fmt: skip

    def _loads(self, zone: Zone, d: Envelopes, found: Objects) -> None:
        use, name = self.use, zone.name
        found.setdefault("People", {})[f"{name} people"] = {
            "zone_or_zonelist_or_space_or_spacelist_name": name,
            "number_of_people_schedule_name": "occupied",
            "number_of_people_calculation_method": "People",
            "number_of_people": use.people * zone.floor, "fraction_radiant": 0.3,
            "sensible_heat_fraction": use.sensible_w / (use.sensible_w + use.latent_w),
            "activity_level_schedule_name": "activity",
        }  # fmt: skip
        found.setdefault("Lights", {})[f"{name} light"] = {
            "zone_or_zonelist_or_space_or_spacelist_name": name, "schedule_name": "running",
            "design_level_calculation_method": "LightingLevel",
            "lighting_level": use.light * zone.floor,
            "fraction_radiant": 0.5, "fraction_visible": 0.0, "return_air_fraction": 0.0,
        }  # fmt: skip
        found.setdefault("ElectricEquipment", {})[f"{name} equipment"] = {
            "zone_or_zonelist_or_space_or_spacelist_name": name, "schedule_name": "running",
            "design_level_calculation_method": "EquipmentLevel",
            "design_level": use.equipment * zone.floor, "fraction_radiant": 0.3,
            "fraction_latent": 0.0, "fraction_lost": 0.0,
        }  # fmt: skip
        found.setdefault("ZoneInfiltration:DesignFlowRate", {})[f"{name} leakage"] = {
            "zone_or_zonelist_or_space_or_spacelist_name": name, "schedule_name": "always",
            "design_flow_rate_calculation_method": "AirChanges/Hour",
            "air_changes_per_hour": float(d.leakage[0]) / LEAKAGE_BY_INFILTRATION,
        }  # fmt: skip

    def _control(self, name: str, found: Objects) -> None:
        found.setdefault("ZoneControl:Thermostat", {})[f"{name} thermostat"] = {
            "zone_or_zonelist_name": name, "control_type_schedule_name": "dual",
            "control_1_object_type": "ThermostatSetpoint:DualSetpoint",
            "control_1_name": "set-points",
        }  # fmt: skip
        found.setdefault("ThermostatSetpoint:DualSetpoint", {})["set-points"] = {
            "heating_setpoint_temperature_schedule_name": "heating",
            "cooling_setpoint_temperature_schedule_name": "cooling",
        }
        found.setdefault("ZoneHVAC:EquipmentConnections", {})[f"{name} connections"] = {
            "zone_name": name, "zone_conditioning_equipment_list_name": f"{name} list",
            "zone_air_inlet_node_or_nodelist_name": f"{name} inlet",
            "zone_air_exhaust_node_or_nodelist_name": f"{name} exhaust",
            "zone_air_node_name": f"{name} air",
        }  # fmt: skip

    def _plant(self, zone: Zone, d: Envelopes, plant: catalogue.PlantKind, found: Objects) -> None:
        name = zone.name
        recovery, cooling = float(d.recovery[0]), float(d.cooling_size[0])
        self._control(name, found)
        found.setdefault("ZoneHVAC:EquipmentList", {})[f"{name} list"] = {
            "load_distribution_scheme": "SequentialLoad",
            "equipment": [{
                "zone_equipment_object_type": "ZoneHVAC:IdealLoadsAirSystem",
                "zone_equipment_name": f"{name} supply", "zone_equipment_cooling_sequence": 1,
                "zone_equipment_heating_or_no_load_sequence": 1,
            }],
        }  # fmt: skip
        found.setdefault("DesignSpecification:OutdoorAir", {})[f"{name} ventilation"] = {
            "outdoor_air_method": "Flow/Zone",
            "outdoor_air_flow_per_zone": self.use.ventilation * zone.floor,
            "outdoor_air_schedule_name": "occupied",
        }
        found.setdefault("ZoneHVAC:IdealLoadsAirSystem", {})[f"{name} supply"] = {
            "zone_supply_air_node_name": f"{name} inlet",
            "zone_exhaust_air_node_name": f"{name} exhaust",
            "heating_limit": "LimitCapacity",
            "maximum_sensible_heating_capacity": float(d.heating_size[0]) * zone.floor,
            "cooling_limit": "LimitFlowRateAndCapacity" if cooling == 0 else "LimitCapacity",
            "maximum_cooling_air_flow_rate": 10.0 * zone.floor * self.use.ventilation,
            "maximum_total_cooling_capacity": cooling * zone.floor,
            "dehumidification_control_type": "None",
            "humidification_control_type": "None",
            "design_specification_outdoor_air_object_name": f"{name} ventilation",
            "outdoor_air_inlet_node_name": f"{name} outdoor",
            "heat_recovery_type": "Sensible" if recovery > 0 else "None",
            "sensible_heat_recovery_effectiveness": recovery,
            "heating_fuel_efficiency_schedule_name": f"heating by {plant.name}",
            "heating_fuel_type": plant.fuel,
            "cooling_fuel_efficiency_schedule_name": f"cooling by {plant.name}",
            "cooling_fuel_type": "Electricity",
        }  # fmt: skip


LEAKAGE_BY_INFILTRATION = 20.0  # Kronvall and Persily: air changes at 50 Pa by those in use


def fan_w(use: Use, floor_m2: float, recovery: float) -> float:
    """Return the power of fans in use."""
    flow = 3600 * use.ventilation * floor_m2
    return flow * (use.fan + use.recovery_fan * recovery)


def window_m(wall: OuterWall, share: float) -> float:
    """Return the length of the window of a stretch of wall."""
    return share * wall.windowed


def _material(layer: Layer, thickness: float) -> dict[str, Any]:
    return {
        "roughness": "MediumRough", "thickness": thickness, "conductivity": layer.conductivity,
        "density": layer.density, "specific_heat": layer.heat,
        "thermal_absorptance": catalogue.EMITTANCE,
        "solar_absorptance": catalogue.SOLAR_ABSORPTANCE,
        "visible_absorptance": catalogue.SOLAR_ABSORPTANCE,
    }  # fmt: skip


def _surface(
    kind: str,
    construction: str,
    zone: str,
    outside: str,
    corners: Sequence[Sequence[float]],
    *,
    sun: bool,
) -> dict[str, Any]:
    keys = ("vertex_x_coordinate", "vertex_y_coordinate", "vertex_z_coordinate")
    return {
        "surface_type": kind, "construction_name": construction, "zone_name": zone,
        "outside_boundary_condition": outside,
        "sun_exposure": "SunExposed" if sun else "NoSun",
        "wind_exposure": "WindExposed" if sun else "NoWind",
        "vertices": [dict(zip(keys, map(float, c), strict=True)) for c in corners],
    }  # fmt: skip


def _upright(wall: OuterWall, z0: float, z1: float) -> list[tuple[float, float, float]]:
    """Return the corners of a wall, from the upper left on as seen from outside."""
    name = FACADES[wall.facade]
    left, right = (wall.low, wall.high) if name in ("south", "east") else (wall.high, wall.low)
    if name in ("south", "north"):
        return [(left, wall.at, z1), (left, wall.at, z0), (right, wall.at, z0),
                (right, wall.at, z1)]  # fmt: skip
    return [(wall.at, left, z1), (wall.at, left, z0), (wall.at, right, z0), (wall.at, right, z1)]


def _flat(zone: Zone, area: float, z: float, *, up: bool) -> list[tuple[float, float, float]]:
    """Return a rectangle with this area, of the width of the zone."""
    (x0, y0), wide = zone.corner, zone.wide
    x1, y1 = x0 + wide, y0 + area / wide
    corners = [(x0, y1, z), (x0, y0, z), (x1, y0, z), (x1, y1, z)]
    return corners if up else corners[::-1]
