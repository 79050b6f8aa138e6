"""An engine in an isolated environment: one that conflicts with other packages, or is GPL.

An isolated environment is a folder with `requirements.txt`, its `lock.txt`, and `engine.py`,
whose functions take NumPy arrays by name and return a mapping of arrays. It is installed once,
in the cache, under the digest of its lock.
"""

import json
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from jaxtyping import Float

from ingenium.core.digest import file_digest
from ingenium.core.errors import CorruptError, EngineError, InputError, MissingEnvironment
from ingenium.core.folders import cache_folder, locked, write_atomic
from ingenium.trust.environments import serving
from ingenium.trust.environments.limits import Limits, surroundings
from ingenium.trust.environments.worker import Worker

LOCK, ENGINE, REQUIREMENTS = "lock.txt", "engine.py", "requirements.txt"
_MADE = ".made"  # in a complete environment: the digest of its lock
_SHOWN = 23  # letters of a digest in a version


@dataclass(frozen=True)
class Lock:
    """The first line of a lock: its contents, and its machine."""

    engine: str
    release: str
    python: str
    system: str
    packages: int
    download_mb: float
    disk_mb: float

    @property
    def size(self) -> str:
        """Size in words, for a user who is asked to install it."""
        return (
            f"{self.packages} packages, {self.download_mb:.0f} MB to download, "
            f"{self.disk_mb:.0f} MB on disk"
        )


def installed() -> list[str]:
    """List the folders of the complete environments, each named after its engine and its lock."""
    return sorted(mark.parent.name for mark in _environments().glob(f"*/{_MADE}"))


def _environments() -> Path:
    return cache_folder() / "environments"


def here() -> tuple[str, str]:
    """Python and system that a lock is for."""
    return (
        f"{sys.version_info.major}.{sys.version_info.minor}",
        f"{sys.platform}-{platform.machine()}",
    )


@dataclass(frozen=True)
class EnvironmentAnswers:
    """Measurements of each design by an engine; NaN and a reason where it failed."""

    values: Float[np.ndarray, "n k"]
    faults: Mapping[int, str]


