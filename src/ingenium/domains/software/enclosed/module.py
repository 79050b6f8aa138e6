"""The module under test in memory: executed from its source, and again for a mutant."""

import builtins
import importlib
import importlib.machinery
import sys
import types
from pathlib import Path

from . import mutants

FILE = "module_under_test.py"


class SwitchedModule:
    """A module with all its mutants, compiled once."""

    def __init__(self, name: str, source: str) -> None:
        self.name = name
        tree, found = mutants.switched(source)
        self.mutants = {m.number: m for m in found}
        self._code = compile(tree, FILE, "exec")
        self._alongside: set[str] = set()
        setattr(builtins, mutants.SWITCH, 0)
        self.make()

    def make(self) -> None:
        """Execute the module's statements, and register it for imports."""
        install(self.name, self._code, FILE)

    def become(self, number: int) -> None:
        """Switch to a mutant, in a process that was forked for it."""
        setattr(builtins, mutants.SWITCH, number)
        if number and self.mutants[number].static:
            self.make()


def install(name: str, code: types.CodeType, file: str) -> types.ModuleType:
    """Create a module of that name from its code, and register it for imports."""
    package, _, last = name.rpartition(".")
    module = types.ModuleType(name)
    module.__spec__ = importlib.machinery.ModuleSpec(name, None, origin=file)
    module.__file__ = file
    module.__package__ = package
    if package:
        setattr(importlib.import_module(package), last, module)
    sys.modules[name] = module
    exec(code, module.__dict__)
    return module


def install_file(name: str, source: str, folder: Path) -> Path:
    """Write a module to a file and import it, so that its lines can be traced by path."""
    path = folder / f"{name.rpartition('.')[2]}.py"
    path.write_text(source, encoding="utf-8")
    install(name, compile(source, str(path), "exec"), str(path))
    return path
