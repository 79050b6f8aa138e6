"""Verifier of messages: support, lost facts, label, tone, voice and flags."""

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor

from ingenium.core.quantity import Quantity
from ingenium.core.text import texts
from ingenium.domains.language.message.reading import MessageReader
from ingenium.domains.language.message.tone import formality, voice_distance
from ingenium.words.culture import flags


@dataclass(frozen=True, eq=False)
class MessageVerifier:
    """Verifier that compares each line of a message with the thread or the brief.

    A text without a subject measures NaN.
    """

    reader: MessageReader
    own: str  # text of the writer, for the voice
    before: float  # formality of what a tone starts from
    name: str = "ingenium-thread"
    version: str = "1"
    tier: Literal["cheap", "exact"] = "exact"
    quantities: tuple[Quantity, ...] = (
        Quantity("unsupported", "1", "lines that neither the thread nor the brief states"),
        Quantity("lost", "1", "facts, points or sentences that are absent"),
        Quantity("label_faults", "1", "faults of the label: absent, changed or of something else"),
        Quantity("bylines", "1", "lines that name an author"),
        Quantity("words", "1", "words of the message"),
        Quantity("formality_change", "1", "formal less casual phrases a hundred words, gained"),
        Quantity("voice_distance", "1", "distance of character triples from the writer's own"),
        Quantity("flags", "1", "idioms, items of one culture and ambiguous phrases"),
    )

    def measure(self, *arrays: Tensor) -> Float[Tensor, "n 8"]:
        """Return the counts of each message."""
        rows = [self._one(text) for text in texts(arrays[0])]
        return torch.tensor(rows, dtype=torch.float64).reshape(-1, len(self.quantities))

    @lru_cache(maxsize=1024)  # noqa: B019 - a problem has one, and messages come again
    def _one(self, text: str) -> tuple[float, ...]:
        found = self.reader.read(text)
        if found is None:
            return (math.nan,) * len(self.quantities)
        body = found.body
        counts = (len(found.unsupported), len(found.lost), bool(found.label), len(found.bylines))
        change = formality(found.own) - self.before
        distance = voice_distance(body, self.own)
        return (
            *map(float, counts),
            float(len(body.split())),
            change,
            distance,
            float(len(flags(body))),
        )
