"""Families by where they are, imported when they are built: to name one loads none."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module

from ingenium.generators.model import Family

Maker = Callable[[tuple[int, ...], int], Family]
FEW = 64  # numbers of a design
FIELD_WIDTH = 32  # of features of patches; twice as many where it is coarse


@dataclass(frozen=True)
class MakerAt:
    """What builds a family, as "module:name"."""

    at: str

    def __call__(self, shape: tuple[int, ...], c: int, *more: object) -> Family:
        """Build it; `more` is what families on tokens or around others take besides."""
        module, _, name = self.at.partition(":")
        make: Callable[..., Family] = getattr(import_module(module), name)
        return make(shape, c, *more)


def latent_numbers(shape: tuple[int, ...], most: int) -> int:
    """A latent number for each variable of a vector, and `most` for a series."""
    return min(shape[0], most) if len(shape) == 1 else most
