"""Pictures of a report as inline SVG that follows its light or dark theme."""

import base64
import io
import re
from typing import Any

from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

from ingenium.drawing.style import OURS, REJECTED, SMALL, TEXT

HOLDS, BREAKS = OURS, REJECTED
INK = "#010203"  # placeholder of the report's text colour
LARGEST_SVG = 250_000  # characters; larger pictures become pixels
PX_PER_INCH = 96  # of reports, so that a text of 9 points has 12 pixels


def inked(axes: Axes) -> None:
    """Style axes in the report's text colour, without a box."""
    for side, spine in axes.spines.items():
        spine.set_visible(side in ("left", "bottom"))
        spine.set_color(INK)
    axes.tick_params(colors=INK, labelsize=SMALL)
    for text in (axes.xaxis.label, axes.yaxis.label, axes.title):
        text.set_color(INK)
    axes.xaxis.label.set_fontsize(TEXT)
    axes.yaxis.label.set_fontsize(TEXT)
    axes.patch.set_alpha(0.0)


def svg(figure: Figure, name: str) -> Markup:
    """Render a figure of this module as inline SVG; its identifiers start with `name`."""
    figure.patch.set_alpha(0.0)
    return Markup(_text(figure, name).replace(INK, "currentColor"))


def picture(figure: Figure, name: str) -> Markup:
    """Render any figure unchanged, on its own background: SVG, or pixels where that is smaller.

    Its width makes its texts legible, whatever the width of the report.
    """
    width = f"width: {PX_PER_INCH * figure.get_figwidth():.0f}px"
    text = _text(figure, name)
    if len(text) <= LARGEST_SVG:
        return Markup(text.replace("<svg ", f'<svg style="{width}" ', 1))
    with io.BytesIO() as file:
        figure.savefig(file, format="png", dpi=1.5 * PX_PER_INCH)
        data = base64.b64encode(file.getvalue()).decode()
    return Markup('<img alt="" style="{}" src="data:image/png;base64,{}">').format(width, data)


def layout(figure: Figure) -> None:
    """Lay out a figure once; `savefig` would lay it out, and draw it, once more than needed."""
    engine = figure.get_layout_engine()
    if engine is not None:
        engine.execute(figure)
        figure.set_layout_engine("none")


def _text(figure: Figure, name: str) -> str:
    layout(figure)
    canvas: Any = FigureCanvasSVG(figure)  # its methods have no types
    with io.StringIO() as file:
        canvas.print_svg(file, metadata={"Date": None, "Creator": None})
        text = file.getvalue()
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    text = re.sub(r'\bid="', f'id="{name}-', text)
    text = re.sub(r'href="#', f'href="#{name}-', text)
    text = re.sub(r"url\(#", f"url(#{name}-", text)
    text = re.sub(r'(<svg[^>]*?) width="[^"]*pt"', r"\1", text, count=1)
    return re.sub(r'(<svg[^>]*?) height="[^"]*pt"', r"\1", text, count=1)
