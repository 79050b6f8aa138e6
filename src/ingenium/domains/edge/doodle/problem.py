"""Problem `edge.doodle`: pen sketches by a generator that fits on a microcontroller."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
import xarray as xr
from torch import Tensor

from ingenium.core.designs import DESIGN
from ingenium.core.given import NOTHING, Given, Input
from ingenium.core.problem import Pretrained, Problem, SearchDefaults, Second, Section
from ingenium.core.quantity import Condition, Variable
from ingenium.core.select import Metric
from ingenium.core.spec import Limit
from ingenium.core.text import codes, texts
from ingenium.domains.edge.doodle import report, trained
from ingenium.domains.edge.doodle.data import KINDS, LICENCE, icons
from ingenium.domains.edge.doodle.formats import ABOUT, SKETCH, SketchSvg, read_path, sketches
from ingenium.domains.edge.doodle.grammar import SketchGrammar
from ingenium.domains.edge.doodle.raster import drawn
from ingenium.domains.edge.doodle.strokes import LONGEST, strokes_of, vocabulary, written
from ingenium.domains.edge.doodle.verifier import COARSE, PillowInk, SketchReader
from ingenium.edge.link import place
from ingenium.generators.tokens.codec import TokenCodec

WORD = "word"
SHARE, MOST = 0.2, 20  # of the sketches, whose ink is measured again
LEAST_EXTENT = 0.4  # of the box
SAME = 0.98  # likeness from which a sketch counts as a copy


@dataclass(frozen=True)
class DoodleSettings:
    """Settings of the generator, and of remote machines that run it."""

    draws: Literal["subjects", "surroundings"] = "subjects"  # drawn subjects, or their surroundings
    edge: str = ""  # HOST:PORT of `ingenium edge lend`, which runs the pen's steps while it answers
    cloud: str = ""  # HOST:PORT of one that generates sketches without first strokes


class Doodle(Problem):
    """Sketches of a word, from scratch or completed from given first strokes."""

    name: ClassVar[str] = "edge.doodle"
    summary: ClassVar[str] = (
        "sketches of a word, or completed from first strokes, by a network that runs on a "
        "microcontroller"
    )
    Settings: ClassVar[type] = DoodleSettings
    inputs: ClassVar[tuple[Input, ...]] = (
        Input("first", "text", "strokes to begin with, as a path of SVG: M4 4L20 4", most=500),
    )
    default_family: ClassVar[str] = trained.ON_DEVICE
    searches: ClassVar[SearchDefaults] = SearchDefaults(
        "reweighted"
    )  # evolution needs numbers, and texts are none
    judged: ClassVar[str] = "The title, paths and pen of each SVG file."
    unchecked: ClassVar[tuple[str, ...]] = (
        "The classifier of sketches is a model: it was trained on icons that no generator was "
        "trained on, and misclassifies some held-out icons.",
        "Whether a sketch is beautiful.",
    )
    licence = LICENCE
    sizes: Mapping[str, int] = {}  # a text has no further dimensions
    codec: TokenCodec

    def __init__(self, settings: DoodleSettings, given: Given = NOTHING) -> None:
        """Open the icons of one kind.

        Raises:
            InputError: for first strokes off the grid, or a remote machine without an address.
        """
        self.settings, self.given = settings, given
        for address in filter(None, (settings.edge, settings.cloud)):
            place(address)
        self.words = KINDS[settings.draws]
        self.variables = (Variable(SKETCH, (), "1", ABOUT, longest=LONGEST),)
        self.conditions = (Condition(WORD, "what the sketch is to show", choices=self.words),)
        begun = ""
        if "first" in given and str(given["first"]).strip():
            strokes = read_path(str(given["first"]), "first")
            begun = written("", strokes).removeprefix("<>")
        self.grammar = SketchGrammar.of(vocabulary(self.words), len(self.words), begun)
        self.codec = trained.codec(self.words, self.grammar)
        self.limits = (
            Limit("recognised", at_least=1.0),
            Limit("extent", at_least=LEAST_EXTENT),
            Limit("copy", at_most=SAME),
        )
        self.tiers = (SketchReader(settings.draws),)
        self.second = Second(PillowInk(), SHARE, MOST)
        self.formats = {"svg": SketchSvg()}

    def data(self) -> xr.Dataset:
        """Return the icons; every third of a class is held out, for the reader."""
        own = icons(self.words)
        designs = sketches([i.text for i in own], list(range(len(own))))
        held = (DESIGN, np.array([i.held_out for i in own]))
        words = (DESIGN, np.array([i.kind for i in own], dtype=object))
        return designs.assign_coords({WORD: words, "held_out": held})

    def repair(self, arrays: tuple[Tensor, ...], conditions: xr.Dataset) -> tuple[Tensor, ...]:
        """Replace the word of each text by the requested one."""
        both = zip(texts(arrays[0]), conditions[WORD].to_numpy(), strict=True)
        return (codes([written(str(w), strokes_of(t)) for t, w in both], LONGEST, name=SKETCH),)

    def metric(self, designs: xr.Dataset) -> Metric:
        """Root mean square difference of the pictures; ignores the words."""
        x = np.stack([drawn(strokes_of(str(t)), COARSE) for t in designs[SKETCH].to_numpy()])
        flat = x.reshape(len(x), -1)
        return lambda i: np.sqrt(np.square(flat - flat[i]).mean(1))

    def pretrained(self) -> Mapping[str, Pretrained]:
        """Return the trained generator, and its version for a device."""
        own = self.settings
        helped = trained.PenHelp(own.edge, own.cloud)
        return trained.pretrained(own.draws, self.words, self.grammar, helped)

    def in_table(self, name: str, designs: xr.Dataset) -> tuple[str, ...] | None:
        """Show the number of strokes of a sketch instead of its text."""
        if name != SKETCH:
            return None
        counts = [len(strokes_of(str(t))) for t in designs[SKETCH].to_numpy()]
        return tuple(f"{n} stroke{'' if n == 1 else 's'}" for n in counts)

    def sections(self, designs: xr.Dataset, verdicts: xr.Dataset) -> tuple[Section, ...]:
        """Show a sheet by word, sketches in progress, and the cost of a sketch on the device."""
        return report.sections(designs, verdicts, self.settings.draws, self.words)

    def known_answers(self) -> tuple[tuple[xr.Dataset, Mapping[str, float], float], ...]:
        """Return a square of lines 2 wide: 16 by 16 outside with round corners, 12 by 12 inside."""
        word = self.words[0]
        square = written(word, [np.array([(5, 5), (19, 5), (19, 19), (5, 19), (5, 5)])])
        ink = (16 * 16 - (4 - np.pi) - 12 * 12) / 24**2
        truth = {"ink": ink, "extent": 14 / 24, "strokes": 1.0, "points": 5.0}
        return ((sketches([square], [0]), truth, 5e-3),)
