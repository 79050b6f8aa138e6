"""References to families, which are imported when they are built."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module

from ingenium.generators.model import Family

Maker = Callable[[tuple[int, ...], int], Family]
FEW = 64  # numbers of a design
FIELD_WIDTH = 32  # features of patches; twice that number on the coarse level


@dataclass(frozen=True)
class MakerAt:
    """Constructor of a family by its place "module:name"."""

    at: str

    def __call__(self, shape: tuple[int, ...], c: int, *more: object) -> Family:
        """Build the family; `more` are further arguments of families on tokens or around others."""
        module, _, name = self.at.partition(":")
        make: Callable[..., Family] = getattr(import_module(module), name)
        return make(shape, c, *more)


def latent_numbers(shape: tuple[int, ...], most: int) -> int:
    """Default number of latent variables: the length of a vector, and `most` for a series."""
    return min(shape[0], most) if len(shape) == 1 else most
