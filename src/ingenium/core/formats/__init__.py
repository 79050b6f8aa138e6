"""What a file format of a field does: writes designs, and reads them back."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal, Protocol, runtime_checkable

import xarray as xr


@runtime_checkable
class Format(Protocol):
    """A file format of the field.

    Designs may share a file; what it keeps of one must not depend on the others.
    """

    @property
    def name(self) -> str:
        """As users write it."""
        ...

    @property
    def endings(self) -> tuple[str, ...]:
        """Of its files, such as `.stl`: what ends so, the first format with it reads alone."""
        ...

    def write(self, designs: xr.Dataset, folder: Path) -> dict[int, Path]:
        """Write every design below `folder`; gives the file or folder of each by its index."""
        ...

    def read(self, path: Path) -> xr.Dataset:
        """Read back what `write` wrote, or a file of the same format made elsewhere."""
        ...


@runtime_checkable
class FilePerDesign(Format, Protocol):
    """A format in which designs share no file.

    It is asked to write and read them part by part, so that memory does not grow with their number.
    """

    @property
    def apart(self) -> Literal[True]:
        """Says so."""
        ...


@runtime_checkable
class ReadTogether(FilePerDesign, Protocol):
    """A format whose reader takes longer for each call than for a design."""

    @property
    def together(self) -> Callable[[Sequence[Path]], xr.Dataset]:
        """Read designs, each from its own file or folder, in their order."""
        ...


@runtime_checkable
class Accompanied(Format, Protocol):
    """A format whose files are read by others together with one that they share, such as a net."""

    def accompany(self, folder: Path) -> None:
        """Write it into the folder of the run, beside that of the designs."""
        ...
