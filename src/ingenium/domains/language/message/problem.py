"""`language.message`: a thread to a summary, a draft or another tone, with every fact in place."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from random import Random
from typing import Any, ClassVar, Literal

import numpy as np
import xarray as xr

from ingenium.core.designs import DESIGN
from ingenium.core.digest import digest
from ingenium.core.errors import InputError, choose
from ingenium.core.given import NOTHING, Given, Input
from ingenium.core.problem import Problem, SearchDefaults, Section
from ingenium.core.quantity import Variable
from ingenium.core.spec import Limit
from ingenium.domains.language.message.default import BRIEF, THREAD
from ingenium.domains.language.message.formats import LONGEST, MESSAGE, MessageFolders, drafts
from ingenium.domains.language.message.reading import CLOSINGS, GREETINGS, MessageReader, Task
from ingenium.domains.language.message.thread import covering, facts, read_thread
from ingenium.domains.language.message.tone import casual, formal, formality
from ingenium.domains.language.message.verifier import MessageVerifier
from ingenium.generators.tokens.choices import TextChoices
from ingenium.generators.tokens.codec import TokenCodec
from ingenium.generators.tokens.vocabulary import Vocabulary
from ingenium.words.culture import flags
from ingenium.words.label import NO_PERSON, Label

PIECE = r"[^\n]*\n"
CONSTANT, KNOWN, MOST_LINES = 1, 24, 200
HARD = ("unsupported", "lost", "label_faults", "bylines")
INPUTS = (
    Input("thread", "text", "messages, each with From, Date and Subject", default=THREAD),
    Input("brief", "text", "points of a draft, a line each", most=8000, default=BRIEF),
)


@dataclass(frozen=True)
class MessageSettings:
    """The task, the writer, the tone, and the label."""

    task: Task = "summary"  # what is written about the thread
    writer: str = ""  # who will send it; the writer of the last message if empty
    tone: Literal["formal", "casual", "own"] = "own"  # of the wording; own is the writer's
    accountable: str = NO_PERSON  # who answers for the text
    contact: str = "the sender"  # address for corrections
    review: str = "2027-12-31"  # date by which the rules are reviewed
    languages: tuple[str, ...] = ("en",)  # of the disclosure


class ThreadMessages(Problem):
    """Messages whose every line stands in the thread or the brief, and that leave no fact out."""

    name: ClassVar[str] = "language.message"
    summary: ClassVar[str] = "summaries, drafts and other tones of a thread that keep its facts"
    Settings: ClassVar[type] = MessageSettings
    inputs: ClassVar[tuple[Input, ...]] = INPUTS
    judged: ClassVar[str] = (
        "The Markdown of each folder: every line is compared with the thread or the brief, and "
        "the facts of these with the lines. The HTML must have the same content."
    )
    unchecked: ClassVar[tuple[str, ...]] = (
        "Whether the thread is right, and which of two statements in it is the later decision.",
        "Facts without a number, a day, a time or a negation, in summaries.",
        "Idioms and ambiguities beyond a short list of English.",
    )
    validity: tuple[str, ...] = HARD
    default_family: ClassVar[str] = "covering"
    searches: ClassVar[SearchDefaults] = SearchDefaults("reweighted")
    sizes: Mapping[str, int] = {}
    tiers: tuple[MessageVerifier, ...]
    licence = "the thread's own"

    def __init__(self, settings: MessageSettings, given: Given = NOTHING) -> None:
        """Read the thread and the brief.

        Raises:
            InputError: for a thread that is none, or a writer who is not in it.
        """
        self.settings, self.given = settings, given
        text = given.values.get("thread", THREAD)
        self.thread = read_thread(text)
        self.writer = settings.writer or self.thread[-1].writer
        choose(self.writer, {m.writer for m in self.thread}, "writer of the thread")
        brief = [x.strip() for x in given.values.get("brief", BRIEF).splitlines() if x.strip()]
        last = next(m for m in self.thread[::-1] if m.writer == self.writer)
        self.points = {
            "summary": (), "draft": tuple(brief),
            "tone": tuple(" ".join(p.text.split()) for p in last.sentences),
        }[settings.task]  # fmt: skip
        if settings.task != "summary" and not self.points:
            raise InputError("sentences to write", "none", "Give a brief, a point a line.")
        source = f"thread of {len(self.thread)} messages, {digest([text])[:19]}"
        self.label = Label(
            settings.accountable,
            source,
            settings.review,
            settings.contact,
            settings.languages,
            "arranged",
        )
        self.reader = MessageReader(
            self.thread, self.points, self.writer, settings.task, self.label
        )
        own = "\n".join(m.text for m in self.thread if m.writer == self.writer)
        self.system = digest([text, brief, *self.label.lines])
        self.variables = (
            Variable(MESSAGE, (), "1", "Markdown of subject, text and label", longest=LONGEST),
        )
        self.conditions = ()
        self.limits = _limits(settings)
        before = formality(" ".join(self.points))
        self.tiers = (MessageVerifier(self.reader, own, before),)
        self.formats = {"message": MessageFolders()}
        self.notes = (
            f"The thread has {len(self.thread)} messages and {len(self.reader.facts)} facts.",
        )

    @cached_property
    def sentences(self) -> tuple[tuple[str, str], ...]:
        """Attributed sentences of the thread, and the sentence alone."""
        return tuple(
            (f"{m.writer}, {m.date}: {text}", text)
            for m in self.thread
            for p in m.sentences
            if (text := " ".join(p.text.split())) and ":" not in m.writer + m.date
        )

    def message(self, rng: Random) -> str:
        """Return a message for the task; by chance with more lines, other words and frames."""
        if self.settings.task == "summary":
            needed = set(covering([p for m in self.thread for p in m.sentences]))
            more = {i for i in range(len(self.sentences)) if rng.random() < 0.15}
            body = [self.sentences[i][0] for i in sorted(needed | more)]
        else:
            own = [m for m in self.thread if m.writer == self.writer]
            greetings = [m.greeting for m in own if m.greeting] or list(GREETINGS)
            closings = [m.closing for m in own if m.closing] or list(CLOSINGS)
            said = [self._toned(p, rng) for p in self.points]
            body = [rng.choice(greetings), "", *said, "", rng.choice(closings), self.writer]
        subject = self.thread[-1].subject
        return "\n".join([f"# {subject}", "", *body, "", *self.label.lines]) + "\n"

    def _toned(self, sentence: str, rng: Random) -> str:
        tone = self.settings.tone
        if tone == "own":
            return rng.choice([sentence, formal(sentence), casual(sentence)])
        return formal(sentence) if tone == "formal" else casual(sentence)

    @cached_property
    def codec(self) -> TokenCodec:  # type: ignore[override]
        """Codec whose tokens are whole lines."""
        frame = [x for m in self.thread for x in (m.greeting, m.closing, m.writer)]
        said = [v for p in self.points for v in (p, formal(p), casual(p))]
        lines = [f"# {self.thread[-1].subject}", *(s for s, _ in self.sentences), *said, *frame]
        every = (*lines, *GREETINGS, *CLOSINGS, *self.label.lines, "")
        vocabulary = Vocabulary.of([f"{x}\n" for x in every], pattern=PIECE, rare=1)
        return TokenCodec(vocabulary, MOST_LINES, LONGEST, None, MESSAGE)

    def data(self) -> xr.Dataset:
        """Return messages by chance; every fourth is held out."""
        listed = list(dict.fromkeys(self.message(Random(i)) for i in range(KNOWN)))
        listed = listed if len(listed) > 3 else [*listed, *self._shorter(listed[0])]
        held = np.arange(len(listed)) % 4 == 1
        designs = drafts(listed, list(range(len(listed))))
        return designs.assign_coords(held_out=(DESIGN, held))

    def _shorter(self, text: str) -> list[str]:
        """Return a message without one of its lines each, where chance gives too few."""
        lines = text.splitlines(True)
        return ["".join(lines[:i] + lines[i + 1 :]) for i in range(2, min(6, len(lines)))]

    def baselines(self) -> Mapping[str, Callable[[], Any]]:
        """Messages that cover all facts, and the first sentences of the thread."""
        rules: dict[str, Callable[[Random], list[str]]] = {
            "covering": lambda rng: [self.message(rng)],
            "leading": lambda rng: [self._leading(rng)],
        }
        return {
            name: partial(TextChoices, self.codec, CONSTANT, rule, name)
            for name, rule in rules.items()
        }

    def _leading(self, rng: Random) -> str:
        body = [s for s, _ in self.sentences[: rng.randint(1, 5)]]
        lines = [f"# {self.thread[-1].subject}", "", *body, "", *self.label.lines]
        return "\n".join(lines) + "\n"

    def sections(self, designs: xr.Dataset, verdicts: xr.Dataset) -> tuple[Section, ...]:
        """Sections on the first messages, the facts of the thread, and flags."""
        reported = []
        for number, text in zip(designs[DESIGN].values[:3], designs[MESSAGE].values, strict=False):
            lines = [x for x in str(text).splitlines() if x and not x.startswith("> ")]
            reported.append(Section(f"Message {number}", table=(("text",), *((x,) for x in lines))))
        rows = [("fact", "where")]
        for sentence, alone in self.sentences:
            rows += [(fact, sentence[:120]) for fact in sorted(facts(alone))]
        flagged = [("phrase", "flag", "where")]
        for sentence, alone in self.sentences:
            flagged += [(f.phrase, f.kind, sentence[:120]) for f in flags(alone)]
        reported.append(Section("Facts of the thread", self.notes[0], table=tuple(rows[:100])))
        text = "Phrases that a reader elsewhere may not read as they were meant."
        reported.append(Section("Flags", text, table=tuple(flagged[:100])))
        return tuple(reported)

    def in_table(self, name: str, designs: xr.Dataset) -> tuple[str, ...]:
        """Return the beginning of each message."""
        bodies = (str(x).split("\n\n", 1)[-1].replace("\n", " ") for x in designs[name].to_numpy())
        return tuple(x[:90] for x in bodies)

    def known_answers(self) -> tuple[tuple[xr.Dataset, Mapping[str, float], float], ...]:
        """A covering message loses nothing; a subject alone loses everything."""
        lost = float(
            len(self.reader.facts) if self.settings.task == "summary" else len(self.points)
        )
        return (
            (drafts([self.message(Random(0))], [0]), dict.fromkeys(HARD, 0.0), 1e-12),
            (
                drafts([f"# {self.thread[-1].subject}\n"], [0]),
                {"lost": lost, "label_faults": 1.0, "words": 0.0},
                1e-12,
            ),
        )


def _limits(settings: MessageSettings) -> tuple[Limit, ...]:
    """Return the limits of a task; another tone must not go the other way."""
    moved = {
        "formal": (Limit("formality_change", at_least=0),),
        "casual": (Limit("formality_change", at_most=0),),
    }.get(settings.tone, ())
    toned = settings.task == "tone"
    return (*(Limit(q, at_most=0) for q in HARD), *(moved if toned else ()))
