"""Vectors of sentences, remembered: those of contracts ship with the package, others are cached.

Shapes: n sentences, d = 384 numbers of a vector.
"""

import hashlib
import io
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files

import numpy as np
from jaxtyping import Float

from ingenium.core.folders import cache_folder, make_folder
from ingenium.language import encoder
from ingenium.language.encoder import SentenceEncoder

PACKAGED = "cards.npz"  # vectors of what contracts say, as bytes
MOST = 20_000  # sentences in the cache
Vectors = Float[np.ndarray, "n 384"]


def key_of(sentence: str) -> int:
    """Number of a sentence: eight bytes of its digest."""
    return int.from_bytes(hashlib.sha256(sentence.encode()).digest()[:8], "little")


@dataclass(eq=False)
class SentenceMemory:
    """An encoder that remembers what it has seen."""

    encoder: SentenceEncoder
    known: dict[int, np.ndarray] = field(default_factory=dict)
    new: dict[int, np.ndarray] = field(default_factory=dict)

    def vectors(self, sentences: Sequence[str]) -> Vectors:
        """Vectors of length one, of each sentence."""
        keys = [key_of(s) for s in sentences]
        fresh = {k: s for k, s in zip(keys, sentences, strict=True) if k not in self.known}
        for key, vector in zip(fresh, self.encoder.encode(list(fresh.values())), strict=True):
            self.known[key] = self.new[key] = vector
        rows = [self.known[key] for key in keys]
        return np.stack(rows) if rows else np.zeros((0, 384), np.float32)

    def save(self) -> None:
        """Store new vectors in the cache, if there are any."""
        if not self.new:
            return
        path = cache_folder() / "encoder" / PACKAGED
        make_folder(path.parent)
        held = {**read_vectors(path.read_bytes() if path.is_file() else b""), **self.new}
        retained = dict(list(held.items())[-MOST:])
        part = path.with_suffix(".part")
        part.write_bytes(packed(retained))
        part.replace(path)
        self.new.clear()


@cache
def usual() -> SentenceMemory | None:
    """The memory with all that ships and is cached; None without the weights."""
    own = encoder.usual()
    if own is None:
        return None
    packaged = files("ingenium.words").joinpath(PACKAGED)
    cached = cache_folder() / "encoder" / PACKAGED
    known = read_vectors(packaged.read_bytes() if packaged.is_file() else b"")
    known |= read_vectors(cached.read_bytes() if cached.is_file() else b"")
    return SentenceMemory(own, known)


def packed(vectors: dict[int, np.ndarray]) -> bytes:
    """Vectors as bytes with their numbers; a vector of length one keeps three digits."""
    buffer = io.BytesIO()
    keys = np.array(sorted(vectors), dtype=np.uint64)
    rows = np.stack([vectors[int(k)] for k in keys]) if len(keys) else np.zeros((0, 384))
    scale = np.abs(rows).max(1, initial=1e-9) / 127.0
    np.savez(
        buffer,
        keys=keys,
        scale=scale.astype(np.float32),
        rows=np.rint(rows / scale[:, None]).astype(np.int8),
    )
    return buffer.getvalue()


def read_vectors(data: bytes) -> dict[int, np.ndarray]:
    """Vectors by their numbers; none of a file that was cut off."""
    if not data:
        return {}
    try:
        with np.load(io.BytesIO(data)) as stored:
            rows = stored["rows"].astype(np.float32) * stored["scale"][:, None]
            return {int(k): row for k, row in zip(stored["keys"], rows, strict=True)}
    except (OSError, ValueError, KeyError, zipfile.BadZipFile):
        return {}  # a cache that was cut off is made again
