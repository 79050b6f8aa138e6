"""Imports a module once, to check that tests can import it."""

import ast
import sys
from typing import Any

from . import forks
from .module import FILE, install

_IMPORT_S = 5.0  # of CPU time


def probe(job: dict[str, Any]) -> dict[str, Any]:
    """Return how the import ended, and the public names that can be called."""

    def make() -> dict[str, Any]:
        try:
            module = install(job["name"], compile(ast.parse(job["source"]), FILE, "exec"), FILE)
        except ModuleNotFoundError as missing:
            return {"missing": missing.name or str(missing)}
        except BaseException as error:  # noqa: BLE001 - of the user's own module
            return {"raised": f"{type(error).__name__}: {error}"[:300]}
        own = {k: v for k, v in vars(module).items() if not k.startswith("_")}
        functions = [k for k, v in own.items() if getattr(v, "__module__", None) == job["name"]]
        return {"names": sorted(functions), "loaded": sorted(m for m in sys.modules if m in own)}

    ended, found = forks.forked(make, _IMPORT_S)
    return {"ended": ended, "found": found}
