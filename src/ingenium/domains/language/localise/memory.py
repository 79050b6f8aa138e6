"""Translation memory: exact matches, and near ones that are adapted and marked as uncertain."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from difflib import SequenceMatcher
from functools import cached_property

from ingenium.domains.language.localise.catalogue import CatalogueEntry
from ingenium.domains.language.localise.checks import NUMBER, PLACEHOLDER, LocaleRules, faults

WORD = re.compile(r"\w+")
LOOKED_AT, LEAST = 12, 0.75  # near entries that are compared, and least similarity
TAIL = re.compile(r"(\.\.\.|\u2026|[:.!?])?(\s*)$")
FUZZY = "fuzzy"


@dataclass(frozen=True)
class TranslationMemory:
    """Translated messages, by their source."""

    entries: Sequence[CatalogueEntry]
    rules: LocaleRules
    _cache: dict[object, tuple[CatalogueEntry, ...]] = field(default_factory=dict, repr=False)

    @cached_property
    def _exact(self) -> Mapping[tuple[str, str], list[CatalogueEntry]]:
        found = defaultdict(list)
        for entry in self.entries:
            found[entry.source, entry.plural].append(entry)
        return found

    @cached_property
    def _plain(self) -> Mapping[str, list[CatalogueEntry]]:
        """Singular messages by their source without accelerator, end, case and numbers."""
        found = defaultdict(list)
        for entry in self.entries:
            if not entry.plural:
                found[self._masked(entry.source)].append(entry)
        return found

    @cached_property
    def _by_word(self) -> Mapping[str, list[int]]:
        found = defaultdict(list)
        for i, entry in enumerate(self.entries):
            if not entry.plural:
                for word in {w.lower() for w in WORD.findall(entry.source)}:
                    found[word].append(i)
        return found

    def _masked(self, text: str) -> str:
        bare = text.replace(self.rules.accelerator, "") if self.rules.accelerator else text
        return NUMBER.sub("0", TAIL.sub("", bare)).casefold()

    def matches(self, entry: CatalogueEntry) -> tuple[CatalogueEntry, ...]:
        """Return a message with its translations, best first; itself if there is none.

        Exact matches come as they are; others are marked as fuzzy, and pass all checks.
        """
        if entry.key not in self._cache:
            self._cache[entry.key] = tuple(self._matches(entry)) or (entry,)
        return self._cache[entry.key]

    def _matches(self, entry: CatalogueEntry) -> Iterable[CatalogueEntry]:
        exact = self._exact.get((entry.source, entry.plural), [])
        same = [e for e in exact if e.context == entry.context] or exact
        targets = dict.fromkeys(e.target for e in same)
        found = [replace(entry, target=t) for t in targets]
        if not found and not entry.plural:
            near = [*self._plain.get(self._masked(entry.source), []), *self._near(entry.source)]
            adapted = (self._adapted(entry, one) for one in near)
            found = list(dict.fromkeys(a for a in adapted if a is not None))
        return [e for e in found if not any(faults(e, self.rules).values())]

    def _near(self, source: str) -> list[CatalogueEntry]:
        """Return the most similar messages."""
        words = {w.lower() for w in WORD.findall(source)}
        shared = Counter(i for w in words for i in self._by_word.get(w, ())[:2000])
        best = [self.entries[i] for i, _ in shared.most_common(LOOKED_AT)]
        scored = [
            (SequenceMatcher(None, source, e.source, autojunk=False).ratio(), e) for e in best
        ]
        return [e for score, e in sorted(scored, key=lambda x: -x[0]) if score >= LEAST]

    def _adapted(self, entry: CatalogueEntry, near: CatalogueEntry) -> CatalogueEntry | None:
        """Return a message with the translation of a near one, with its own numbers and end."""
        target = near.target[0]
        for form in (NUMBER, PLACEHOLDER):
            own, other = form.findall(entry.source), form.findall(near.source)
            if len(own) != len(other) or form.findall(target) != other:
                if own != other:
                    return None
            else:
                rest = iter(own)
                target = form.sub(lambda m: next(rest), target)  # noqa: B023 - used at once
        mark = self.rules.accelerator
        if mark and mark not in entry.source:
            target = target.replace(mark, "")
        elif mark and mark not in target:
            target = re.sub(r"(?=\w)", lambda m: mark, target, count=1)
        end, space = (TAIL.search(entry.source) or [""]), entry.source
        target = TAIL.sub("", target) + (end[0] if end else "")
        lead = space[: len(space) - len(space.lstrip())]
        flags = tuple(dict.fromkeys((*entry.flags, FUZZY)))
        return replace(entry, target=(lead + target.lstrip(),), flags=flags)
