"""Fitted models on disk, found again by what they were fitted to and how.

An entry is a folder with `tensors.safetensors` and `meta.json`; it appears whole, by one rename,
and is verified whenever it is read. Nothing is ever unpickled.
"""

import functools
import json
import logging
import re
import secrets
import shutil
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import safetensors.torch
from safetensors import SafetensorError
from torch import Tensor

import ingenium
from ingenium.core.digest import canonical, content_digest, digest, folder_digest
from ingenium.core.errors import InputError
from ingenium.core.folders import cache_folder, storing, write_atomic

TRIES = 3  # readings before an entry counts as corrupt; others may replace it during one
STALE_S = 3600.0  # age at which what a killed process left behind is swept up
CODE = ("generators", "sampling", "train")  # the packages whose code decides what a fit gives
logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Fitted:
    """What a fit left behind: the state of the model and what is known about it."""

    tensors: dict[str, Tensor]
    meta: dict[str, Any]


@functools.cache
def code_digest() -> str:
    """Digest of the version and of the code that fits models, so that an edit means a refit."""
    root = Path(ingenium.__file__).parent
    folders = {name: folder_digest(root / name, but=["__pycache__"]) for name in CODE}
    return digest([ingenium.__version__, folders])


def fit_key(data: str, family: str, settings: object, *, code: str | None = None) -> str:
    """The key of a fit.

    Args:
        data: digest of the tensors and conditions it learns from, as they were encoded.
        family: name of the model family.
        settings: all that decides the result (sizes, budget, seed), as a dataclass or mapping.
        code: version of the code; this installation's if none is given.
    """
    return digest(
        {"data": data, "family": family, "settings": settings, "code": code or code_digest()}
    )


class ModelCache:
    """Fitted models by key; safe with several processes, and never trusted without a check."""

    def __init__(self, folder: Path | None = None) -> None:
        """Use `folder`, or `models` in the user's cache folder."""
        self.folder = cache_folder() / "models" if folder is None else folder

    def get(self, key: str) -> Fitted | None:
        """The fit under a key, or none.

        An entry that is not what was written is logged as a warning, moved aside to a name that
        ends in `.corrupt`, and counts as none: the caller fits again.
        """
        entry, reason = self._entry(key), ""
        for _ in range(TRIES):
            try:
                fitted = _read(entry, key)
            except (OSError, ValueError, LookupError, RecursionError, SafetensorError) as error:
                reason = str(error)
            else:
                _touch(entry)
                return fitted
        if entry.exists():
            _set_aside(entry, reason)
        return None

    def put(self, key: str, tensors: Mapping[str, Tensor], meta: Mapping[str, object]) -> None:
        """Keep a fit; if another process was faster, its entry of the same key stays.

        Raises:
            StorageError: if it cannot be written; nothing is left behind.
        """
        entry = self._entry(key)
        state = {
            name: tensor.detach().cpu().contiguous().clone() for name, tensor in tensors.items()
        }
        data = safetensors.torch.save(state)
        record = {"key": key, "meta": dict(meta), "tensors": content_digest(data)}
        sealed = canonical(record | {"digest": digest(record)})
        part = self.folder / f".part-{secrets.token_hex(8)}"
        try:
            with storing(entry, needed=len(data)):
                part.mkdir(parents=True)
            write_atomic(part / "tensors.safetensors", data)
            write_atomic(part / "meta.json", sealed)
            with storing(entry):
                _promote(part, entry)
        finally:
            shutil.rmtree(part, ignore_errors=True)

    def prune(self, max_bytes: int) -> list[str]:
        """Remove what was not used for longest until the rest fits; gives the names removed.

        Corrupt entries and what killed processes left behind go first, whatever the size.
        """
        if max_bytes < 0:
            raise InputError("a size of at least 0 bytes", max_bytes)
        removed, kept = [], []
        for path in self.folder.glob("*"):
            used, size = _usage(path)
            abandoned = path.name.startswith(".part-") and time.time() - used > STALE_S
            if abandoned or path.name.endswith(".corrupt"):
                removed.append(path)
            elif re.fullmatch(r"[0-9a-f]{64}", path.name):
                kept.append((used, size, path))
        kept.sort(key=lambda use: use[0])
        excess = sum(size for _, size, _ in kept) - max_bytes
        for _, size, path in kept:
            if excess <= 0:
                break
            removed.append(path)
            excess -= size
        for path in removed:
            _remove(path)
        return [path.name for path in removed]

    def _entry(self, key: str) -> Path:
        if not re.fullmatch(r"sha256:[0-9a-f]{64}", key):
            raise InputError("a key made by `fit_key`", key)
        return self.folder / key.removeprefix("sha256:")


def _set_aside(entry: Path, reason: str) -> None:
    """Rename a corrupt entry, unless another process has just done so, and say so."""
    aside = entry.with_name(f"{entry.name}-{secrets.token_hex(4)}.corrupt")
    try:
        entry.rename(aside)
    except FileNotFoundError:
        return
    except OSError as error:
        logger.warning("cached model %s is corrupt (%s) and stays: %s", entry, reason, error)
        return
    logger.warning("cached model %s is corrupt (%s): moved to %s", entry, reason, aside.name)


def _read(entry: Path, key: str) -> Fitted:
    """An entry whose digests hold; any of several errors if not."""
    record = json.loads((entry / "meta.json").read_bytes())
    data = (entry / "tensors.safetensors").read_bytes()
    if not isinstance(record, dict):
        raise ValueError("its meta.json is not what was written")
    seal = record.pop("digest")
    if seal != digest(record) or record["key"] != key:
        raise ValueError("its meta.json is not what was written")
    if record["tensors"] != content_digest(data):
        raise ValueError("its tensors are not what was written")
    return Fitted(safetensors.torch.load(data), record["meta"])


def _remove(entry: Path) -> None:
    """Take an entry away in one step, so that no reader sees half of it, and then delete it."""
    going = entry.with_name(f".part-{secrets.token_hex(8)}")
    try:
        entry.rename(going)
    except OSError as error:
        logger.warning("cannot remove %s: %s", entry, error)
        return
    shutil.rmtree(going, ignore_errors=True)


def _promote(part: Path, entry: Path) -> None:
    """Give a whole entry its name; if there is one already, that one stays."""
    try:
        part.rename(entry)
    except OSError:
        if not entry.is_dir():
            raise


def _touch(entry: Path) -> None:
    """Remember that an entry was used just now; a cache that cannot be written is still read."""
    try:
        (entry / "used").touch()
    except OSError as error:
        logger.debug("cannot note the use of %s: %s", entry, error)


def _usage(entry: Path) -> tuple[float, int]:
    """Time of last use (s since the epoch) and size (bytes) of an entry."""
    used, size = 0.0, 0
    for path in [entry, *entry.glob("*")]:
        try:
            status = path.stat()
        except FileNotFoundError:
            continue
        used, size = max(used, status.st_mtime), size + status.st_size
    return used, size
