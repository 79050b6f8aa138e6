"""One engine for generative engineering and science: propose, verify, keep the evidence."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ingenium.verbs.api import (
        SearchPlan,
        Spec,
        Stop,
        fit,
        load_spec,
        open_problem,
        open_run,
        propose,
        replay,
        search,
        verify,
    )

__version__ = "0.1.0"
__all__ = [
    "SearchPlan",
    "Spec",
    "Stop",
    "__version__",
    "fit",
    "load_spec",
    "open_problem",
    "open_run",
    "propose",
    "replay",
    "search",
    "verify",
]


def __getattr__(name: str) -> object:
    """Import the engine, and PyTorch with it, when it is first used; a spec needs neither."""
    if name in ("Spec", "load_spec"):
        return getattr(import_module("ingenium.core.spec"), name.removesuffix("_spec"))
    if name in __all__:
        return getattr(import_module("ingenium.verbs.api"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
