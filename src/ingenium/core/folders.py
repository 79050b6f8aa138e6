"""Files and folders that are either whole or absent, and written by one run at a time."""

import errno
import fcntl
import json
import os
import secrets
import shutil
import socket
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from ingenium.core.errors import FolderInUseError, InputError, StorageError

MARK = ".ingenium"  # in each run folder: the identity of the run that wrote it
NAME_ROOM = 200  # characters of the path of a file below a folder of ours
FULL = (errno.ENOSPC, errno.EDQUOT)
UNWRITABLE = (*FULL, errno.EFBIG, errno.EROFS, errno.EIO)


def cache_folder() -> Path:
    """Return the folder of fitted models and cached data: `INGENIUM_CACHE`, or the user's cache."""
    named = os.environ.get("INGENIUM_CACHE")
    if named:
        return Path(named).expanduser()
    user = os.environ.get("XDG_CACHE_HOME")
    return (Path(user) if user else Path.home() / ".cache") / "ingenium"


def write_atomic(path: Path, content: bytes | str) -> None:
    """Write a file so that every reader sees the old content or the whole new one.

    Raises:
        StorageError: if it cannot be written; the old content is still there.
    """
    data = content.encode() if isinstance(content, str) else content
    with replacing(path, needed=len(data)) as part:
        part.write_bytes(data)


def make_folder(folder: Path) -> None:
    """Create a folder and all missing parents.

    Raises:
        OSError: if it cannot be created, or if its path is too long for the names of files in it;
            the latter before anything is created.
    """
    (folder / ("n" * NAME_ROOM)).exists()
    for part in reversed((folder, *folder.parents)):
        if not part.is_dir():
            part.mkdir(exist_ok=True)


@contextmanager
def replacing(path: Path, *, needed: int | None = None) -> Iterator[Path]:
    """Yield a temporary path in the same folder, renamed to `path` at the end.

    Args:
        path: the file to make; missing parent folders are created.
        needed: bytes that will be written, if known, for the message when the disk is full.

    Raises:
        InputError: if the path names no file.
        StorageError: if it cannot be written; whatever was written is removed.
    """
    if not path.name:
        raise InputError("a file to write", f"{str(path)!r}, which names none", "Write a name.")
    part = path.with_name(f".part-{secrets.token_hex(4)}-{path.name}")
    with storing(path, needed=needed):
        try:
            make_folder(path.parent)
            yield part
            _sync(part)
            os.replace(part, path)  # noqa: PTH105 - the tests fail this call to fill the disk
            _sync(path.parent)
        finally:
            with suppress(OSError):
                part.unlink(missing_ok=True)


