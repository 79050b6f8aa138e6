"""Specs that a program sends: files that they name lie in the allowed folders, or are refused."""

import tomllib
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import tomli_w

from ingenium.serve.allowed import AllowedFolders

PROSE = ("title",)  # entries that name nothing


def allowed_spec(folders: AllowedFolders, problem: str, spec: str) -> str | None:
    """Return a spec with its problem, if any, whose files have absolute names in allowed folders.

    Relative names start in the first folder. A text that is no TOML is passed on: the command that
    reads it refuses it.

    Raises:
        InputError: for a file outside of all folders, before anything of it is read.
    """
    if not spec.strip():
        return None
    try:
        table = tomllib.loads(spec)
    except (tomllib.TOMLDecodeError, RecursionError):
        return spec
    own = {key: v if key in PROSE else _allowed(folders, v) for key, v in table.items()}
    return tomli_w.dumps({"problem": problem, **own} if problem else own)


def _allowed(folders: AllowedFolders, value: Any, key: str = "") -> Any:
    if isinstance(value, Mapping):
        return {k: _allowed(folders, v, k) for k, v in value.items()}
    if isinstance(value, list):
        return [_allowed(folders, one, key) for one in value]
    if isinstance(value, str) and value and (key == "file" or _may_name(folders, value)):
        return str(folders.place(value))
    return value


def _may_name(folders: AllowedFolders, value: str) -> bool:
    """Return whether a text names a file that is there, or that is not below a folder of ours."""
    if value.startswith(("/", "~", "..")) or "/../" in value:
        return True
    with suppress(OSError, ValueError):  # of text that is no name
        return (folders.roots[0] / value).exists()
    return False
