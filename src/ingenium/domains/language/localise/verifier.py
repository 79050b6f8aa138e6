"""Verifier of catalogues: `msgfmt --check`, and each translated message by its rules."""

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor

from ingenium.core.errors import InputError
from ingenium.core.quantity import Quantity
from ingenium.core.text import texts
from ingenium.domains.language.localise.catalogue import Catalogue, read_po
from ingenium.domains.language.localise.checks import KINDS, LocaleRules, compile_errors, faults
from ingenium.words.culture import flags

MARK = "yes; reviewed by nobody"  # under X-Automatic-Translation in the header


@dataclass(frozen=True, eq=False)
class CatalogueVerifier:
    """Verifier that compiles a catalogue, and compares each message with its source.

    A text that is no catalogue measures NaN.
    """

    given: Catalogue
    rules: LocaleRules
    name: str = "gettext"
    version: str = "msgfmt --check"
    tier: Literal["cheap", "exact"] = "exact"
    quantities: tuple[Quantity, ...] = (
        Quantity("compile_errors", "1", "messages of msgfmt --check"),
        Quantity("changed_sources", "1", "messages that are not those of the given catalogue"),
        Quantity("label_faults", "1", "whether the header hides that the translation is automatic"),
        *(
            Quantity(f"{kind}_wrong", "1", f"messages with a fault of their {kind}")
            for kind in KINDS
        ),
        Quantity("untranslated", "1", "messages without a translation"),
        Quantity("uncertain", "1", "messages marked as fuzzy, which programs do not show"),
        Quantity("translated", "1", "share of the messages that are translated"),
        Quantity("flags", "1", "idioms and items of one culture in the sources"),
    )

    def measure(self, *arrays: Tensor) -> Float[Tensor, "n 12"]:
        """Return the counts of each catalogue."""
        rows = [self._one(text) for text in texts(arrays[0])]
        return torch.tensor(rows, dtype=torch.float64).reshape(-1, len(self.quantities))

    @lru_cache(maxsize=64)  # noqa: B019 - a problem has one, and catalogues come again
    def _one(self, text: str) -> tuple[float, ...]:
        try:
            found = read_po(text)
        except InputError:
            return (math.nan,) * len(self.quantities)
        wanted = [e.key for e in self.given.entries]
        own = [e.key for e in found.entries]
        changed = sum(a != b for a, b in zip(wanted, own, strict=False)) + abs(
            len(wanted) - len(own)
        )
        head = dict(found.header)
        hidden = head.get("X-Automatic-Translation") != MARK or "Last-Translator" in head
        wrong = [faults(e, self.rules) for e in found.entries]
        empty = sum(not all(e.target) for e in found.entries)
        fuzzy = sum("fuzzy" in e.flags for e in found.entries)
        share = sum(e.translated for e in found.entries) / max(1, len(found.entries))
        flagged = sum(f.kind != "ambiguity" for e in found.entries for f in flags(e.source))
        counts = [sum(bool(w[kind]) for w in wrong) for kind in KINDS]
        return (
            float(len(compile_errors(found))), float(changed), float(hidden), *map(float, counts),
            float(empty), float(fuzzy), share, float(flagged),
        )  # fmt: skip
