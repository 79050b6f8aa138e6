"""IfcOpenShell (LGPL-3) in an isolated environment: solids of models, and clashes by its tree."""

import numpy as np

CLASSES = ("IfcWall", "IfcSpace", "IfcSlab")
SHRUNK = 0.001  # m, by which solids that touch are made smaller


def measure(text, ends):
    """Measure models, whose bytes are concatenated and end at `ends`.

    A row holds clashes of the tree of solids, faults of the schema, the net area of spaces that are
    rooms in m2 (all spaces less circulation), and the numbers of doors, windows and storeys.
    """
    parts = np.split(text, ends[:-1])
    return {"rows": np.array([_one(bytes(p).decode()) for p in parts])}


def _one(text):
    import ifcopenshell
    import ifcopenshell.geom
    import ifcopenshell.util.shape
    import ifcopenshell.validate

    model = ifcopenshell.file.from_string(text)
    logger = ifcopenshell.validate.json_logger()
    ifcopenshell.validate.validate(model, logger)
    settings = ifcopenshell.geom.settings()
    elements = [e for name in CLASSES for e in model.by_type(name)]
    area, own = 0.0, {e.id() for e in elements}
    for element in model.by_type("IfcSpace"):
        if " on level " not in (element.Name or ""):
            shape = ifcopenshell.geom.create_shape(settings, element).geometry
            height = ifcopenshell.util.shape.get_z(shape)
            area += ifcopenshell.util.shape.get_volume(shape) / height
    tree = ifcopenshell.geom.tree(model, settings)
    pairs = set()
    for element in elements:
        near = (e.id() for e in tree.select_box(element, extend=-SHRUNK))
        pairs |= {tuple(sorted((element.id(), i))) for i in near if i in own and i != element.id()}
    counts = [len(model.by_type(k)) for k in ("IfcDoor", "IfcWindow", "IfcBuildingStorey")]
    return [len(pairs), len(logger.statements), area, *counts]
