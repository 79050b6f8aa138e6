"""Sketches on a device, shown by their commands."""

import json
from collections.abc import Iterator

import numpy as np

from ingenium.domains.edge.doodle import trained
from ingenium.domains.edge.doodle.data import KINDS, WORDS
from ingenium.domains.edge.doodle.formats import SketchSvg
from ingenium.domains.edge.doodle.report import sheet
from ingenium.domains.edge.doodle.strokes import STEPS
from ingenium_book.findings import Commands, Finding, Picture

SKETCHES = 256
SPEC = """
problem = "edge.doodle"
[select]
export = "verified"
"""


def doodles(commands: Commands) -> Iterator[Finding | Picture]:
    """Row 18.8: sketches by class on the device, and the classes that a reader assigns."""
    (commands.folder / "all.toml").write_text(SPEC)
    requested = ("--spec", "all.toml", "-n", SKETCHES, "--seed", 1, "--out", "run")
    done = commands("propose", "edge.doodle", *requested)
    lines = (commands.folder / "run" / "evidence.jsonl").read_text().splitlines()
    rows = [row["measured"] for row in map(json.loads, lines) if "measured" in row]
    recognised = float(np.mean([row["recognised"]["value"] for row in rows]))
    yield Finding(
        f"a reader that knows other icons takes {recognised:.1%} of {SKETCHES} sketches of "
        f"{len(WORDS)} words for their word (chance {1 / len(WORDS):.1%})",
        done.code == 0 and recognised >= 0.8,
    )
    flash = 0.0
    for kind in KINDS:
        record = trained.record(kind) or {}
        own = record["measured"]
        flash += own["flash"]["value"]
        longest = own["latency"]["value"] * STEPS / record["graphs"]["step"]["calls"]
        yield Finding(
            f"{kind}: {own['instructions']['value'] / 1e6:.2f} million instructions a sketch, "
            f"counted, which are {1e3 * own['latency']['value']:.1f} ms at 216 MHz and "
            f"{1e3 * longest:.1f} ms for the longest that has room; "
            f"{1e3 * own['energy']['value']:.2f} mJ by a model",
            longest <= 0.05,
        )
    yield Finding(f"both together take {flash / 1e3:.0f} kB of flash", flash <= 512_000)
    drawn = SketchSvg().read(commands.folder / "run" / "designs")
    shown = sorted(str(t) for t in drawn["sketch"].to_numpy())[:: SKETCHES // 48][:48]
    yield Picture(sheet(shown), "Sketches by the network that the board runs, as they came")
