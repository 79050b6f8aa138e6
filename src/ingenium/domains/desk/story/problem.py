"""`desk.story`: continuations of a draft that are far from the likeliest and contradict nothing."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any, ClassVar, Literal

import numpy as np
import xarray as xr

from ingenium.core.designs import DESIGN
from ingenium.core.digest import digest
from ingenium.core.errors import InputError
from ingenium.core.formats.text_files import text_designs
from ingenium.core.given import NOTHING, Given, Input
from ingenium.core.problem import Problem, SearchDefaults, Section
from ingenium.core.reading.office import office_text
from ingenium.core.spec import Limit
from ingenium.domains.desk.story import report
from ingenium.domains.desk.story.branching import Branches
from ingenium.domains.desk.story.continuation import StoryJudge
from ingenium.domains.desk.story.drafts import checked_draft, commands
from ingenium.domains.desk.story.facts import Fact
from ingenium.domains.desk.story.formats import STORY, markdown, story_variable, twee
from ingenium.domains.desk.story.grammar import StoryScene
from ingenium.domains.desk.story.phrases import PHRASES, SPEECHES
from ingenium.domains.desk.story.reader import FactReader, FactReading
from ingenium.domains.desk.story.tree import START, write_tree
from ingenium.domains.desk.story.verifier import ContinuityVerifier
from ingenium.domains.desk.story.world import DEFAULT, World, read_premise
from ingenium.generators.tokens.choices import TextChoices
from ingenium.generators.tokens.codec import TokenCodec
from ingenium.generators.tokens.vocabulary import Vocabulary

PIECE = r"[A-Za-z]+|[^A-Za-z]"
CONSTANT, KNOWN = 1, 24
CHARACTERS = 7  # of a word and its blank, at most on average
PREMISE = Input("premise", "text", "persons, places, things and secrets, as TOML")
DRAFT = Input("draft", "file", "the text that is continued: Markdown, DOCX or ODT")
SECRETS = (("Ada", "debt"), ("Piet", "wreck"), ("Maren", "forged will"))  # of the default world


@dataclass(frozen=True)
class BranchSettings:
    """The kind of texts, their length, and the events of a passage."""

    kind: Literal["branch", "tree"] = "branch"  # one continuation, or a tree of them with choices
    events: int = 6  # of a branch, or of each passage of a tree
    depth: int = 3  # choices of a tree from its start to an end
    longest: int = 25_000  # words of a text that is judged


class StoryBranches(Problem):
    """Texts whose facts agree with each other, with a premise, and with the draft before them."""

    name: ClassVar[str] = "desk.story"
    summary: ClassVar[str] = (
        "continuations of a draft, far from the likeliest, without contradictions"
    )
    Settings: ClassVar[type] = BranchSettings
    inputs: ClassVar[tuple[Input, ...]] = (PREMISE, DRAFT)
    judged: ClassVar[str] = (
        "Each text: facts are read from its sentences, and two solvers look for contradictions "
        "with the premise, the draft and each other; of a tree, on every way to an end."
    )
    unchecked: ClassVar[tuple[str, ...]] = (
        "Sentences that the reader does not understand, whose share is reported.",
        "Whether the prose is good: sentences come from some forty phrases.",
        "Contradictions of other kinds than death, place, loss, age, knowledge and season.",
        "What characters say, dream, fear or remember.",
    )
    validity: tuple[str, ...] = ("contradictions", "solver_disagreements", "broken_links")
    default_family: ClassVar[str] = "divergent"
    searches: ClassVar[SearchDefaults] = SearchDefaults("reweighted")
    sizes: Mapping[str, int] = {}
    licence = "the draft's own"

    def __init__(self, settings: BranchSettings, given: Given = NOTHING) -> None:
        """Read the premise and the draft.

        Raises:
            InputError: for a premise that contradicts itself, or a draft that cannot be read.
        """
        for name, least, most in (("events", 1, 40), ("depth", 1, 6), ("longest", 50, 100_000)):
            if not least <= getattr(settings, name) <= most:
                raise InputError(f"{name} from {least} to {most}", getattr(settings, name))
        self.settings, self.given = settings, given
        own = read_premise(given["premise"]) if "premise" in given else None
        self.draft = _draft(given)
        self.reader = FactReader(own.persons if own else (), dict(own.levels) if own else {})
        reading = self.reader.read(self.draft) if self.draft else FactReading((), 0, (), ())
        known = own.with_draft(reading) if own else DEFAULT.with_draft(reading)
        if self.draft and not own:
            known = World().with_draft(reading)
        if len(known.persons) < 2 and given.values:
            got = ", ".join(known.persons) or "nobody"
            raise InputError(
                "a premise or a draft with two persons who act", got, "Name them in a premise."
            )
        self.reader = FactReader(known.persons, dict(known.levels))
        self.judge = StoryJudge(
            known if given.values else World(), reading, self.draft, self.reader
        )
        facts = [*known.facts, *reading.facts]
        if not given.values:
            facts = [Fact("learns", pair) for pair in SECRETS]
        self.branches = Branches(StoryScene(known, facts), settings.events)
        self.system = digest([given.values.get("premise", ""), self.draft])
        variable = story_variable(CHARACTERS * settings.longest)
        self.variables = (variable,)
        self.conditions = ()
        self.limits = tuple(Limit(q, at_most=0) for q in self.validity)
        both = {"md": markdown(variable), "twee": twee(variable)}
        first = "md" if settings.kind == "branch" else "twee"
        self.formats = {first: both[first]}
        self.notes = report.notes(known, reading, self.judge, commands(self.draft))

    @cached_property
    def tiers(self) -> tuple[ContinuityVerifier, ...]:  # type: ignore[override]
        """The verifier, with the likeliest continuation."""
        return (ContinuityVerifier(self.judge, self.branches.likeliest),)

    @cached_property
    def codec(self) -> TokenCodec:  # type: ignore[override]
        """Codec of words, and of all other signs one by one."""
        longest = self.variables[0].longest or 0
        passages = 1 if self.settings.kind == "branch" else 2 ** (self.settings.depth + 1)
        steps = 60 + passages * (40 * self.settings.events + 80)
        vocabulary = Vocabulary.of(self._language, pattern=PIECE, rare=1)
        return TokenCodec(vocabulary, steps, longest, None, STORY)

    @cached_property
    def _language(self) -> list[str]:
        """Texts that have all words and signs of continuations."""
        forms = [re.sub(r"{\w+}", " ", f) for listed in PHRASES.values() for f in listed]
        frame = write_tree(self.title, {"P0123456789": ("", (("goes first, now later", START),))})
        return [*forms, *SPEECHES, *sorted(self.branches.scene.world.names()), frame, ".\n"]

    @property
    def title(self) -> str:
        """Title of trees: the first heading of the draft."""
        found = re.search(r"(?m)^# (.+)$", self.draft)
        return re.sub(r"[^\w ,'-]", "", found[1])[:80] if found else "Branches"

    @cached_property
    def _rules(self) -> dict[str, Callable[[Random], list[str]]]:
        """Families by name; of trees by the heat of their walks."""
        b, depth = self.branches, self.settings.depth
        if self.settings.kind == "tree":
            return {
                "divergent": lambda rng: [b.tree(rng, self.title, depth)],
                "plain": lambda rng: [b.tree(rng, self.title, depth, heat=1.0)],
            }
        return {
            "divergent": lambda rng: [b.divergent(rng)],
            "plain": lambda rng: [b.plain(rng)],
            "hot": lambda rng: [b.plain(rng, 8.0)],
            "unchecked": lambda rng: [b.plain(rng, 4.0, checked=False)],
        }

    def baselines(self) -> Mapping[str, Callable[[], Any]]:
        """Return walks of the archive, by what is usual, by chance, and without the solver."""
        return {
            name: partial(TextChoices, self.codec, CONSTANT, rule, name)
            for name, rule in self._rules.items()
        }

    @cached_property
    def _known(self) -> list[str]:
        rule = self._rules["plain"]
        return list(dict.fromkeys(rule(Random(i))[0] for i in range(KNOWN)))

    def data(self) -> xr.Dataset:
        """Return plain continuations; every fourth is held out."""
        held = np.arange(len(self._known)) % 4 == 1
        designs = text_designs(self.variables[0], self._known, list(range(len(self._known))))
        return designs.assign_coords(held_out=(DESIGN, held))

    def sections(self, designs: xr.Dataset, verdicts: xr.Dataset) -> tuple[Section, ...]:
        """Sections on the map of continuations, the texts, and contradictions."""
        return report.sections(designs, verdicts, self.judge, self.branches.likeliest)

    def in_table(self, name: str, designs: xr.Dataset) -> tuple[str, ...]:
        """Return the first words of each text."""
        return tuple(" ".join(str(t).split())[:100] for t in designs[name].to_numpy())

    def known_answers(self) -> tuple[tuple[xr.Dataset, Mapping[str, float], float], ...]:
        """Return texts with the six kinds of contradictions, and one without any."""
        wrong = {"contradictions": 6.0, "solver_disagreements": 0.0, "endings": 1.0}
        right = {"contradictions": 0.0, "solver_disagreements": 0.0, "read_share": 1.0}
        listed = [WRONG, RIGHT]
        made = [text_designs(self.variables[0], [text], [0]) for text in listed]
        return ((made[0], wrong, 1e-12), (made[1], right, 1e-12))


WRONG = """Ruben died that night. Ruben opened the door and laughed.

Selma was at the mill. Selma was waiting at the chapel.

Selma lost the violin. Joris held up the violin.

Joris was 41 years old. Joris, who was 33, shrugged.

Selma spoke of the treaty. Selma heard about the treaty from Joris.

It was July. It was a cold morning in January.
"""
RIGHT = """Selma was at the mill. Selma walked to the chapel. Selma was waiting at the chapel.

Three years later, Joris was 41 years old. Ruben opened the door. Ruben died that night.
"""


def _draft(given: Given) -> str:
    """Return the text of the draft, whose format its first bytes show."""
    if "draft" not in given:
        return ""
    ending, data = given.files["draft"]
    if data[:4] == b"PK\x03\x04":
        with TemporaryDirectory() as folder:
            file = Path(folder) / f"draft{ending}"
            file.write_bytes(data)
            text = office_text(file)
    else:
        try:
            text = data.decode("utf-8-sig").replace("\r\n", "\n")
        except UnicodeDecodeError as error:
            raise InputError(
                "a draft in one encoding, UTF-8",
                f"byte 0x{data[error.start]:02X} at {error.start}",
                "Convert it, for example with iconv.",
            ) from None  # fmt: skip
    return checked_draft(text, "the draft")
