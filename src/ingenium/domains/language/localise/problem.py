"""`language.localise`: a catalogue of messages in another language, from a translation memory."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from random import Random
from typing import Any, ClassVar

import numpy as np
import xarray as xr

from ingenium.core.designs import DESIGN
from ingenium.core.digest import digest
from ingenium.core.errors import InputError
from ingenium.core.given import NOTHING, Given, Input
from ingenium.core.problem import Problem, SearchDefaults, Section, Watch, silent
from ingenium.core.quantity import Variable
from ingenium.core.spec import Limit
from ingenium.domains.language.localise.catalogue import (
    Catalogue,
    CatalogueEntry,
    read_po,
    read_xliff,
)
from ingenium.domains.language.localise.checks import KINDS, USE, LocaleRules, faults
from ingenium.domains.language.localise.default import MEMORY, SOURCE
from ingenium.domains.language.localise.formats import CATALOGUE, CatalogueFolders, catalogues
from ingenium.domains.language.localise.memory import TranslationMemory
from ingenium.domains.language.localise.verifier import MARK, CatalogueVerifier
from ingenium.generators.tokens.choices import TextChoices
from ingenium.generators.tokens.codec import TokenCodec
from ingenium.generators.tokens.vocabulary import Vocabulary
from ingenium.trust.environments.programs import on_path
from ingenium.words.culture import flags

PIECE = r"[^\n]*\n"
CONSTANT, KNOWN = 1, 8
MOST = 4_000_000  # characters of a catalogue
INPUTS = (
    Input("catalogue", "text", "the messages, as PO or XLIFF", most=MOST, default=SOURCE),
    Input("memory", "text", "translated messages, as PO or XLIFF", most=MOST, default=MEMORY),
)
HARD = ("compile_errors", "changed_sources", "label_faults", *(f"{k}_wrong" for k in KINDS))


@dataclass(frozen=True)
class LocaleSettings:
    """The language, its glossary, and the rules of the program that shows the messages."""

    language: str = "de"  # code of the language of the translation
    glossary: Mapping[str, str] = field(default_factory=dict)  # translation of each term
    accelerator: str = ""  # mark before the letter of a key, such as "~" or "&"
    longest: float = 2.0  # greatest length, times that of the source
    uncertain: bool = True  # near matches too, marked as fuzzy


class LocalisedCatalogue(Problem):
    """Catalogues that compile, with the placeholders, plurals, keys and terms of their sources."""

    name: ClassVar[str] = "language.localise"
    summary: ClassVar[str] = "a catalogue of messages in another language, which compiles"
    Settings: ClassVar[type] = LocaleSettings
    inputs: ClassVar[tuple[Input, ...]] = INPUTS
    judged: ClassVar[str] = (
        "The PO file: msgfmt compiles it, and each message is compared with its source. The XLIFF "
        "file must have the same content."
    )
    unchecked: ClassVar[tuple[str, ...]] = (
        "Whether a translation means what its source means: matches come from the memory.",
        "Tone, gender and style.",
        "Idioms and items of one culture beyond a short list, which are flagged and not resolved.",
    )
    validity: tuple[str, ...] = HARD
    default_family: ClassVar[str] = "memory"
    searches: ClassVar[SearchDefaults] = SearchDefaults("reweighted")
    sizes: Mapping[str, int] = {}
    tiers: tuple[CatalogueVerifier, ...]
    licence = "that of the catalogue and of the memory"

    def __init__(self, settings: LocaleSettings, given: Given = NOTHING) -> None:
        """Read the catalogue and the memory.

        Raises:
            InputError: for files that are none, with the line, or an unknown language.
        """
        self.settings, self.given = settings, given
        if not settings.longest > 1 or len(settings.accelerator) > 1:
            raise InputError(
                "longest above 1 and an accelerator of one character",
                f"{settings.longest:g} and {settings.accelerator!r}",
            )
        self.rules = LocaleRules(
            settings.language, settings.accelerator, settings.glossary, settings.longest
        )
        plural = self.rules.plural[1]
        source = _read(given.values.get("catalogue", SOURCE))
        known = _read(given.values.get("memory", MEMORY))
        self.source = source.named(
            Content_Type="text/plain; charset=UTF-8",
            Content_Transfer_Encoding="8bit",
            Language=settings.language,
            Plural_Forms=plural,
            X_Automatic_Translation=MARK,
        )
        header = tuple((k, v) for k, v in self.source.header if k not in PEOPLE)
        self.source = replace(self.source, header=header)
        whole = [e for e in (*source.entries, *known.entries) if e.translated]
        usable = [e for e in whole if not any(faults(e, self.rules).values())]
        self.memory = TranslationMemory(usable, self.rules)
        longest = 6 * len(self.source.po()) + 10_000
        self.system = digest([self.source.po(), known.po(), settings.language])
        about = "catalogue of messages as PO"
        self.variables = (Variable(CATALOGUE, (), "1", about, longest=longest),)
        self.conditions = ()
        self.limits = tuple(Limit(q, at_most=0) for q in HARD)
        self.tiers = (CatalogueVerifier(self.source, self.rules),)
        self.formats = {"po": CatalogueFolders(settings.language, longest)}
        self.notes = (
            f"{len(self.source.entries)} messages; the memory has {len(usable)}, and "
            f"{len(whole) - len(usable)} that break a rule and are not used.",
        )

    @cached_property
    def choices(self) -> tuple[tuple[CatalogueEntry, ...], ...]:
        """Translations of each message, best first."""
        return tuple(self._choices(_noted(e)) for e in self.source.entries)

    def _choices(self, entry: CatalogueEntry) -> tuple[CatalogueEntry, ...]:
        found = self.memory.matches(entry)
        certain = tuple(e for e in found if "fuzzy" not in e.flags)
        blank = replace(entry, target=("",) * (self.rules.plural[0] if entry.plural else 1))
        listed = found if self.settings.uncertain else certain
        return tuple(e for e in listed if any(e.target)) or (blank,)

    @cached_property
    def codec(self) -> TokenCodec:  # type: ignore[override]
        """Codec whose tokens are whole lines."""
        blank = [self._blank(listed[0]) for listed in self.choices]
        every = [*(e for listed in self.choices for e in listed), *blank]
        lines = replace(self.source, entries=tuple(every)).po().splitlines(True)
        vocabulary = Vocabulary.of(["\n", *lines], pattern=PIECE, rare=1)
        steps = len(self._text(None).splitlines()) + 2 * len(self.choices) + 8
        return TokenCodec(vocabulary, steps, self.variables[0].longest or 0, None, CATALOGUE)

    def _text(self, rng: Random | None) -> str:
        """Return a catalogue: the best translation of each message, or any by chance."""
        chosen = (listed[0] if rng is None else rng.choice(listed) for listed in self.choices)
        return replace(self.source, entries=tuple(chosen)).po()

    def prepare(self, watch: Watch = silent) -> None:
        """Look for gettext before any work is done.

        Raises:
            MissingProgram: with the line that installs it.
        """
        on_path("msgfmt", USE)

    def data(self) -> xr.Dataset:
        """Return catalogues with some messages translated; one without any is held out."""
        some = (self._partial(Random(i), (i + 1) / KNOWN) for i in range(KNOWN))
        listed = list(dict.fromkeys([self._text(None), *some, self._partial(Random(0), 0.0)]))
        held = np.arange(len(listed)) == len(listed) - 1
        designs = catalogues(listed, list(range(len(listed))), self.variables[0].longest or 0)
        return designs.assign_coords(held_out=(DESIGN, held))

    def _partial(self, rng: Random, share: float) -> str:
        """Return a catalogue with a share of its messages translated, in order."""
        known = [i for i, listed in enumerate(self.choices) if any(listed[0].target)]
        keep = set(rng.sample(known, -int(-share * len(known) // 1)))
        entries = (
            listed[0] if i in keep else self._blank(listed[0])
            for i, listed in enumerate(self.choices)
        )
        return replace(self.source, entries=tuple(entries)).po()

    @staticmethod
    def _blank(entry: CatalogueEntry) -> CatalogueEntry:
        """Return a message without its translation."""
        flags = tuple(f for f in entry.flags if f != "fuzzy")
        return replace(entry, target=("",) * len(entry.target), flags=flags)

    def baselines(self) -> Mapping[str, Callable[[], Any]]:
        """Best matches of the memory, and any matches by chance."""
        rules: dict[str, Callable[[Random], list[str]]] = {
            "memory": lambda rng: [self._text(None if rng.random() < 0.5 else rng)],
            "any_match": lambda rng: [self._text(rng)],
        }
        return {
            name: partial(TextChoices, self.codec, CONSTANT, rule, name)
            for name, rule in rules.items()
        }

    def sections(self, designs: xr.Dataset, verdicts: xr.Dataset) -> tuple[Section, ...]:
        """Sections on the messages that need a person, and on what the memory gave."""
        found = read_po(str(designs[CATALOGUE].values[0])) if designs.sizes[DESIGN] else None
        if found is None:
            return ()
        rows = [("message", "translation", "a person should look because")]
        for entry in found.entries:
            said = [f"{f.kind}: {f.phrase}" for f in flags(entry.source) if f.kind != "ambiguity"]
            said += ["no match in the memory"] if not any(entry.target) else []
            said += ["a near match, adapted"] if "fuzzy" in entry.flags else []
            if said:
                rows.append((entry.source, " / ".join(entry.target), "; ".join(said)))
        text = f"{self.notes[0]} {len(rows) - 1} messages need a person."
        return (Section("For the translator", text, table=tuple(rows[:200])),)

    def in_table(self, name: str, designs: xr.Dataset) -> tuple[str, ...]:
        """Return how many messages are translated."""
        read = [read_po(str(x)).entries for x in designs[name].to_numpy()]
        return tuple(f"{sum(e.translated for e in r)} of {len(r)} messages" for r in read)

    def known_answers(self) -> tuple[tuple[xr.Dataset, Mapping[str, float], float], ...]:
        """A catalogue without translations compiles; one without its messages has changed."""
        empty = self._partial(Random(0), 0.0)
        none = {"compile_errors": 0.0, "changed_sources": 0.0, "translated": 0.0}
        bare = replace(self.source, entries=(CatalogueEntry("Other", ("Anderes",)),)).po()
        longest = self.variables[0].longest or 0
        return (
            (catalogues([empty], [0], longest), none, 1e-12),
            (
                catalogues([bare], [0], longest),
                {"changed_sources": float(len(self.source.entries)), "translated": 1.0},
                1e-12,
            ),
        )


PEOPLE = ("Last-Translator", "Language-Team")  # who did not translate this


def _read(text: str) -> Catalogue:
    return read_xliff(text) if text.lstrip().startswith("<") else read_po(text)


def _noted(entry: CatalogueEntry) -> CatalogueEntry:
    """Return a message with its flags as comments for translators."""
    said = tuple(
        f"#. {f.kind} of English: {f.phrase}" for f in flags(entry.source) if f.kind != "ambiguity"
    )
    return replace(entry, comments=tuple(dict.fromkeys((*entry.comments, *said))), flags=tuple(
        f for f in entry.flags if f != "fuzzy"
    ))  # fmt: skip
