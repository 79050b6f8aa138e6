"""The package as seen by a new process."""

import importlib
import sys

from ingenium import domains
from ingenium.core import provenance
from ingenium.testing import opened
from ingenium_book import claims, history

NAME = "thin_films"


def forget() -> None:
    """Forget the package: neither its imports nor its digest, as in a new process."""
    for name in [m for m in sys.modules if m.partition(".")[0] == NAME]:
        del sys.modules[name]
    importlib.invalidate_caches()
    domains.load.cache_clear()
    provenance._package_digest.cache_clear()
    opened.cache_clear()
    claims.chapters.cache_clear()
    history.root.cache_clear()
