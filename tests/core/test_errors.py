import errno
import pickle

import pytest

from ingenium.core.errors import (
    CorruptError,
    EngineError,
    FolderInUseError,
    IngeniumError,
    InputError,
    MissingEnvironment,
    MissingExtra,
    MissingProgram,
    SpecError,
    StorageError,
)

FAMILY = [
    (InputError("a positive number", -3, "Write 3."), ValueError, 2),
    (SpecError("a known quantity", "voltage_kv"), InputError, 2),
    (FolderInUseError("a free folder", "out"), InputError, 2),
    (MissingExtra("grid", "pandapower"), ImportError, 3),
    (EngineError("no answer"), RuntimeError, 3),
    (MissingProgram("bwrap", "programs run in it"), EngineError, 3),
    (MissingEnvironment("beams", "structures", "9 MB"), EngineError, 3),
    (StorageError(errno.ENOSPC, "the disk is full", "out/x"), OSError, 3),
    (CorruptError("ledger.sqlite", "is damaged", "Restore it."), IngeniumError, 3),
]


@pytest.mark.parametrize(("error", "builtin", "code"), FAMILY)
def test_each_is_also_the_builtin_and_knows_its_exit_code(error, builtin, code):
    assert isinstance(error, IngeniumError)
    assert isinstance(error, builtin)
    assert error.exit_code == code


@pytest.mark.parametrize("error", [error for error, _, _ in FAMILY])
def test_survives_the_way_between_processes(error):
    back = pickle.loads(pickle.dumps(error))
    assert type(back) is type(error)
    assert str(back) == str(error)


def test_messages():
    texts = [str(error) for error, _, _ in FAMILY]
    assert texts == [
        "expected a positive number, got -3. Write 3.",
        "expected a known quantity, got voltage_kv.",
        "expected a free folder, got out.",
        'pandapower is not installed; write: pip install "ingenium[grid]"',
        "no answer",
        "bwrap is not on the path (programs run in it); write: apt install bubblewrap",
        "the isolated environment beams (9 MB) is not installed; "
        "write: ingenium doctor --install structures",
        "cannot write out/x: the disk is full",
        "ledger.sqlite is damaged. Restore it.",
    ]


def test_storage_error_keeps_number_and_path():
    error = StorageError(errno.ENOSPC, "full", "out/x")
    assert (error.errno, error.strerror, error.filename) == (errno.ENOSPC, "full", "out/x")
