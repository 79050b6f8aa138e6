"""`language.report`: a table to short reports, each of whose sentences is recomputed."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache, partial
from random import Random
from typing import Any, ClassVar

import numpy as np
import xarray as xr

from ingenium.core.designs import DESIGN
from ingenium.core.digest import digest
from ingenium.core.errors import InputError
from ingenium.core.given import NOTHING, Given, Input
from ingenium.core.problem import Problem, SearchDefaults, Second, Section
from ingenium.core.quantity import Variable
from ingenium.core.spec import Limit
from ingenium.domains.language.report import report
from ingenium.domains.language.report.default import TABLE
from ingenium.domains.language.report.facts import FactLines
from ingenium.domains.language.report.findings import FindingSource
from ingenium.domains.language.report.formats import STORY, StoryFolders, stories
from ingenium.domains.language.report.phrases import Tone
from ingenium.domains.language.report.plan import MOST_SENTENCES, StoryPlan
from ingenium.domains.language.report.reader import ProseReader
from ingenium.domains.language.report.runs import evidence_table, is_evidence
from ingenium.domains.language.report.sql import SqlCheck
from ingenium.domains.language.report.story import LONGEST, MOST_LINES, StoryReader
from ingenium.domains.language.report.table import FactTable, TableRoles, decoded, read_facts
from ingenium.domains.language.report.verifier import SqlVerifier, StoryVerifier
from ingenium.generators.tokens.choices import TextChoices
from ingenium.generators.tokens.codec import TokenCodec
from ingenium.generators.tokens.vocabulary import Vocabulary
from ingenium.words.label import NO_PERSON, Label

PIECE = r"[^\n]*\n"
CONSTANT, KNOWN, HELD_OUT_EVERY = 1, 48, 4
GIVEN = Input("table", "file", "CSV with a line of names, or evidence.jsonl of a run")
FAULTS = ("wrong", "unread", "wrong_facts", "label_faults", "bylines")


@dataclass(frozen=True)
class StorySettings:
    """The roles of the columns, the label, and the length and tone of stories."""

    names: str = ""  # heading of the names of rows; found if empty
    time: str = ""  # heading of the periods; found if empty
    columns: tuple[str, ...] = ()  # headings of the numbers to report; all if empty
    units: Mapping[str, str] = field(default_factory=dict)  # where a heading names none
    translations: Mapping[str, Mapping[str, str]] = field(
        default_factory=dict
    )  # of the headings of columns, by language
    source: str = "the table that was given"  # name of the table in the label
    accountable: str = NO_PERSON  # who answers for the text, as the ledger names them
    contact: str = "the publisher"  # address for corrections
    review: str = "2027-12-31"  # date by which the rules of publishing are reviewed
    languages: tuple[str, ...] = ("en", "de", "fr")  # of the fact line and the disclosure
    sentences: int = 6  # number of sentences of a story
    tone: Tone = "plain"  # of the wording


class TableStories(Problem):
    """Short reports on a table, of sentences that are read again from the file and recomputed."""

    name: ClassVar[str] = "language.report"
    summary: ClassVar[str] = (
        "short reports from a table, each of whose sentences is read again and recomputed"
    )
    Settings: ClassVar[type] = StorySettings
    inputs: ClassVar[tuple[Input, ...]] = (GIVEN,)
    judged: ClassVar[str] = (
        "The Markdown of each folder: a parser that does not know the queries reads every "
        "sentence, fact line and the label; numbers are recomputed from the table, and by DuckDB. "
        "HTML and queries must have the same content."
    )
    unchecked: ClassVar[tuple[str, ...]] = (
        "Whether the table is correct and complete.",
        "Why a number changed: no sentence states a cause.",
        "Whether the choice of findings is fair: all are true, and others could have been chosen.",
    )
    validity: tuple[str, ...] = FAULTS
    default_family: ClassVar[str] = "planned"
    searches: ClassVar[SearchDefaults] = SearchDefaults("reweighted")
    sizes: Mapping[str, int] = {}
    tiers: tuple[StoryVerifier, ...]
    licence = "the table's own"

    def __init__(self, settings: StorySettings, given: Given = NOTHING) -> None:
        """Read the table, and build the reader of stories about it.

        Raises:
            InputError: for a table or a label that cannot be used, saying why.
        """
        if not 3 <= settings.sentences <= MOST_SENTENCES:
            raise InputError(
                f"from 3 to {MOST_SENTENCES} sentences", settings.sentences, "Write sentences = 6."
            )
        self.settings, self.given = settings, given
        self.table = _table(settings, given)
        self.label = _label(settings, self.table)
        facts = FactLines(self.table, settings.languages, settings.translations)
        self.reader = StoryReader(ProseReader(self.table), facts, self.label)
        check = SqlCheck(self.table)
        self.system = digest([self.table.digest, *map(str, self.label.lines)])
        about = "Markdown of headline, sentences, facts and label"
        self.variables = (Variable(STORY, (), "1", about, longest=LONGEST),)
        self.conditions = ()
        self.limits = (
            *(Limit(name, at_most=0) for name in FAULTS),
            Limit("repeated", at_most=0),
            Limit("claims", at_least=3),
        )
        self.tiers = (StoryVerifier(self.reader),)
        self.second = Second(SqlVerifier(self.reader, check), 1.0)
        self.formats = {"story": StoryFolders(self.reader, check)}
        rows, names = len(self.table.key), len(self.table.keys)
        self.notes = (
            f"The table has {rows:,} rows, {names:,} names and {len(self.table.periods):,} "
            f"periods; {len(self.plan.findings)} findings can be stated.",
        )

    @cached_property
    def plan(self) -> StoryPlan:
        """Findings of the table, and the plans of stories from them.

        Raises:
            InputError: for a table with too few.
        """
        s = self.settings
        source = FindingSource(self.table)
        claims = lru_cache(maxsize=8192)(self.reader.prose.claims)
        return StoryPlan(source.all, self.reader.facts, self.label, claims, s.sentences, s.tone)

    @cached_property
    def codec(self) -> TokenCodec:  # type: ignore[override]
        """Codec whose tokens are whole lines."""
        vocabulary = Vocabulary.of(self.plan.lines, pattern=PIECE, rare=1)
        return TokenCodec(vocabulary, MOST_LINES, LONGEST, None, STORY)

    def data(self) -> xr.Dataset:
        """Return stories of the plan; every fourth is held out."""
        listed = list(dict.fromkeys(self.plan.story(Random(i)) for i in range(KNOWN)))
        held = np.arange(len(listed)) % HELD_OUT_EVERY == 1
        designs = stories(listed, list(range(len(listed))))
        return designs.assign_coords(held_out=(DESIGN, held))

    def baselines(self) -> Mapping[str, Callable[[], Any]]:
        """Planned stories, templates without a choice of phrases, and findings by chance."""
        rules: dict[str, Callable[[Random], Sequence[str]]] = {
            "planned": lambda rng: [self.plan.story(rng)],
            "templates": lambda rng: [self.plan.story(rng, template=True)],
            "unplanned": lambda rng: [self.plan.story(rng, planned=False)],
        }
        return {
            name: partial(TextChoices, self.codec, CONSTANT, rule, name)
            for name, rule in rules.items()
        }

    def sections(self, designs: xr.Dataset, verdicts: xr.Dataset) -> tuple[Section, ...]:
        """Sections on the first stories with the query of each sentence, and on the table."""
        return report.sections(self, designs, verdicts)

    def in_table(self, name: str, designs: xr.Dataset) -> tuple[str, ...]:
        """Return the headline of each story."""
        return tuple(str(x).partition("\n")[0].removeprefix("# ") for x in designs[name].to_numpy())

    def known_answers(self) -> tuple[tuple[xr.Dataset, Mapping[str, float], float], ...]:
        """A headline alone has no label and no facts; a story of the plan has no fault."""
        whole = self.plan.story(Random(0))
        faultless = dict.fromkeys((*FAULTS, "repeated"), 0.0)
        bare = {"label_faults": 1.0, "unread": 1.0, "claims": 0.0}
        return (
            (stories(["# Nothing of note\n"], [0]), bare, 1e-12),
            (stories([whole], [0]), faultless, 1e-12),
        )


def _table(settings: StorySettings, given: Given) -> FactTable:
    """Return the given table, or the built-in one."""
    text = decoded(given["table"]) if "table" in given else TABLE
    units = dict(settings.units)
    if is_evidence(text):
        text, found = evidence_table(text)
        units = found | units
    roles = TableRoles(settings.names, settings.time, settings.columns, units)
    return read_facts(text, roles)


def _label(settings: StorySettings, table: FactTable) -> Label:
    source = f"{settings.source}, {len(table.key):,} rows, {table.digest[:19]}"
    return Label(
        settings.accountable, source, settings.review, settings.contact, settings.languages
    )
