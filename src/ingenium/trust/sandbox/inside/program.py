"""The last steps of isolating a process, and the generated program in it."""

import json
import os
import random
import resource
import sys
import traceback
from typing import Any, NoReturn

from . import kernel

VALUE = 3  # handle that the value is written to
FOLDER = "/tmp"
_MB = 1 << 20


def enclose(limits: dict[str, Any], uid: int | None, handles: tuple[int, int, int, int]) -> None:
    """Isolate the process: streams, a folder of its own, no rights, limits, no way out."""
    os.setsid()
    for new, old in enumerate(handles):
        os.dup2(old, new)
    os.closerange(VALUE + 1, resource.getrlimit(resource.RLIMIT_NOFILE)[0])
    kernel.unshare(kernel.NEW_MOUNTS | kernel.NEW_IPC)
    kernel.mount_memory(FOLDER, limits["disk_mb"] * _MB, limits["files"])
    os.chdir(FOLDER)
    kernel.surrender(uid)
    others = 0 if uid is not None else 1  # its parent is of the same user
    for what, most in (
        (resource.RLIMIT_CPU, limits["cpu_s"]),
        (resource.RLIMIT_AS, limits["memory_mb"] * _MB),
        (resource.RLIMIT_FSIZE, limits["disk_mb"] * _MB),
        (resource.RLIMIT_NPROC, limits["processes"] + others),
        (resource.RLIMIT_MSGQUEUE, 0),
        (resource.RLIMIT_MEMLOCK, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        hard = resource.getrlimit(what)[1]  # of a shell or a batch system; root alone can raise it
        own = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(what, (own, own))
    kernel.refuse_calls()


def live(source: str, call: str | None, arguments: list[Any]) -> NoReturn:
    """Run the program, write its value, and end the process.

    An empty line precedes the value: without it, the program never started.
    """
    os.write(VALUE, b"\n")
    random.seed(0)
    code, answer = 0, ""
    try:
        names: dict[str, Any] = {"__name__": "__main__"}
        exec(compile(source, "program.py", "exec"), names)
        answer = json.dumps({"value": names[call](*arguments) if call else None})
    except SystemExit as left:
        code = left.code if isinstance(left.code, int) else int(left.code is not None)
    except BaseException as error:  # noqa: BLE001 - a program may raise anything
        traceback.print_exc()
        code, answer = 1, json.dumps({"raised": f"{type(error).__name__}: {error}"})
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    with open(VALUE, "wb") as out:
        out.write(answer.encode())
    os._exit(code & 0xFF)
