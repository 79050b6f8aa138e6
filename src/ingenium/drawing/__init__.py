"""Figures: one style, and the elements of reports."""

from ingenium.drawing.axis import Axis, Marks, limits
from ingenium.drawing.gallery import gallery
from ingenium.drawing.map import MapField, PlaneMap
from ingenium.drawing.over_time import EXACT, HOURS_OF_DAY, OverTime, TimeBand
from ingenium.drawing.panes import Pane, figure_of
from ingenium.drawing.plane import Plane
from ingenium.drawing.requested import Requested
from ingenium.drawing.table import Rows, quantiles, table

__all__ = [
    "EXACT",
    "HOURS_OF_DAY",
    "Axis",
    "MapField",
    "Marks",
    "OverTime",
    "Pane",
    "Plane",
    "PlaneMap",
    "Requested",
    "Rows",
    "TimeBand",
    "figure_of",
    "gallery",
    "limits",
    "quantiles",
    "table",
]
