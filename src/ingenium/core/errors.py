"""Family of exceptions that the command line turns into exit codes.

Catch `IngeniumError` for all of them, or the built-in (`ValueError`, `OSError`, ...) that each one
also is. All of them survive a trip between processes.
"""

import difflib
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import ClassVar


class IngeniumError(Exception):
    """Base class of all errors of this package.

    `exit_code` is what the command line ends with, `page` the page of the documents that helps.
    """

    exit_code: ClassVar[int] = 3
    page: ClassVar[str] = "reference/cli#errors"


class InputError(IngeniumError, ValueError):
    """Input that cannot be used; the message says what to write instead.

    >>> raise InputError("a number of designs of at least 1", -3, "Write `-n 100`.")
    InputError: expected a number of designs of at least 1, got -3. Write `-n 100`.
    """

    exit_code = 2
    known: tuple[str, ...] = ()  # names that would have been right, where they are counted

    def __init__(self, expected: str, got: object, instead: str = "") -> None:
        """Build the message.

        Args:
            expected: what would have been right, as it reads after "expected".
            got: what was given; text is shown as it is, anything else by its `repr`.
            instead: what to write or do, as a sentence.
        """
        super().__init__(expected, got, instead)
        self.expected = expected
        self.got = got if isinstance(got, str) else repr(got)
        self.instead = instead

    def __str__(self) -> str:
        return f"expected {self.expected}, got {self.got}. {self.instead}".rstrip()


class SpecError(InputError):
    """The specification names something that does not exist or contradicts itself."""

    page = "reference/spec"


class FolderInUseError(InputError):
    """Another run is writing into the folder at this moment."""

    page = "reference/output#repeated-and-concurrent-runs"


class MissingExtra(IngeniumError, ImportError):  # noqa: N818 - reads as what it is
    """A package of an optional extra is not installed.

    >>> raise MissingExtra("grid", "pandapower")
    MissingExtra: pandapower is not installed; write: pip install "ingenium[grid]"
    """

    page = "how-to/install#what-is-missing"

    def __init__(self, extra: str, package: str = "", of: str = "ingenium") -> None:
        """Build the message.

        Args:
            extra: its name; empty where the package is no part of one.
            package: the one that is absent, if known.
            of: the distribution that has the extra.
        """
        super().__init__(extra, package, of)
        self.extra = extra
        self.package = package
        self.of = of

    def __str__(self) -> str:
        what = self.package or f"what {self.extra!r} needs"
        whole = f'"{self.of}[{self.extra}]"' if self.extra else self.package
        return f"{what} is not installed; write: pip install {whole}"


class MissingDistribution(MissingExtra):
    """Weights or data that are a distribution of the same checkout are not installed.

    >>> raise MissingDistribution("moses.safetensors", "networks")
    MissingDistribution: moses.safetensors is not installed; write: pip install ./networks, from ...
    """

    def __init__(self, name: str, folder: str) -> None:
        """Build the message.

        Args:
            name: of the file or distribution.
            folder: in the checkout, that holds the distribution.
        """
        super().__init__("", name)
        self.args = name, folder  # by which it is pickled for another process
        self.folder = folder

    def __str__(self) -> str:
        line = f"pip install ./{self.folder}, from a checkout"
        return f"{self.package} is not installed; write: {line}"


class EngineError(IngeniumError, RuntimeError):
    """An engine broke down as a whole; a single design without an answer gets a verdict instead."""

    page = "how-to/no_feasible_design#when-the-engine-fails"


class MissingProgram(EngineError):  # noqa: N818 - reads as what it is
    """A program that is no package of Python is not installed.

    >>> raise MissingProgram("xfoil", "it judges sections of wings")
    MissingProgram: xfoil is not on the path (it judges ...); write: apt install xfoil
    """

    page = "how-to/isolated_environments#programs"
    packages: ClassVar = {  # of Debian and Ubuntu, where named otherwise
        "bwrap": "bubblewrap",
        "cc": "gcc",
        "arm-none-eabi-gcc": "gcc-arm-none-eabi",
        "sbatch": "slurm-client",
        "msgfmt": "gettext",
        "set.mm": "metamath-databases",
        "pw.x": "quantum-espresso quantum-espresso-data-sssp libopenblas0-serial",
    }

    def __init__(self, program: str, use: str) -> None:
        """Build the message from the program's name and what it is for."""
        super().__init__(program, use)
        self.program = program
        self.use = use

    def __str__(self) -> str:
        package = self.packages.get(self.program, self.program)
        return f"{self.program} is not on the path ({self.use}); write: apt install {package}"


class MissingEnvironment(EngineError):  # noqa: N818 - reads as what it is
    """The isolated environment of an engine is not installed.

    >>> raise MissingRoom("engibench", "benchmarks/engibench", "47 packages, 166 MB to download")
    MissingRoom: the isolated environment engibench (47 packages, ...) is not ...
    """

    page = "how-to/isolated_environments#environments"

    def __init__(self, environment: str, install: str, size: str) -> None:
        """Build the message from the environment's name, its argument to `doctor`, and its size."""
        super().__init__(environment, install, size)
        self.environment = environment
        self.install = install
        self.size = size

    def __str__(self) -> str:
        line = f"ingenium doctor --install {self.install}"
        head = f"the isolated environment {self.environment} ({self.size}) is not installed"
        return f"{head}; write: {line}"


class StorageError(IngeniumError, OSError):
    """A file or database could not be written, and nothing half-written was left.

    Constructed as any `OSError` is: `StorageError(errno, reason, path)`.
    """

    page = "reference/output#repeated-and-concurrent-runs"

    def __str__(self) -> str:
        return f"cannot write {self.filename}: {self.strerror}"


class CorruptError(IngeniumError):
    """Stored content differs from what was written."""

    page = "how-to/audit#what-is-damaged"

    def __init__(self, where: str, found: str, instead: str = "") -> None:
        """Build the message.

        Args:
            where: the file or database.
            found: what is wrong with it, as it reads after the place.
            instead: what to do, as a sentence.
        """
        super().__init__(where, found, instead)
        self.where = where
        self.found = found
        self.instead = instead

    def __str__(self) -> str:
        return f"{self.where} {self.found}. {self.instead}".rstrip()


NEAR = 0.6  # share of letters by which a name is taken for a slip of another


def choose(
    name: str,
    known: Iterable[str],
    what: str,
    *,
    listed: int = 12,
    also: Mapping[str, str] = MappingProxyType({}),
) -> str:
    """Return `name` if it is known; the error lists the known ones if they are at most `listed`.

    `also` maps further names of the field to known ones.

    Raises:
        InputError: with the nearest known names.

    Examples:
        >>> choose("mass", ("mass", "deflection"), "quantity")
        'mass'
        >>> choose("mas", ("mass", "deflection"), "quantity")
        Traceback (most recent call last):
            ...
        ingenium.core.errors.InputError: ...
    """
    names = list(known)
    if name in names:
        return name
    meant = also.get(name.lower().replace("-", "_"))
    parts = set(name.lower().split("_"))
    near = [
        *([meant] if meant in names else []),
        *difflib.get_close_matches(name, names, n=3, cutoff=NEAR),
        *(x for x in names if parts.intersection(x.lower().split("_"))),
    ]
    reported = [f'"{x}"' for x in list(dict.fromkeys(near))[:3] or names[:3]]
    error = InputError(
        expected=f"{what}: {', '.join(names)}" if len(names) <= listed else f"a known {what}",
        got=f'"{name}"',
        instead=f"Write {' or '.join(reported)}{'' if near else ', for instance'}.",
    )
    error.known = tuple(names)
    raise error
