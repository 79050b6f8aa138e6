"""The module under test as it lies in memory: made from its source, and made again for a mutant."""

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
        self._beside: set[str] = set()
        setattr(builtins, mutants.SWITCH, 0)
        self.make()

    def make(self) -> None:
        """Run the module's own statements, and put it where imports find it."""
        install(self.name, self._code, FILE)

    def become(self, number: int) -> None:
        """Be a mutant from now on; in a process that was forked for it."""
        setattr(builtins, mutants.SWITCH, number)
        if number and self.mutants[number].static:
            self.make()


def install(name: str, code: types.CodeType, file: str) -> types.ModuleType:
    """A module of that name from its code, where imports find it."""
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
    """The same from a file, whose lines others may watch by its path."""
    path = folder / f"{name.rpartition('.')[2]}.py"
    path.write_text(source, encoding="utf-8")
    install(name, compile(source, str(path), "exec"), str(path))
    return path
