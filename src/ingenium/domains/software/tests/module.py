"""The module under test: its source, checked before anything runs."""

import ast
import importlib.machinery
import importlib.util
import sys
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from ingenium.core.digest import content_digest
from ingenium.core.errors import InputError
from ingenium.domains.software import bench
from ingenium.domains.software.enclosed.mutants import Mutant, switched

MOST_LINES = 20_000
_NAMED = {"sklearn": "scikit-learn", "yaml": "pyyaml", "PIL": "pillow", "cv2": "opencv-python"}
_RUNS_TEXT = ("code", "codeop", "runpy", "timeit", "trace", "pdb", "bdb", "profile", "cProfile")


@dataclass(frozen=True)
class Module:
    """Source of a module, under the name by which tests import it."""

    name: str
    source: str

    @property
    def digest(self) -> str:
        """Digest of its source."""
        return content_digest(self.source.encode())

    @cached_property
    def tree(self) -> ast.Module:
        """Syntax tree of the source."""
        return ast.parse(self.source)

    @cached_property
    def mutants(self) -> tuple[Mutant, ...]:
        """All first-order mutants of the module."""
        return tuple(switched(self.source)[1])

    @property
    def lines(self) -> list[str]:
        """Lines of the source."""
        return self.source.splitlines()


def named(name: str) -> Module:
    """Return a module of the standard library or of an installed package.

    Raises:
        InputError: for one that is absent, native, too long, or that runs texts as programs.
    """
    try:
        spec = importlib.util.find_spec(name)
    except (ImportError, ValueError):
        spec = None
    if spec is None or spec.origin is None:
        raise InputError(
            "a module that is installed here",
            f'"{name}"',
            f"Write pip install {name.partition('.')[0]}, or give a file under [given].",
        )
    if not isinstance(spec.loader, importlib.machinery.SourceFileLoader | None) and not (
        spec.origin == "frozen" or name in sys.stdlib_module_names
    ):
        raise _native(name, spec.origin)
    origin = Path(spec.origin)
    if spec.origin == "frozen":
        origin = Path(str(spec.loader_state.filename))
    if origin.suffix != ".py":
        raise _native(name, spec.origin)
    return checked(name, origin.read_bytes())


def _native(name: str, origin: str) -> InputError:
    return InputError(
        "a module with source in Python",
        f"{name}, which is native code ({Path(origin).name})",
        "Name the module in Python that wraps it; mutants of native code are not made.",
    )


def checked(name: str, data: bytes) -> Module:
    """Return a module from the content of its file, after it was imported once in the sandbox.

    Raises:
        InputError: for a source that is not Python, is too long, does not load or does not end.
    """
    if name.partition(".")[0] in _RUNS_TEXT:
        raise InputError(
            "a module that does not run its arguments as programs",
            name,
            "Choose another: a test of this one could do anything.",
        )
    if b"\0" in data[:4096] or data[:4] == b"\x7fELF":
        raise _native(name, "a binary file")
    try:
        source = data.decode("utf-8-sig").replace("\r\n", "\n")
        ast.parse(source)
    except UnicodeDecodeError as error:
        raise InputError("a module in UTF-8", f"{name}: {error.reason}") from None
    except SyntaxError as error:
        text = (error.text or "").strip()
        raise InputError(
            "a module that Python reads",
            f"{name}, line {error.lineno}: {error.msg}: {text}",
            "Mend this line first.",
        ) from None
    if (count := source.count("\n")) > MOST_LINES:
        raise InputError(
            f"a module of at most {MOST_LINES:,} lines", f"{count:,} lines in {name}", "Split it."
        )
    module = Module(name, source)
    _loads(module)
    if not module.mutants:
        raise InputError("a module with code to test", f"none in {name}", "Name another module.")
    return module


def _loads(module: Module) -> None:
    """Import the module once in the sandbox.

    Raises:
        InputError: if something is absent or the import fails.
    """
    job = {"name": module.name, "source": module.source}
    (probed,) = bench.run("importing.probe", job)
    found = probed["found"]
    if probed["ended"] == "time":
        raise InputError(
            "a module whose import ends within 5 s of the processor",
            f"{module.name}, which does not",
            'Put what it does as a program below `if __name__ == "__main__":`.',
        )
    if probed["ended"] != "done":
        raise InputError("a module that can be imported", f"{module.name}, which ends Python")
    if "missing" in found:
        top = str(found["missing"]).partition(".")[0]
        raise InputError(
            f"the packages that {module.name} imports",
            f"no {found['missing']}",
            f"Write pip install {_NAMED.get(top, top)}; files beside the module are not read.",
        )
    if "raised" in found:
        raise InputError("a module that can be imported", f"{module.name}: {found['raised']}")
