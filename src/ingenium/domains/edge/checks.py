"""Small generators, shown by their commands: sketches on a device, and what recipes keep."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from ingenium.domains.edge.doodle import trained
from ingenium.domains.edge.doodle.data import KINDS, WORDS
from ingenium.domains.edge.doodle.formats import SketchSvg
from ingenium.domains.edge.doodle.report import sheet
from ingenium.domains.edge.doodle.strokes import STEPS
from ingenium.domains.edge.link_check import linked
from ingenium.edge import pictures
from ingenium.evaluate.findings import Commands, Finding, Picture

SKETCHES = 256
SPEC = """
problem = "edge.doodle"
[select]
keep = "verified"
"""
SHEET = """
name = "Cortex-M7, 216 MHz"
formats = [FORMATS]
steps = STEPS
widths = [WIDTHS]
finalists = FINALISTS
judged = 64
zeros = [ZEROS]
generator = { family = "vae" }
[[limits]]
quantity = "flash"
at_most = FLASH
[[limits]]
quantity = "latency"
at_most = 2
unit = "ms"
[[limits]]
quantity = "energy"
at_most = 0.1
unit = "mJ"
"""
SMALL = "process.laboratory"
USUAL = {"ZEROS": "", "STEPS": 40, "WIDTHS": "1.0, 0.75, 0.5, 0.35, 0.25"}
SEEDS = 5


def doodles(commands: Commands) -> Iterator[Finding | Picture]:
    """Row 18.8: sketches by class on the device, and what a reader takes them for."""
    (commands.folder / "all.toml").write_text(SPEC)
    asked = ("--spec", "all.toml", "-n", SKETCHES, "--seed", 1, "--out", "run")
    done = commands("propose", "edge.doodle", *asked)
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
    yield from linked(commands)
    drawn = SketchSvg().read(commands.folder / "run" / "designs")
    shown = sorted(str(t) for t in drawn["sketch"].to_numpy())[:: SKETCHES // 48][:48]
    yield Picture(sheet(shown), "Sketches by the network that the board runs, as they came")


def selector(commands: Commands) -> Iterator[Finding | Picture]:
    """Row 18.5: the search over recipes beside all of them carried out."""
    found = {}
    for name, finalists in (("search", 2), ("all", 100)):
        _sheet(commands, name, FINALISTS=finalists, FORMATS='"int8", "int4"', FLASH=75_000)
        done = _fit(commands, name)
        found[name] = done
        yield Finding(
            f"{name}: {len(done['trials'])} recipes carried out, {done['recipe_title']} is chosen "
            f"and is {done['verdict']}",
            done["verdict"] == "accepted",
        )
    best = found["all"]
    pairs = [(found["search"], best)]
    pairs += [(_fit(commands, "search", s), _fit(commands, "all", s)) for s in range(1, SEEDS)]
    losses = [[one["measured"]["loss"] for one in pair] for pair in pairs]
    gaps = [own["value"] - other["value"] for own, other in losses]
    yield Finding(
        f"over {SEEDS} seeds its loss is {min(gaps):+.4f} to {max(gaps):+.4f} from the best of all",
        all(
            abs(gap) <= other["high"] - other["value"]
            for gap, (_, other) in zip(gaps, losses, strict=True)
        ),
    )
    single = [t for t in best["trials"] if t["title"] in ("int8", "int4")]
    yield Finding("rounding alone does not hold the limits", not any(t["holds"] for t in single))
    _sheet(commands, "none", FINALISTS=1, FORMATS='"int8"', FLASH=10_000)
    refused = commands("edge", "fit", SMALL, "--device", "none.toml", "--out", "none")
    told = str(refused.answer.get("error", refused.answer)) + refused.text
    yield Finding("where nothing fits the nearest is named", "the nearest is" in told)
    yield Picture(pictures.pareto(best), "All recipes of a small generator, and its limits")


def _sheet(commands: Commands, name: str, **entries: Any) -> None:
    text = SHEET
    for key, value in (USUAL | entries).items():
        text = text.replace(key, f"{value}")
    (commands.folder / f"{name}.toml").write_text(text)


def _fit(commands: Commands, name: str, seed: int = 0) -> Mapping[str, Any]:
    asked = ("--device", f"{name}.toml", "--seed", seed, "--out", name, "--overwrite")
    return commands("edge", "fit", SMALL, *asked).answer
