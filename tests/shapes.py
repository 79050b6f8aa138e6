"""Types and shapes of every call are checked: what a test runs is held to its annotations.

A call that binds the letters of its shapes costs twenty times what plain types do, so that only
those are bound that have letters; and each value is checked once.
"""

import dataclasses
import inspect
from collections.abc import Callable
from functools import partial, wraps
from types import FunctionType
from typing import Any, ForwardRef, get_args

import jaxtyping
from beartype import BeartypeConf, beartype
from jaxtyping import AbstractArray, config, install_import_hook

LETTERED = jaxtyping.jaxtyped
TYPED = beartype(conf=BeartypeConf(violation_type=TypeError))


def check(package: str) -> None:
    """Instrument whatever is imported from a package from here on."""
    jaxtyping.jaxtyped = _checked  # where the hook looks it up
    install_import_hook(package, "beartype.beartype")


def _checked(made: Any = None, *, typechecker: Callable[..., Any]) -> Any:
    """A function or class with its checks."""
    if made is None:
        return partial(_checked, typechecker=typechecker)
    if isinstance(made, FunctionType):
        return _function(made) or LETTERED(made, typechecker=typechecker)
    if inspect.isclass(made) and dataclasses.is_dataclass(made):
        start = vars(made).get("__init__")
        checked = _function(start) if isinstance(start, FunctionType) else None
        if checked is not None:
            made.__init__ = checked
            return made
    return LETTERED(made, typechecker=typechecker)


def _function(function: FunctionType) -> Any:
    """A function with its checks; none of one whose annotations only jaxtyping can read."""
    annotations = list(inspect.get_annotations(function).values())
    if _holds(annotations, _named) or inspect.isgeneratorfunction(function):
        return None
    if not _holds(annotations, _lettered):
        return TYPED(function)
    bound = LETTERED(TYPED(function), typechecker=None)

    @wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        held = function if config.jaxtyping_disable else bound
        return held(*args, **kwargs)

    return call


def _named(annotation: object) -> bool:
    """A name as text, which may stand for a shape."""
    return isinstance(annotation, str | ForwardRef)


def _lettered(annotation: object) -> bool:
    return inspect.isclass(annotation) and issubclass(annotation, AbstractArray)


def _holds(annotation: object, what: Callable[[object], bool]) -> bool:
    """Whether something is among annotations, or within one."""
    within = annotation if isinstance(annotation, list) else get_args(annotation)
    return what(annotation) or any(_holds(part, what) for part in within)
