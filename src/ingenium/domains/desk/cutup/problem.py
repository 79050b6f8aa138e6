"""`desk.cutup`: cut-up, chance and found texts, each of whose words carries its source line."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from random import Random
from typing import Any, ClassVar, Literal

import numpy as np
import xarray as xr

from ingenium.core.designs import DESIGN
from ingenium.core.digest import digest
from ingenium.core.errors import InputError
from ingenium.core.formats.text_files import TextFiles, text_designs
from ingenium.core.given import NOTHING, Given, Input
from ingenium.core.problem import Problem, SearchDefaults, Section
from ingenium.core.quantity import Variable
from ingenium.core.spec import Limit
from ingenium.domains.desk.cutup.sources import (
    DEFAULT,
    MARK,
    SourcePiece,
    Sources,
    read_cut,
    written,
)
from ingenium.domains.desk.cutup.verifier import CutVerifier
from ingenium.generators.tokens.choices import TextChoices
from ingenium.generators.tokens.codec import TokenCodec
from ingenium.generators.tokens.vocabulary import Vocabulary

CUT, LONGEST, MOST, CONSTANT, KNOWN = "cut_text", 24_000, 1 << 17, 1, 24
PIECES = r"[^\W_]+(?:['\u2019-][^\W\d_]+)*|."
WHAT = "a cut text with its list of sources"
SOURCES = Input(
    "sources", "text", "texts to cut, each below a line `=== name`", most=1_000_000, default=DEFAULT
)
HARD = ("untraced_words", "absent_pieces")


@dataclass(frozen=True)
class CutSettings:
    """How texts are made, and their size."""

    technique: Literal["cutup", "chance", "found"] = (
        "cutup"  # cut-up pages, chance operations, or a found poem
    )
    lines: int = 8  # number of lines
    longest: int = 5  # words of a piece; whole lines in found texts


class CutTexts(Problem):
    """Texts that are cut from sources and traced to them, word by word."""

    name: ClassVar[str] = "desk.cutup"
    summary: ClassVar[str] = "cut-up, chance and found texts, each word with its source line"
    Settings: ClassVar[type] = CutSettings
    inputs: ClassVar[tuple[Input, ...]] = (SOURCES,)
    judged: ClassVar[str] = "Each word of the file, compared with the word of its source."
    unchecked: ClassVar[tuple[str, ...]] = (
        "Whether the text has a sense, or the sources may be used.",
        "Punctuation, which is left out.",
    )
    validity: tuple[str, ...] = HARD
    default_family: ClassVar[str] = "technique"
    searches: ClassVar[SearchDefaults] = SearchDefaults("reweighted")
    sizes: Mapping[str, int] = {}
    tiers: tuple[CutVerifier, ...]
    licence = "that of the sources"

    def __init__(self, settings: CutSettings, given: Given = NOTHING) -> None:
        """Read the sources.

        Raises:
            InputError: for sources that cannot be cut, or a size that cannot be.
        """
        if not (1 <= settings.lines <= 60 and 1 <= settings.longest <= 12):
            raise InputError(
                "lines from 1 to 60 and longest from 1 to 12",
                f"{settings.lines} and {settings.longest}",
            )
        self.settings, self.given = settings, given
        text = given.values.get("sources", DEFAULT)
        self.sources = Sources.of(text)
        self.system = digest([text])
        self.variables = (
            Variable(CUT, (), "1", "lines, and the pieces they are made of", longest=LONGEST),
        )
        self.conditions = ()
        self.limits = tuple(Limit(q, at_most=0) for q in (*HARD, "repeated_lines"))
        self.tiers = (CutVerifier(self.sources),)
        self.formats = {
            "md": TextFiles(self.variables[0], "md", "cut", WHAT, (".md",), MOST, _taken)
        }

    def cut(self, rng: Random, technique: str) -> str:
        """Return a text by a technique."""
        usable, size = self.sources.usable, self.settings.longest
        lines: list[list[SourcePiece]] = []
        taken: set[str] = set()
        for _ in range(40 * self.settings.lines):
            if len(lines) == self.settings.lines:
                break
            count = {"cutup": 2, "chance": rng.randint(3, 8), "found": 1}[technique]
            chosen = rng.sample(usable, min(count, len(usable)))
            made = [
                self._piece(rng, name, line, technique, size, k)
                for k, (name, line) in enumerate(chosen)
            ]
            said = " ".join(w for p in made for w in self.sources.words(p) or ())
            if said not in taken:
                taken.add(said)
                lines.append(made)
        return written(lines, self.sources)

    def _piece(
        self, rng: Random, name: str, line: int, technique: str, size: int, at: int
    ) -> SourcePiece:
        """Return words of a line: the beginning or end of it in cut-ups, one word by chance."""
        count = len(self.sources.lines[name][line - 1])
        if technique == "found":
            return SourcePiece(name, line, 1, count)
        if technique == "chance":
            word = rng.randint(1, count)
            return SourcePiece(name, line, word, word)
        length = min(rng.randint(2, max(2, size)), count, size)
        return SourcePiece(name, line, *((1, length) if at == 0 else (count - length + 1, count)))

    @cached_property
    def codec(self) -> TokenCodec:  # type: ignore[override]
        """Codec of the words of the sources, and of single signs."""
        words = sorted({w for lines in self.sources.lines.values() for line in lines for w in line})
        most = max(len(w) for lines in self.sources.lines.values() for w in lines)
        frame = [*words, *self.sources.lines, *map(str, range(10_000)), MARK, "-: "]
        steps = 40 + self.settings.lines * (2 * max(most, 30) + 8 * 14)
        return TokenCodec(Vocabulary.of(frame, pattern=PIECES, rare=1), steps, LONGEST, None, CUT)

    def data(self) -> xr.Dataset:
        """Return texts by chance; every fourth is held out."""
        listed = list(
            dict.fromkeys(self.cut(Random(i), self.settings.technique) for i in range(KNOWN))
        )
        designs = text_designs(self.variables[0], listed, list(range(len(listed))))
        return designs.assign_coords(held_out=(DESIGN, np.arange(len(listed)) % 4 == 1))

    def baselines(self) -> Mapping[str, Callable[[], Any]]:
        """Return the technique of the setup, and the three of them by name."""
        names = {
            "technique": self.settings.technique,
            "cutup": "cutup",
            "chance": "chance",
            "found": "found",
        }
        return {
            name: partial(TextChoices, self.codec, CONSTANT, partial(self._chosen, technique), name)
            for name, technique in names.items()
        }

    def _chosen(self, technique: str, rng: Random) -> list[str]:
        return [self.cut(rng, technique)]

    def sections(self, designs: xr.Dataset, verdicts: xr.Dataset) -> tuple[Section, ...]:
        """Return the first texts with the source of each line."""
        reported = []
        for number, text in zip(designs[DESIGN].values[:4], designs[CUT].values, strict=False):
            found = read_cut(str(text))
            if found is not None:
                rows = [(" ".join(w), "; ".join(map(str, p))) for w, p in zip(*found, strict=True)]
                reported.append(Section(f"Text {number}", "", table=(("line", "sources"), *rows)))
        return tuple(reported)

    def in_table(self, name: str, designs: xr.Dataset) -> tuple[str, ...]:
        """Return the lines without their sources."""
        return tuple(
            str(t).partition(MARK)[0].replace("\n", " / ")[:120] for t in designs[name].to_numpy()
        )

    def known_answers(self) -> tuple[tuple[xr.Dataset, Mapping[str, float], float], ...]:
        """Return a text of two lines, and the same with a word exchanged."""
        (name, line), (other, place) = self.sources.usable[0], self.sources.usable[-1]
        pieces = [
            [SourcePiece(name, line, 1, 2)],
            [SourcePiece(other, place, 1, 1), SourcePiece(name, line, 1, 1)],
        ]
        right = written(pieces, self.sources)
        word = (self.sources.words(pieces[0][0]) or ("",))[0]
        designs = [
            text_designs(self.variables[0], [t], [0])
            for t in (right, right.replace(word, "zzz", 1))
        ]
        truth = {"untraced_words": 0.0, "absent_pieces": 0.0, "longest_span": 2.0, "cut_words": 4.0}
        return ((designs[0], truth, 1e-12), (designs[1], {**truth, "untraced_words": 1.0}, 1e-12))


def _taken(text: str, file: Path) -> str:
    if read_cut(text) is None:
        raise InputError(WHAT, f"none in {file}", f"Keep the list below {MARK.strip()!r}.")
    return text
