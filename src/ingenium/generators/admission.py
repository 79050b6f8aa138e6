"""The table of the shapes of designs that each family admits."""

import math
from dataclasses import dataclass
from types import MappingProxyType

from ingenium.core.errors import InputError, choose
from ingenium.generators.patches import Patches
from ingenium.generators.row_families import SPIKING
from ingenium.generators.tokens import named as on_tokens
from ingenium.generators.tokens.codec import Kind

KINDS = ("a vector (d,)", "a series (d, t)", "a field (k, x, y)", "a field (k, x, y, z)")
MOST_PATCHES = 512  # steps of an autoregressive proposal, one after the other


@dataclass(frozen=True)
class Admission:
    """Shapes of designs that a family admits: numbers of axes, and the largest size of fields."""

    axes: tuple[int, ...] = (1, 2, 3, 4)
    numbers: int | None = None  # of a field
    patches: int | None = None  # of a field
    why: str = ""
    instead: str = ""


_COMPONENTS = Admission(axes=(2, 3, 4), instead="Use another family.")
_SPIKING = Admission(
    numbers=8192,
    why="each of its neurons is wired to each number of a design",
    instead="Use diffusion or flow_matching.",
)
_LATENT = Admission(axes=(3, 4), instead="Use principal_flow_matching or another family.")
_CIRCUIT = Admission(
    axes=(1,), instead="Use a latent prior: principal numbers or an autoencoder's as a vector."
)
ADMITTED = MappingProxyType(
    {
        **dict.fromkeys(("born", "mps", "qgan", "qvae"), _CIRCUIT),
        "flow": Admission(
            numbers=2048,
            why="it holds a square matrix of a design's numbers",
            instead="Use principal_flow, flow_matching or diffusion.",
        ),
        "autoregressive": Admission(
            patches=MOST_PATCHES,
            why="it proposes patch by patch, one after the other",
            instead="Use diffusion or flow_matching.",
        ),
        "gaussian_copula": Admission(
            numbers=8192,
            why="its work grows with the square of a design's numbers",
            instead="Use nearest_neighbours as a baseline.",
        ),
        "gaussian_process": Admission(
            numbers=32768,
            why="it holds a principal component for each training row",
            instead="Use nearest_neighbours as a baseline.",
        ),
        "residual_bootstrap": _COMPONENTS,
    }
    | dict.fromkeys(SPIKING, _SPIKING)
)


def admit(name: str, shape: tuple[int, ...], *, kind: Kind = "numbers") -> None:
    """Check that a family admits designs of a shape; `kind` states which numbers are symbols.

    Raises:
        InputError: if they are no vector, series or field, or the family does not admit them.
    """
    if kind == "both":
        choose(name, on_tokens.TWO_KINDS_ADMITTED, "family on tokens and the numbers under them")
        return
    if name in on_tokens.TWO_KINDS:
        raise InputError(
            f"designs that are tokens, then numbers, for {name}",
            f"designs of {kind} alone",
            "Use another family.",
        )
    if kind == "tokens":
        choose(name, on_tokens.ADMITTED, "family on tokens, which are no sizes")
    elif name in on_tokens.ONLY:
        raise InputError(
            f"designs that are texts for {name}", "designs of numbers", "Use another family."
        )
    if not 1 <= len(shape) <= len(KINDS) or min(shape, default=0) < 1:
        raise InputError(
            "a design of shape (d,), (d, t), (k, x, y) or (k, x, y, z) with nothing of length 0",
            shape,
            "Join channels, or leave out axes of one cell.",
        )
    if name.startswith("latent_"):
        own = _LATENT
    else:
        own = _COMPONENTS if name.startswith("principal_") else ADMITTED.get(name, Admission())
    if len(shape) not in own.axes:
        kinds = " or ".join(KINDS[axes - 1] for axes in own.axes)
        raise InputError(
            f"{kinds} for {name}", KINDS[len(shape) - 1] + f" of shape {shape}", own.instead
        )
    if len(shape) < 3:
        return
    size, patches = math.prod(shape), Patches(shape).t
    for count, most, unit in (
        (size, own.numbers, "numbers"),
        (patches, own.patches, "patches of 4 cells an axis"),
    ):
        if most is not None and count > most:
            expected = f"at most {most} {unit} of a field for {name}, since {own.why}"
            raise InputError(expected, f"{count}, of shape {shape}", own.instead)


def admitted(name: str, shape: tuple[int, ...], *, kind: Kind = "numbers") -> bool:
    """Return whether a family admits designs of a shape."""
    try:
        admit(name, shape, kind=kind)
    except InputError:
        return False
    return True