@contextmanager
def storing(path: Path, *, needed: int | None = None, only: Collection[int] = ()) -> Iterator[None]:
    """Turn an `OSError` of the block into a `StorageError` that names the path and the reason.

    Args:
        path: what is being written.
        needed: number of bytes to be written, if known.
        only: the error numbers to turn; all if empty.
    """
    try:
        yield
    except OSError as error:
        if isinstance(error, StorageError) or (only and error.errno not in only):
            raise
        reason = full_disk(path, needed) if error.errno in FULL else error.strerror or str(error)
        raise StorageError(error.errno, reason, str(path)) from error


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Lock a run folder for this process alone, whether it exists yet or not.

    The lock is a file next to the folder with process, host and start; the kernel drops it when the
    process dies, however it dies. A forked child holds it too.

    Raises:
        FolderInUseError: if another run holds it.
        StorageError: if the lock cannot be written.
    """
    folder = _real(folder)
    path = folder.with_name(f".{folder.name}.lock")
    handle = _take(path, folder)
    try:
        yield
    finally:
        with suppress(OSError):
            path.unlink(missing_ok=True)  # while still locked, so that no other one is removed
        os.close(handle)


def identity(folder: Path) -> str | None:
    """Return the identity of the finished run in a folder; None if it is absent or empty.

    Raises:
        InputError: if it is a file, or a folder with files that no run has written.
    """
    if folder.exists() and not folder.is_dir():
        raise InputError("a folder for the output", f"the file {folder}", "Name another.")
    if not folder.exists() or not any(folder.iterdir()):
        return None
    mark = folder / MARK
    if not mark.is_file():
        raise InputError(
            "an output folder that is absent, empty or made by an earlier run",
            f"{folder}, which holds other files",
            "Name another folder.",
        )
    return mark.read_text(errors="replace")


@contextmanager
def staged(folder: Path, run: str, *, overwrite: bool = False) -> Iterator[Path]:
    """Yield a locked folder to write a run into; it is renamed to `folder` once all is written.

    If the block is left by an exception (also Ctrl-C), or the process is killed, the written files
    stay in `.NAME.partial` next to `folder`, and the next call for the same run finds them there to
    resume from. Unfinished files of a different run are removed, and `folder` itself is as it was
    before.

    Args:
        folder: the output folder.
        run: identity of the run, such as the digest of specification and seed.
        overwrite: replace a finished run that is a different one.

    Raises:
        FolderInUseError: if another run is writing there now.
        InputError: if the folder holds a different finished run, or files of something else.
        StorageError: if it cannot be written.
    """
    folder = _real(folder)
    partial = folder.with_name(f".{folder.name}.partial")
    replaced = folder.with_name(f".{folder.name}.replaced")
    with locked(folder):
        with storing(folder):
            _recover(folder, replaced)
            _admit(folder, run, overwrite)
            if _linked(partial) or (partial.exists() and _mark(partial) != run):
                _remove(partial)
            partial.mkdir(exist_ok=True)
            write_atomic(partial / MARK, run)
        try:
            with storing(folder, only=UNWRITABLE):
                yield partial
        except BaseException:
            if [path.name for path in partial.iterdir()] == [MARK]:
                shutil.rmtree(partial)  # there is nothing to resume from
            raise
        with storing(folder):
            if folder.exists():
                folder.rename(replaced)
            partial.rename(folder)
            _sync(folder.parent)
            shutil.rmtree(replaced, ignore_errors=True)


def _recover(folder: Path, replaced: Path) -> None:
    """Finish, or undo, a replacement that was interrupted between its two renames."""
    if replaced.is_symlink() or (replaced.exists() and folder.exists()):
        _remove(replaced)
    elif replaced.exists():
        replaced.rename(folder)


def _admit(folder: Path, run: str, overwrite: bool) -> None:
    """Refuse a folder that holds a different finished run, unless it may be overwritten."""
    if identity(folder) not in (None, run) and not overwrite:
        raise InputError(
            "a new output folder, or the one of the same specification and seed",
            f"{folder}, which holds a different finished run",
            "Name another folder, or ask to overwrite it.",
        )


def _real(folder: Path) -> Path:
    """Resolve the links of a path; two names of one folder are one."""
    real = Path(os.path.realpath(folder))
    if not real.name:
        raise InputError("a folder for the output", str(folder), "Name another.")
    return real


def _linked(folder: Path) -> bool:
    """Return whether a folder of a run is a link, or holds one: a run writes none."""
    return folder.is_symlink() or any(path.is_symlink() for path in folder.rglob("*"))


def _remove(path: Path) -> None:
    """Remove a folder; only the link itself if it is one."""
    if path.is_symlink() or path.is_file():
        path.unlink()
    else:
        shutil.rmtree(path)


def _mark(folder: Path) -> str | None:
    mark = folder / MARK
    return mark.read_text(errors="replace") if mark.is_file() else None


def _take(path: Path, folder: Path) -> int:
    """Open and lock the lock file that is now at `path`."""
    with storing(path):
        make_folder(path.parent)
    while True:
        with storing(path):
            handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            free = _lock(handle, path)
            if free and _still_there(handle, path):
                _sign(handle, path)
                return os.dup(handle)  # the same lock, which outlives the close below
            if not free:
                raise FolderInUseError(
                    "a folder that no other run is writing to",
                    f"{folder}, held by {_holder(path)}",
                    "Wait until it ends, or name another folder.",
                )
        finally:
            os.close(handle)  # its last holder may have removed it meanwhile: then once more


def _lock(handle: int, path: Path) -> bool:
    """Take the kernel's lock of an open file, unless another has it."""
    with storing(path, only=[errno.ENOLCK, errno.EOPNOTSUPP]):
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
    return True


def _still_there(handle: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(handle), path.stat())
    except FileNotFoundError:
        return False


def _sign(handle: int, path: Path) -> None:
    start = datetime.now(UTC).isoformat(timespec="seconds")
    holder = {"pid": os.getpid(), "host": socket.gethostname(), "start": start}
    with storing(path):
        os.ftruncate(handle, 0)
        os.pwrite(handle, json.dumps(holder).encode(), 0)


def _holder(path: Path) -> str:
    try:
        holder = json.loads(path.read_text())
        return f"process {holder['pid']} on {holder['host']} since {holder['start']}"
    except (OSError, ValueError, KeyError, TypeError):
        return "another process"  # it has taken the lock and not signed yet


def _sync(path: Path) -> None:
    """Wait until the disk holds a file, or the names in a folder."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def full_disk(path: Path, needed: int | None = None) -> str:
    """Describe how much disk space is needed and how much is free."""
    folder = next(folder for folder in path.absolute().parents if folder.exists())
    free = f"{shutil.disk_usage(folder).free / 1e6:.1f} MB free"
    wanted = "" if needed is None else f"{needed / 1e6:.1f} MB needed, "
    return f"the disk is full ({wanted}{free}); make room, or choose a folder on another disk"
