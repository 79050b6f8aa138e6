"""A kept small generator: its folder, opened and checked."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ingenium.core.digest import digest
from ingenium.core.errors import CorruptError
from ingenium.core.judged import JudgedKind
from ingenium.edge.onnx_file import GraphFile
from ingenium.edge.parts import FileRunner

RECORD, SOURCE, HEADER = "edge.json", "generator.c", "generator.h"
KIND = JudgedKind("a small generator", RECORD, "ingenium edge fit PROBLEM", "Fit it again.")


@dataclass(frozen=True)
class SmallGenerator:
    """A small generator in its folder."""

    folder: Path
    record: Mapping[str, Any]

    @classmethod
    def opened(cls, folder: Path, *, code: bool = True) -> "SmallGenerator":
        """One that was fitted; without `code` its graphs alone, as packages bring them.

        Raises:
            InputError: if there is none in the folder.
            CorruptError: if one of its files is not the one that was judged.
        """
        first = KIND.opened(folder, {})
        try:
            named = [n for n in first["evidence"]["files"] if code or n not in (SOURCE, HEADER)]
            unnamed = [n for n in first["graphs"] if f"{n}.onnx" not in named]
        except (LookupError, TypeError) as error:
            raise CorruptError(
                str(folder / RECORD), f"is no record ({error})", KIND.again
            ) from error
        if unnamed:
            told = f"names no digest of {unnamed[0]}.onnx"
            raise CorruptError(str(folder / RECORD), told, KIND.again)
        files = {name: ("evidence", "files", name) for name in named}
        return cls(folder, KIND.opened(folder, files))

    @property
    def files(self) -> str:
        """Digest of its graphs' files."""
        return digest(
            [self.record["evidence"]["files"][f"{n}.onnx"] for n in self.record["graphs"]]
        )

    def runners(self) -> dict[str, FileRunner]:
        """Its graphs, each opened from its file."""
        return {
            name: FileRunner(GraphFile(self.folder / f"{name}.onnx"))
            for name in self.record["graphs"]
        }
