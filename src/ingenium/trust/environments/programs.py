"""Programs of the field that are installed on the machine, called and never linked."""

import fcntl
import os
import shutil
import signal
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from ingenium.core.digest import file_digest
from ingenium.core.errors import EngineError, MissingProgram
from ingenium.trust.environments.limits import Limits, surroundings

_SHOWN = 23  # letters of a digest in a version


@dataclass(frozen=True)
class ProgramRun:
    """Output of a program until it ended or reached a limit."""

    printed: str
    out_of_time: bool  # it used up its CPU time, and was not ended by another process


@dataclass(frozen=True)
class Program:
    """An external program on this machine."""

    name: str
    path: Path
    limits: Limits
    release: str = "unknown"
    before: int | None = None  # handle of a sealed library to load before it
    reported: tuple[tuple[str, str], ...] = ()  # variables of its environment besides ours
    digest: str = field(init=False)  # of its file

    def __post_init__(self) -> None:
        object.__setattr__(self, "digest", file_digest(self.path))

    @property
    def version(self) -> str:
        """Release and the first digits of the digest, for the evidence."""
        return f"{self.release} {self.digest[:_SHOWN]}"

    def run(self, typed: str, folder: Path) -> ProgramRun:
        """Run the program with `typed` as its input.

        CPU time is the effective limit, so that a busy machine gives the same answers. A signal
        that kills this process kills it too.

        Raises:
            EngineError: if it gets no CPU time.
        """
        loaded = () if self.before is None else (self.before,)
        own = {"LD_PRELOAD": f"/proc/self/fd/{self.before}"} if loaded else {}
        try:
            done = subprocess.run(
                [*_leash(), *self.limits.around([str(self.path)])],
                input=typed,
                cwd=folder,
                env=surroundings(own | dict(self.reported)),
                pass_fds=loaded,
                text=True,
                errors="replace",
                capture_output=True,
                timeout=self.limits.wall_s,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise EngineError(
                f"{self.name} had not {self.limits.cpu_s} s of the processor within "
                f"{self.limits.wall_s:g} s"
            ) from error
        return ProgramRun(done.stdout, done.returncode == -signal.SIGXCPU)


def _leash() -> tuple[str, ...]:
    """Command that ends a program with the thread that waits for it, where the system can."""
    found = shutil.which("setpriv")
    return () if found is None else (found, "--pdeathsig", "KILL", "--")


def on_path(name: str, use: str) -> Path:
    """Return the path of a program.

    Raises:
        MissingProgram: with the line that installs it.
    """
    path = shutil.which(name)
    if path is None:
        raise MissingProgram(name, use)
    return Path(path).resolve()


def sealed(library: bytes, name: str) -> int:
    """Return a handle of a library in sealed memory, which has no path and cannot change.

    A library in a folder would be loaded regardless of its origin.

    Raises:
        EngineError: where the system has no sealed memory: anywhere but on Linux.
    """
    if not hasattr(os, "memfd_create"):
        raise EngineError(f"{name} can be loaded from memory on Linux alone")
    handle = os.memfd_create(name, os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    with os.fdopen(os.dup(handle), "wb") as out:
        out.write(library)
    seals = fcntl.F_SEAL_WRITE | fcntl.F_SEAL_GROW | fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_SEAL
    fcntl.fcntl(handle, fcntl.F_ADD_SEALS, seals)
    return handle