@dataclass(frozen=True)
class Environment:
    """An engine's isolated environment; `install` is the name under which a user installs it."""

    folder: Path
    install: str
    limits: Limits = field(default_factory=Limits)  # `wall_s` is for one design

    def __getstate__(self) -> dict[str, Any]:
        """State of a copy in another process, which starts its own engine."""
        return {k: v for k, v in self.__dict__.items() if k != "worker"}

    @cached_property
    def lock(self) -> Lock:
        """The first line of the lock.

        Raises:
            CorruptError: if there is no lock, or its first line is invalid.
        """
        try:
            with (self.folder / LOCK).open() as file:
                return Lock(**json.loads(file.readline().removeprefix("#")))
        except (OSError, ValueError, TypeError):
            raise CorruptError(
                str(self.folder / LOCK),
                "is not the lock of an isolated environment",
                f"Write: python -m ingenium.trust.environments.locking {self.folder}",
            ) from None

    @cached_property
    def digest(self) -> str:
        """Digest of the lock."""
        return file_digest(self.folder / LOCK)

    @property
    def version(self) -> str:
        """Engine, its release and the first digits of the lock's digest, for the evidence."""
        return f"{self.lock.engine} {self.lock.release} environment {self.digest[:_SHOWN]}"

    @property
    def place(self) -> Path:
        """Folder of the environment."""
        return _environments() / f"{self.folder.name}-{self.digest.rpartition(':')[2][:16]}"

    @property
    def made(self) -> bool:
        """True if the environment is installed completely."""
        mark = self.place / _MADE
        return mark.is_file() and mark.read_text() == self.digest

    def make(self) -> None:
        """Install the environment from the lock; every package must match its digest.

        Raises:
            InputError: if the lock is for another Python or system.
            EngineError: if it cannot be installed.
        """
        if here() != (self.lock.python, self.lock.system):
            raise InputError(
                f"a lock for Python {here()[0]} on {here()[1]}",
                f"one for Python {self.lock.python} on {self.lock.system}",
                f"Write: python -m ingenium.trust.environments.locking {self.folder}",
            )
        place = self.place
        place.parent.mkdir(parents=True, exist_ok=True)
        place.parent.chmod(0o755)
        with locked(place):
            if self.made:
                return
            shutil.rmtree(place, ignore_errors=True)
            place.mkdir(mode=0o755)
            _reported([sys.executable, "-m", "venv", str(place)])
            pip = [str(place / "bin" / "python"), "-m", "pip", "install", "--quiet"]
            only = ["--disable-pip-version-check", "--no-deps", "--only-binary", ":all:"]
            _reported([*pip, *only, "--require-hashes", "-r", str(self.folder / LOCK)])
            write_atomic(place / _MADE, self.digest)
            for path in (place, place / _MADE):
                path.chmod(path.stat().st_mode & ~0o022)

    @cached_property
    def worker(self) -> Worker:
        """The worker process in the isolated environment.

        Raises:
            MissingRoom: if the environment is not installed.
            CorruptError: if others than this user or root could have changed it.
        """
        if not self.made:
            raise MissingEnvironment(self.folder.name, self.install, self.lock.size)
        for path in (self.place.parent, self.place, self.place / _MADE):
            about = path.stat()
            if about.st_uid not in (0, os.geteuid()) or about.st_mode & 0o022:
                found = "is of another user, or others may write to it, so that it is not run"
                line = f"ingenium doctor --install {self.install}"
                raise CorruptError(str(path), found, f"Remove {self.place.parent}; write: {line}")
        command = [str(self.place / "bin" / "python"), "-I", "-B", serving.__file__]
        engine = str(self.folder / ENGINE)
        return Worker(
            f"the isolated environment {self.folder.name}",
            [*command, engine],
            self.limits,
            surroundings(),
        )

    def ask(
        self,
        call: str,
        arrays: Mapping[str, npt.NDArray[Any]],
        values: Mapping[str, Any],
        *,
        designs: int = 1,
    ) -> dict[str, npt.NDArray[Any]]:
        """Call a function of the engine.

        Args:
            call: its name.
            arrays: by the names of its arguments.
            values: its other arguments, of JSON's types.
            designs: number of designs in the arrays, for the time limit.

        Raises:
            MissingRoom: if the environment is not installed.
            WorkerDied: if the call killed the engine twice, or exceeded its time.
            EngineError: if the function raised.
        """
        sent = {name: serving.packed(np.asarray(array)) for name, array in arrays.items()}
        requested = {"call": call, "arrays": sent, "values": dict(values)}
        answer = self.worker.ask(requested, wall_s=self.limits.wall_s * designs)
        if "fault" in answer:
            raise EngineError(
                f"the isolated environment {self.folder.name}: {answer['fault'].strip()}"
            )
        return {name: serving.unpacked(said) for name, said in answer["arrays"].items()}

    def rows(
        self,
        call: str,
        arrays: Mapping[str, npt.NDArray[Any]],
        values: Mapping[str, Any],
        *,
        columns: int,
    ) -> EnvironmentAnswers:
        """Return `rows` of the engine's answer, for arrays whose first axis is that of designs.

        A batch on which the engine fails is halved, until single designs fail.
        """
        n = len(next(iter(arrays.values())))
        out, faults = np.full((n, columns), np.nan), dict[int, str]()
        parts = [slice(0, n)] if n else []
        while parts:
            part = parts.pop()
            size = part.stop - part.start
            some = {name: array[part] for name, array in arrays.items()}
            try:
                out[part] = self.ask(call, some, values, designs=size)["rows"]
            except MissingEnvironment:
                raise
            except EngineError as error:
                middle = part.start + size // 2
                if size > 1:
                    parts += [slice(middle, part.stop), slice(part.start, middle)]
                else:
                    faults[part.start] = str(error)
        return EnvironmentAnswers(out, faults)


def _reported(command: list[str]) -> None:
    done = subprocess.run(command, env=surroundings(), text=True, capture_output=True, check=False)
    if done.returncode:
        raise EngineError(f"{' '.join(command[:4])} ... failed: {done.stderr.strip()[-2000:]}")
