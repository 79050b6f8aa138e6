"""Problem `words.verse`: sonnets in English that scan and rhyme."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import Any, ClassVar, Literal

import numpy as np
import torch
import xarray as xr
from torch import Tensor

from ingenium.core.designs import DESIGN
from ingenium.core.digest import digest
from ingenium.core.field_comparison import FieldComparison
from ingenium.core.given import NOTHING, Given, Input
from ingenium.core.problem import Problem, SearchDefaults, Section
from ingenium.core.spec import Limit
from ingenium.domains.words.verse import report
from ingenium.domains.words.verse.corpus import LICENCE, verses
from ingenium.domains.words.verse.draft import DRAFT, read_draft
from ingenium.domains.words.verse.formats import (
    LONGEST,
    POEM,
    VARIABLE,
    PoemText,
    poem_lines,
    poems,
)
from ingenium.domains.words.verse.metre import BREAK, MetreGrammar
from ingenium.domains.words.verse.scansion import LINES
from ingenium.domains.words.verse.verifier import Scansion
from ingenium.generators.tokens.autoregressive import TokenAutoregressive
from ingenium.generators.tokens.codec import TokenCodec
from ingenium.generators.tokens.drawing import Drawing
from ingenium.generators.tokens.vocabulary import Vocabulary
from ingenium.language.adapted import AdaptedText
from ingenium.language.ngram import NGram
from ingenium.language.pretrained import PretrainedText, present
from ingenium.train.plan import Plan

STEPS = LINES * 11 + 12  # words of one syllable, breaks, an end, and some more of known verse
HELD_OUT_EVERY = 10
CONSTANT = 1  # constant input of models without conditions
TWICE = 5  # lines that are repeated, to test memory
PATTERN = r" [a-z']+|\n"
FAULTS = ("lines_missing", "unmetrical", "unrhymed", "repeated", "unknown_words")


@dataclass(frozen=True)
class VerseSettings:
    """Settings of the form, and of sampling."""

    form: Literal["petrarchan", "shakespearean", "blank"] = "petrarchan"  # form of the poem
    top_p: float = 0.9  # nucleus sampling: total probability of the words considered
    known: int = 876  # number of known poems, sonnets first; every tenth is held out


class Verse(Problem):
    """Fourteen lines of iambic pentameter, each scanned with a dictionary of pronunciations."""

    name: ClassVar[str] = "words.verse"
    summary: ClassVar[str] = "English sonnets that scan and rhyme by a pronouncing dictionary"
    Settings: ClassVar[type] = VerseSettings
    inputs: ClassVar[tuple[Input, ...]] = (DRAFT,)
    judged: ClassVar[str] = (
        "The words and lines of each file, pronounced as in the dictionary, and the draft."
    )
    unchecked: ClassVar[tuple[str, ...]] = (
        "Whether it has a meaning: the default model has a context of three words.",
        "Metre is the strict core: inverted feet, feminine endings and elisions count as broken.",
        "Pronunciation is present-day American, not that of 1609.",
        "Whether words in a gap lead to those after it: the form constraint looks ahead, the "
        "model does not.",
    )
    validity = ("lines_missing",)
    default_family: ClassVar[str] = "ngram"
    searches: ClassVar[SearchDefaults] = SearchDefaults(
        "reweighted"
    )  # evolution needs numbers, and texts are none
    licence = LICENCE
    sizes: Mapping[str, int] = {}  # a text has no further dimensions
    codec: TokenCodec

    def __init__(self, settings: VerseSettings, given: Given = NOTHING) -> None:
        """Open the dictionary and the verse, and read the draft.

        Raises:
            InputError: for a draft that fits no sonnet of the form.
        """
        self.settings, self.given = settings, given
        draft = str(given.values.get(DRAFT.name, ""))
        self.draft = read_draft(draft)
        self.system = digest([draft])
        self.variables = (VARIABLE,)
        self.conditions = ()
        self.limits = tuple(Limit(name, at_most=0.0) for name in FAULTS)
        self.limits += (Limit("altered", at_most=0.0, unit="1"),) if DRAFT.name in given else ()
        retained = "".join(f" {word}" for word in self.draft.words)
        self.vocabulary = Vocabulary.of([*self._known, retained], pattern=PATTERN, rare=1)
        self.grammar = MetreGrammar(self.vocabulary, settings.form, self.draft)
        self.codec = TokenCodec(self.vocabulary, STEPS, LONGEST, self.grammar, POEM)
        self.formats = {"txt": PoemText(), "jsonl": poem_lines()}

    @cached_property
    def tiers(self) -> tuple[Scansion, ...]:  # type: ignore[override]
        """Verifiers: the dictionary, with a model of all training verse."""
        learned = [text for i, text in enumerate(self._known) if not _distance(i)]
        model = NGram(self.codec.shape, CONSTANT, self.codec)
        x = self.codec.of_texts(learned)
        model.fit(x, torch.zeros(len(x), CONSTANT), Plan())
        return (Scansion(self.settings.form, self.vocabulary, model, self.draft),)

    @cached_property
    def _known(self) -> list[str]:
        """Return sonnets, then blank verse, that fit into a design."""
        sonnets, blank = verses()
        short = [t for t in (*sonnets, *blank) if len(t) <= LONGEST and _count(t) < STEPS]
        return short[: self.settings.known]

    def data(self) -> xr.Dataset:
        """Return known verse; every tenth poem is held out."""
        held = np.array([_distance(i) for i in range(len(self._known))])
        designs = poems(self._known, list(range(len(self._known))))
        return designs.assign_coords(held_out=(DESIGN, held))

    def baselines(self) -> Mapping[str, Callable[[], Any]]:
        """Return n-gram models with and without the form, and a language model with it."""
        drawing = Drawing(top_p=self.settings.top_p)
        make = partial(NGram, self.codec.shape, CONSTANT, self.codec, drawing=drawing)
        found: dict[str, Callable[[], Any]] = {
            "ngram": partial(make, self.grammar),
            "ngram_free": make,
        }
        if present():
            own = (self.codec.shape, CONSTANT, self.codec, self.grammar, drawing)
            found["smollm2"] = partial(PretrainedText, *own)
            found["smollm2_adapted"] = partial(AdaptedText, *own)
        return found

    def sections(self, designs: xr.Dataset, verdicts: xr.Dataset) -> tuple[Section, ...]:
        """Show the poem of lowest perplexity, scanned."""
        return report.sections(designs, verdicts, self.settings.form, self.draft)

    def scores(self, designs: xr.Dataset, held_out: xr.Dataset) -> Mapping[str, float]:
        """Score shares of lines that scan."""
        return {"lines_that_scan": report.scanned(designs[POEM].values.tolist())}

    def budgets(self) -> Mapping[str, Plan]:
        """Return short training plans: some six epochs, after which networks memorise the verse."""
        short = Plan(steps=300, batch=16, learning_rate=2e-3, check_every=50, patience=3)
        own = Plan(steps=40, batch=4, held_out=0.0, check_every=10, ema_decay=0.9)
        return {
            "lstm": short,
            "autoregressive": replace(short, learning_rate=1e-3),
            "smollm2_adapted": own,
        }

    def comparison(self) -> FieldComparison:
        """Return the comparison of costs per word."""
        return FieldComparison(costs=self.costs)

    def costs(self, family: Any, designs: xr.Dataset) -> Mapping[str, float]:
        """Perplexity of held-out verse, and the ratio of a repeated passage to its first one.

        Both without the form. The repetition tests long memory: a model that has one gives a word
        of the second passage a higher probability, so the ratio falls below 1.
        """
        listed = [str(text) for text in designs[POEM].values]
        halves = ["\n".join(text.split("\n")[:TWICE]) for text in listed]
        whole, once, twice = (
            _surprise(family, self.codec.of_texts(rows))
            for rows in (listed, halves, [f"{half}\n{half}" for half in halves])
        )
        words, said = (sum(map(_count, rows)) + len(rows) for rows in (listed, halves))
        first, again = math.exp(once / said), math.exp((twice - once) / said)
        return {"perplexity": math.exp(whole / words), "repeat_ratio": again / first}

    def known_answers(self) -> tuple[tuple[xr.Dataset, Mapping[str, float], float], ...]:
        """Return lines whose scansion is in every textbook, and an unmetrical limerick's."""
        truth = {"lines_missing": 11.0, "unmetrical": 1.0, "repeated": 1.0, "unknown_words": 0.0}
        return ((poems([KNOWN], [0]), truth, 1e-12),)


KNOWN = (
    " so long as men can breathe or eyes can see\n"
    " so long lives this and this gives life to me\n"
    " there was a young lady called me"
)


def _surprise(family: Any, x: Tensor) -> float:
    """Total surprise of texts in nats, without a grammar."""
    cond = torch.zeros(len(x), CONSTANT)
    if isinstance(family, TokenAutoregressive):
        with torch.no_grad():
            return float(family.surprise(x, cond).double().sum())
    return float(-family.log_density(x, cond).double().sum())


def _distance(number: int) -> bool:
    return number % HELD_OUT_EVERY == HELD_OUT_EVERY - 1


def _count(text: str) -> int:
    return text.count(" ") + text.count(BREAK)
