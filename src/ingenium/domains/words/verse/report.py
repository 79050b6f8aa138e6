"""Report sections of a scanned sonnet: strong and weak syllables, feet, and coloured rhymes."""

from collections.abc import Sequence

import numpy as np
import xarray as xr
from matplotlib.figure import Figure

from ingenium.core.problem import Section
from ingenium.domains.words.verse.draft import Draft, fixed_places
from ingenium.domains.words.verse.formats import POEM, shown
from ingenium.domains.words.verse.scansion import FORMS, LINES, Scan, lines, scan

COLOURS = ("#2f7fc1", "#d1495b", "#3f9a6b", "#b8860b", "#7b5ea7", "#c0648a", "#4f6d7a")
BREAKS = {"petrarchan": (4, 8, 11), "shakespearean": (4, 8, 12), "blank": ()}  # of parts
NOTHING_FIXED = Draft()
STRONG, WEAK = "/", "\u00d7"


def sections(
    designs: xr.Dataset, verdicts: xr.Dataset, form: str, draft: Draft
) -> tuple[Section, ...]:
    """Show the best poem scanned, and the next ones as text."""
    if not designs.sizes["design"]:
        return ()
    odd = verdicts["perplexity"].to_numpy() if "perplexity" in verdicts else np.zeros(0)
    order = np.argsort(np.where(np.isfinite(odd), odd, np.inf), kind="stable")
    listed = [str(designs[POEM].values[i]) for i in order[:3]]
    first = Section(
        "A poem as it is scanned",
        f"Strong ({STRONG}) and weak ({WEAK}) syllables as the dictionary says them; ends of one "
        "colour rhyme. Of all poems its words are the least odd."
        + (" Words of the draft have a grey background." if draft.words else ""),
        figure=scanned_figure(listed[0], form, draft),
    )
    if len(listed) == 1:
        return (first,)
    rows = [("poem", "text")]
    rows += [
        (str(designs["design"].values[i]), shown(t).replace("\n", " / "))
        for i, t in zip(order[1:], listed[1:], strict=False)
    ]
    return (first, Section("Further poems", table=tuple(rows)))


def scanned(texts: Sequence[str]) -> float:
    """Share of lines that scan."""
    found = [scan(line).sounds is not None for text in texts for line in lines(text)]
    return float(np.mean(found)) if found else 0.0


def scanned_figure(text: str, form: str, draft: Draft = NOTHING_FIXED) -> Figure:
    """Draw lines with their stresses, rhyme letters and the fixed words of a draft."""
    scans = [scan(line) for line in lines(text)]
    scheme = FORMS[form].ljust(len(scans))
    letters = sorted({x for x in scheme if x != " "})
    colour = {x: COLOURS[i % len(COLOURS)] for i, x in enumerate(letters)}
    figure = Figure(figsize=(7.6, 0.44 * max(len(scans), 4) + 0.3))
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_axis_off()
    axes.set_xlim(0, 100)
    axes.set_ylim(-len(scans) - 0.4 * len(BREAKS[form]) - 0.1, 0.4)
    below = 0.0
    for row, (one, letter) in enumerate(zip(scans, scheme, strict=False)):
        below += 0.4 * (row in BREAKS[form] and len(scans) == LINES)
        retained = (
            fixed_places(draft.retained[row], list(one.words)) if row < LINES else frozenset()
        )
        _line(axes, one, -row - below, letter, colour.get(letter, "#1c2329"), retained)
    return figure


RETAINED = {"facecolor": "#e6e9ec", "edgecolor": "none", "pad": 1.5}
WIDE = 1.42  # of a letter of the face, in hundredths of the width


def _line(
    axes: object, one: Scan, y: float, letter: str, colour: str, retained: frozenset[int]
) -> None:
    draw = axes.text  # type: ignore[attr-defined]
    draw(1, y - 0.55, letter, color=colour, fontsize=10, family="monospace", weight="bold")
    at = 5.0
    broken = one.sounds is None
    sounds = one.sounds or (None,) * len(one.words)
    place = 0
    for i, (word, sound) in enumerate(zip(one.words, sounds, strict=True)):
        said = word.capitalize() if i == 0 else "I" if word == "i" else word
        last = i + 1 == len(one.words)
        ink = colour if last else "#8a8f98" if broken else "#1c2329"
        draw(
            at,
            y - 0.55,
            said,
            fontsize=10.5,
            family="monospace",
            color=ink,
            weight="bold" if last else "normal",
            bbox=RETAINED if i in retained else None,
        )
        if sound is not None:
            count = len(sound.stresses)
            for k in range(count):
                mark = STRONG if (place + k) % 2 else WEAK
                x = at + WIDE * len(said) * (k + 0.5) / count
                draw(
                    x, y - 0.12, mark, fontsize=8, color="#5b6670", ha="center", family="monospace"
                )
            place += count
        at += WIDE * (len(said) + 1)
