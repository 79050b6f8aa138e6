"""One engine for generative engineering and science: propose, verify, keep the evidence."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ingenium.api import fit, load_spec, open_problem, propose, replay, verify

__version__ = "0.1.0"
__all__ = ["__version__", "fit", "load_spec", "open_problem", "propose", "replay", "verify"]


def __getattr__(name: str) -> object:
    """Import the engine, and PyTorch with it, when it is first used; a spec needs neither."""
    if name == "load_spec":
        return import_module("ingenium.core.spec").load
    if name in __all__:
        return getattr(import_module("ingenium.api"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
