"""Figures of a fit: its losses over the steps of training, and its errors over rows."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ingenium.core.artifact import Drawn
from ingenium.drawing.style import dress, plane
from ingenium.generators.artifact import FitRecord


def figures(fit: FitRecord) -> list[Drawn]:
    """Losses at each check, where the fit recorded its steps, and errors by rows."""
    own = fit.record.get("fit", {})
    curve = dict(fit.record.get("curve") or own.get("curve") or {})
    steps, nothing = curve.pop("step", []), curve.pop("nothing", None)
    found: list[Drawn] = []
    if steps:
        figure, axes = plane(5.4, 2.6)
        for name, losses in curve.items():
            axes.plot(steps, losses, label=name.replace("_", " "))
        if nothing is not None:
            axes.axhline(nothing, color="0.5", ls=":", label="knowing nothing")
        dress(axes, "step", "loss", grid=True)
        found.append(("Losses", own.get("verdict", "At each check of the training."), figure))
    return found + _by_rows(own.get("by_rows", ()))


def _by_rows(points: Sequence[Mapping[str, Any]]) -> list[Drawn]:
    """Errors of the forward model over the number of labelled rows."""
    if len(points) < 2:
        return []
    figure, axes = plane(5.4, 3.2)
    rows = [p["rows"] for p in points]
    for i, name in enumerate(points[0]["error_tolerances"]):
        errors = [p["error_tolerances"][name] or np.nan for p in points]
        axes.plot(rows, errors, ("-", "--", ":")[i // 10 % 3], marker="o", ms=3, label=name)
    axes.set_xscale("log")
    axes.set_yscale("log")
    dress(axes, "labelled rows", "mean error, tolerances", grid=True)
    axes.legend(fontsize=6, ncols=2, frameon=False)
    return [("Errors by rows", "Of the forward model, on held-out designs.", figure)]
