"""The folders that a program may name, and previews of their files."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ingenium.core.errors import InputError

PREVIEW = 20_000  # characters
MOST_ENTRIES = 200


@dataclass(frozen=True)
class AllowedFolders:
    """Folders that may be read and written; everything else is refused, also through links."""

    roots: tuple[Path, ...]  # absolute and resolved; new work goes to the first

    @classmethod
    def of(cls, folders: tuple[Path, ...]) -> "AllowedFolders":
        """Resolve the folders, and create missing ones.

        Raises:
            InputError: if one is a file.
        """
        for folder in folders:
            if folder.exists() and not folder.is_dir():
                raise InputError("a folder", f"{folder}, which is a file", "Name its folder.")
            folder.mkdir(parents=True, exist_ok=True)
        return cls(tuple(f.resolve() for f in folders))

    def place(self, named: str) -> Path:
        """Return the path of a named file or folder; a relative name starts in the first folder.

        Raises:
            InputError: if it lies outside all folders.
        """
        there = f"a path in {', '.join(map(str, self.roots))}"
        try:
            path = (self.roots[0] / named).resolve()
        except (OSError, ValueError) as error:
            raise InputError(there, f"{named[:200]!r} ({error})") from None
        if not any(path.is_relative_to(root) for root in self.roots):
            more = "Name one there, or start the server with a further --folder."
            raise InputError(there, named, more)
        return path

    def shown(self, named: str) -> dict[str, Any]:
        """List a folder, or show the beginning of a text.

        Raises:
            InputError: if it lies outside, or does not exist.
        """
        path = self.place(named)
        if path.is_dir():
            entries = sorted(path.iterdir())
            listed = [_entry(p) for p in entries[:MOST_ENTRIES]]
            return {"path": str(path), "entries": listed, "more": len(entries) - len(listed)}
        if not path.is_file():
            raise InputError("a file or folder that is there", named)
        with path.open("rb") as file:
            head = file.read(4 * PREVIEW)
        size = path.stat().st_size
        found = {"path": str(path), "bytes": size}
        try:
            text = head.decode("utf-8", errors="strict" if len(head) < 4 * PREVIEW else "ignore")
        except UnicodeDecodeError:
            return found | {"preview": None, "why": "not a text"}
        return found | preview(text, size)


def preview(text: str, size: int) -> dict[str, Any]:
    """The beginning of a text, and whether it is complete."""
    cut = text[:PREVIEW]
    return {"preview": cut, "whole": len(cut.encode()) == size}


def _entry(path: Path) -> dict[str, Any]:
    if path.is_dir():
        return {"name": path.name, "folder": True}
    return {"name": path.name, "bytes": path.stat().st_size}
