"""Bodies in space as a report shows them: a surface, values on it, and marks such as loads."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64, Int64

LOAD = "load "  # begins the name of the mark of a load case


@dataclass(frozen=True, eq=False)
class Shading:
    """Values at the corners of a surface, such as its stress; NaN where it is unknown.

    Shapes: v corners.
    """

    name: str  # with the unit
    values: Float64[np.ndarray, " v"]
    most: float  # end of the scale, which begins at 0


@dataclass(frozen=True, eq=False)
class Mark:
    """A load or support of a body, as a closed surface of one colour.

    Shapes: v corners, t triangles.
    """

    name: str
    vertices_m: Float64[np.ndarray, "v 3"]
    faces: Int64[np.ndarray, "t 3"]
    colour: str  # as #rrggbb


@dataclass(frozen=True, eq=False)
class Scene:
    """A closed surface that the reader can rotate; face normals point outward and z points up.

    Shapes: v corners, t triangles.
    """

    title: str
    vertices_m: Float64[np.ndarray, "v 3"]
    faces: Int64[np.ndarray, "t 3"]
    shadings: tuple[Shading, ...] = ()
    marks: tuple[Mark, ...] = ()
    marks_are: str = "loads and supports"  # label of the switch that hides the marks

    def acting(self, shading: Shading | None) -> tuple[Mark, ...]:
        """Return the marks without loads of other cases; a shading's name ends with its load."""
        if shading is None:
            return self.marks
        name = shading.name
        return tuple(m for m in self.marks if not m.name.startswith(LOAD) or name.endswith(m.name))
