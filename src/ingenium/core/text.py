"""Text as numbers: Unicode code points in rows of one length, padded with 0."""

from collections.abc import Sequence

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from ingenium.core.errors import InputError

_LAST = 0x10FFFF  # code point
_HALVES = (0xD800, 0xDFFF)  # of pairs in UTF-16, which are no characters


def codes(
    texts: Sequence[str] | np.ndarray, longest: int, *, name: str = "text"
) -> Float[Tensor, "n {longest}"]:
    """Return the code points of texts of at most `longest` characters.

    Raises:
        InputError: for a value that is no text, is too long, or holds a character that no file can
            store.
    """
    listed = np.asarray(texts, dtype=object).ravel().tolist()
    for text in listed:
        if not isinstance(text, str):
            raise InputError(f"{name} as text", f"{text!r}", "Write a string for each design.")
    most = max(listed, key=len, default="")
    if len(most) > longest:
        raise InputError(
            f"{name} of at most {longest} characters",
            f"{len(most)} characters: {_short(most)}",
            "Write shorter texts, or a setup that allows longer ones.",
        )
    width = max(longest, 1)
    points = np.array(listed, dtype=f"<U{width}").view("<u4").reshape(len(listed), width)
    length = np.fromiter(map(len, listed), int, len(listed))
    inside = np.arange(width) < length[:, None]
    bad = inside & ((points == 0) | ((points >= _HALVES[0]) & (points <= _HALVES[1])))
    if bad.any():
        row = int(np.argmax(bad.any(1)))
        raise InputError(
            f"{name} without U+0000 and halves of surrogate pairs",
            f"{_short(listed[row])}",
            "Leave these characters out.",
        )
    return torch.from_numpy(points[:, :longest].astype(np.float64))


def texts(array: Float[Tensor, "n longest"], *, name: str = "text") -> list[str]:
    """Return the texts of code points.

    Raises:
        InputError: for numbers that are no code points, or a 0 before the end of a text.
    """
    listed: list[str] = text_array(array, name=name).tolist()
    return listed


def text_array(array: Float[Tensor, "n longest"], *, name: str = "text") -> np.ndarray:
    """Return the texts of code points as fixed-width unicode.

    Raises:
        InputError: for numbers that are no code points, or a 0 before the end of a text.
    """
    points = array.detach().to(torch.float64).numpy()
    whole = np.isfinite(points) & (points == np.rint(points)) & (points >= 0) & (points <= _LAST)
    halves = (points >= _HALVES[0]) & (points <= _HALVES[1])
    padded = (points[:, :-1] > 0) | (points[:, 1:] == 0)
    if not whole.all() or halves.any() or not padded.all():
        raise InputError(
            f"{name} as code points, and after the last character zeros only",
            "other numbers",
            "Make such arrays with ingenium.core.text.codes.",
        )
    n, width = points.shape
    if not width:
        return np.full(n, "", dtype="<U1")
    return np.ascontiguousarray(points.astype("<u4")).view(f"<U{width}")[:, 0]


def _short(text: str) -> str:
    return repr(text if len(text) <= 40 else text[:37] + "...")
