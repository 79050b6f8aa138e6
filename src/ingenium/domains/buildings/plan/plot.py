"""The plot of a building: a polygon in metres, read from GeoJSON."""

from dataclasses import dataclass
from typing import Any

from ingenium.core.errors import InputError
from ingenium.core.reading.documents import json_text
from ingenium.domains.buildings.plan.programme import BUILDINGS

MM = 1000
LARGEST_M = 1000.0


@dataclass(frozen=True)
class Plot:
    """A plot whose lower left corner of its bounds is the origin; `polygon` is in mm."""

    polygon: Any  # a polygon of shapely
    origin_m: tuple[float, float]

    @property
    def size_mm(self) -> tuple[float, float]:
        """Width and depth of its bounds."""
        x0, y0, x1, y1 = self.polygon.bounds
        return x1 - x0, y1 - y0

    @classmethod
    def rectangle(cls, width_m: float, depth_m: float) -> "Plot":
        """Return a rectangular plot."""
        shapely = BUILDINGS.package("shapely")
        return cls(shapely.box(0, 0, width_m * MM, depth_m * MM), (0.0, 0.0))

    @classmethod
    def of(cls, data: bytes) -> "Plot":
        """Read a plot from GeoJSON: one polygon, in metres of a projected system.

        Raises:
            InputError: for a file with another geometry, in degrees, or that crosses itself.
        """
        shapely = BUILDINGS.package("shapely")
        shapely_affinity = BUILDINGS.package("shapely.affinity")
        ring = _ring(json_text(data.decode("utf-8", "replace"), "a plot as GeoJSON", "the plot"))
        polygon = shapely.Polygon(ring)
        if not polygon.is_valid:
            why = shapely.is_valid_reason(polygon)
            raise InputError("a plot that does not cross itself", why, "Order its corners.")
        x0, y0, x1, y1 = polygon.bounds
        if max(x1 - x0, y1 - y0) < 1:
            raise InputError(
                "a plot in metres",
                f"bounds of {x1 - x0:g} x {y1 - y0:g}, as of degrees",
                "Project it, such as to UTM.",
            )
        if max(x1 - x0, y1 - y0) > LARGEST_M:
            raise InputError(f"a plot of at most {LARGEST_M:g} m", f"{x1 - x0:g} x {y1 - y0:g}")
        moved = shapely_affinity.translate(polygon, -x0, -y0)
        return cls(shapely_affinity.scale(moved, MM, MM, origin=(0, 0)), (x0, y0))


def _ring(found: Any) -> list[tuple[float, float]]:
    """Return the outer ring of the only polygon of a GeoJSON object."""
    if isinstance(found, dict):
        crs = str(found.get("crs", ""))
        if any(word in crs for word in ("4326", "CRS84")):
            raise InputError("a plot in metres", "a CRS in degrees", "Project it, such as to UTM.")
        if found.get("type") == "FeatureCollection" and len(found.get("features") or ()) == 1:
            found = found["features"][0]
        if isinstance(found, dict) and found.get("type") == "Feature":
            found = found.get("geometry")
        if isinstance(found, dict) and found.get("type") == "Polygon":
            try:
                (ring,) = found["coordinates"]
                points = [(float(p[0]), float(p[1])) for p in ring]
            except (KeyError, TypeError, ValueError, IndexError):
                points = []
            if len(points) >= 4 and all(abs(c) < 1e9 for p in points for c in p):
                return points
    raise InputError(
        "one GeoJSON polygon without holes", "something else", 'Write "type": "Polygon".'
    )
