"""Interactive views of parts with their loads, supports and bolts, stress and displacement."""

import numpy as np
from jaxtyping import Float64
from torch import Tensor

from ingenium.core.scene import Mark, Scene
from ingenium.domains.structures.parts.bodies import Cylinder
from ingenium.domains.structures.parts.measuring import PartVerifier
from ingenium.domains.structures.parts.part import Part
from ingenium.kits.solids.acting import acting, borne
from ingenium.kits.solids.printing import marks, pictures
from ingenium.kits.solids.printing.mesh import Trimesh

BOLTS = "#39434c"


def scene(verifier: PartVerifier, flat: Float64[Tensor, " e"], mesh: Trimesh, title: str) -> Scene:
    """Solve a part again and show verified stress, displacement, loads and supports.

    Shapes: e cells.
    """
    part, volume = verifier.part, verifier.volume
    u = verifier.elastic.solve(verifier.modulus_pa(flat[None]), part.load_n[None])[0]
    stress = volume.field_pa(volume.cell_pa2(part.material.modulus_pa, u), flat, part.calm)
    reported = borne(volume, stress, u, part.cases, mesh, flat >= 0.5)
    acts = (*acting(part.grid, part.fixed, part.cases, part.load_n), *_bolts(part))
    return pictures.scene(title, mesh, reported, acts)


def _bolts(part: Part) -> tuple[Mark, ...]:
    """Round bars in the round holes where the part is supported or loaded."""
    size = np.array(part.grid.cells) * part.grid.cell_m
    found = []
    for body in part.gripped:
        if not (isinstance(body, Cylinder) and body in part.free):
            continue
        ends = np.zeros((2, 3))
        ends[:, [a for a in range(3) if a != body.axis]] = body.centre_m
        limits = (-part.grid.cell_m, float(size[body.axis]) + part.grid.cell_m)
        ends[:, body.axis] = np.clip([body.low_m, body.high_m], *limits)
        found.append(marks.pin("bolts and pins", ends[0], ends[1], 0.9 * body.radius_m, BOLTS))
    return tuple(found)
