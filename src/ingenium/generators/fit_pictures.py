"""The figure of a fit: its losses over the steps of training."""

from ingenium.core.artifact import Drawn
from ingenium.drawing.style import dress, plane
from ingenium.generators.artifact import FitRecord


def figures(fit: FitRecord) -> list[Drawn]:
    """Losses at each check, where the fit recorded its steps."""
    curve = dict(fit.record.get("curve", {}))
    steps = curve.pop("step", [])
    if not steps:
        return []
    figure, axes = plane(5.4, 2.6)
    for name, losses in curve.items():
        axes.plot(steps, losses, label=name.replace("_", " "))
    dress(axes, "step", "loss", grid=True)
    return [("Losses", "At each check of the training.", figure)]
