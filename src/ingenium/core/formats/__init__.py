"""Contracts of file formats, which write designs and read them back."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Literal, Protocol, runtime_checkable

import xarray as xr


@runtime_checkable
class Format(Protocol):
    """A file format of the field.

    Designs may share a file; what it stores of one must not depend on the others.
    """

    @property
    def name(self) -> str:
        """Name that users write."""
        ...

    @property
    def endings(self) -> tuple[str, ...]:
        """File endings, such as `.stl`; the first format with an ending reads files with it."""
        ...

    def write(self, designs: xr.Dataset, folder: Path) -> dict[int, Path]:
        """Write every design below `folder`; return the file or folder of each by its index."""
        ...

    def read(self, path: Path) -> xr.Dataset:
        """Read what `write` wrote, or a file of the same format by other software."""
        ...


@runtime_checkable
class FilePerDesign(Format, Protocol):
    """A format in which designs share no file.

    Designs are written and read part by part, so that memory does not grow with their number.
    """

    @property
    def separate(self) -> Literal[True]:
        """Marker of such formats."""
        ...


@runtime_checkable
class ReadTogether(FilePerDesign, Protocol):
    """A format whose reader has a high cost per call and a low one per design."""

    @property
    def together(self) -> Callable[[Sequence[Path]], xr.Dataset]:
        """Read designs, each from its own file or folder, in their order."""
        ...


@runtime_checkable
class Rounding(Format, Protocol):
    """A format whose files hold fewer digits of a number than a design has."""

    def rounded(self, designs: xr.Dataset) -> xr.Dataset:
        """Return designs with the numbers that are read back from their files."""
        ...


@runtime_checkable
class ReadByRecord(Format, Protocol):
    """A format whose files hold designs one after the other, each readable by itself."""

    def records(self, path: Path) -> Iterator[tuple[str, str]]:
        """Yield place and text of each record; the text alone is a file of the format."""
        ...


@runtime_checkable
class Accompanied(Format, Protocol):
    """A format whose files need a common one for other programs, such as a net."""

    def accompany(self, folder: Path) -> None:
        """Write it into the folder of the run, next to the files of the designs."""
        ...
