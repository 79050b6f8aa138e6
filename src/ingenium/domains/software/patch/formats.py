"""Patches as unified diffs, which `patch` and `git apply` read."""

from pathlib import Path

import xarray as xr

from ingenium.core.errors import InputError
from ingenium.core.formats.text_files import TextFiles, text_designs
from ingenium.core.quantity import Variable
from ingenium.domains.software.patch.bug import Bug

PATCH, LONGEST, MOST = "patch", 8000, 1 << 16  # characters; bytes of a file
VARIABLE = Variable(PATCH, (), "1", "unified diff of the program", longest=LONGEST)


def patches(listed: list[str], index: list[int]) -> xr.Dataset:
    """Return designs from diffs.

    Raises:
        InputError: for one that is too long.
    """
    return text_designs(VARIABLE, listed, index)


def diff_files(bug: Bug) -> TextFiles:
    """Return the format of diffs of a program; each is read in its normal form."""

    def taken(found: str, file: Path) -> str:
        made = bug.patched(found)
        if made == bug.source:
            raise InputError("a diff that changes something", f"nothing in {file}")
        return bug.diff(made)

    what = "a unified diff of the program"
    return TextFiles(VARIABLE, "diff", "patch", what, (".diff",), MOST, taken)
