"""Bodies of a section as text within the report, from which its script draws them rotatable.

Places are whole numbers of 16 bits over the cube around body and marks, values of 8 bits over
their scale; both are packed as zlib does and written in base 64.
"""

import base64
import json
import zlib
from collections.abc import Sequence
from typing import Any

import numpy as np
from jaxtyping import Float64, Shaped
from markupsafe import Markup

from ingenium.core.scene import Scene, Shading
from ingenium.drawing.style import STRAINED

FINEST, FULL = 65535, 255  # of places and of values
STOPS = 16  # of the colours of values


def packed(scenes: Sequence[Scene]) -> Markup:
    """Encode scenes as JSON that is valid within HTML."""
    colours = [[round(float(c), 4) for c in STRAINED(i / (STOPS - 1))[:3]] for i in range(STOPS)]
    reported = {"colours": colours, "scenes": [_scene(scene) for scene in scenes]}
    return Markup(json.dumps(reported).replace("<", "\\u003c"))


def _scene(scene: Scene) -> dict[str, Any]:
    own = scene.vertices_m
    places = np.concatenate([own, *(mark.vertices_m for mark in scene.marks)])
    low, span = places.min(0), float(np.ptp(places, axis=0).max())

    def surface(vertices_m: Float64[np.ndarray, "v 3"], faces: np.ndarray) -> dict[str, str]:
        at = np.round((vertices_m - low) / span * FINEST)
        return {"vertices": _text(at.astype("<u2")), "faces": _text(faces.astype("<u4"))}

    return {
        "title": scene.title,
        "middle": (((own.min(0) + own.max(0)) / 2 - low) / span).round(5).tolist(),
        "size": float(np.linalg.norm(np.ptp(places, axis=0)) / span),
        "body": surface(scene.vertices_m, scene.faces),
        "shadings": [
            {"name": one.name, "most": one.most, "values": _text(_values(one))}
            for one in scene.shadings
        ],
        "marks": [
            {"name": m.name, "colour": m.colour} | surface(m.vertices_m, m.faces)
            for m in scene.marks
        ],
    }


def _values(shading: Shading) -> Shaped[np.ndarray, "v 2"]:
    """Shares of the scale, and a mask of known ones; an unknown share is 0."""
    reported = np.isfinite(shading.values)
    share = np.clip(np.where(reported, shading.values, 0.0) / shading.most, 0.0, 1.0)
    return np.stack([np.round(share * FULL), reported * FULL], 1).astype(np.uint8)


def _text(array: np.ndarray) -> str:
    return base64.b64encode(zlib.compress(array.tobytes(), 9)).decode()
