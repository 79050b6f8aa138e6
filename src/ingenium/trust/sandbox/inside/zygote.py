"""A process that has imported what programs need, and forks one of them at a time.

It reads a line of JSON for each program and writes one on how it ended. Each runs as the first
process of its own namespace, so that the kernel ends all of its children with it.
"""

import gc
import json
import os
import select
import signal
import sys
import time
import traceback
from importlib import import_module
from typing import Any

from . import kernel, program

_PIECE = 1 << 16  # bytes


def main() -> None:
    """Run programs until the host closes the pipe."""
    settings = json.loads(sys.argv[1])
    sys.path += settings["paths"]
    for name in settings["imports"]:
        import_module(name)
    gc.freeze()  # children share these pages and don't touch them
    own, nothing = os.pidfd_open(os.getpid()), os.open("/dev/null", os.O_RDONLY)
    unread = b""
    while True:
        while b"\n" not in unread:
            piece = os.read(0, _PIECE)
            if not piece:
                return
            unread += piece
        line, _, unread = unread.partition(b"\n")
        found = _run(json.loads(line), settings, own, nothing)
        _write(json.dumps(found).encode() + b"\n")


def _write(line: bytes) -> None:
    while line:
        line = line[os.write(1, line) :]


def _run(task: dict[str, Any], settings: dict[str, Any], own: int, nothing: int) -> dict[str, Any]:
    """Fork, monitor and reap one program."""
    limits = settings["limits"]
    pipes = [os.pipe() for _ in range(3)]  # its output, its errors, its value
    began = time.monotonic()
    kernel.unshare(kernel.NEW_PID)
    pid = os.fork()
    if pid == 0:
        try:
            ends = (nothing, pipes[0][1], pipes[1][1], pipes[2][1])
            program.enclose(limits, settings["uid"], ends)
            program.live(task["source"], task["call"], task["arguments"])
        finally:
            traceback.print_exc()
            sys.stderr.flush()
            os._exit(1)
    kernel.rejoin(own, kernel.NEW_PID)
    for _, write in pipes:
        os.close(write)
    heard: dict[int, bytearray] = {read: bytearray() for read, _ in pipes}
    why = _watch(pid, heard, began + limits["wall_s"], limits["output_kb"] << 10)
    _, status, used = os.wait4(pid, 0)
    for read in heard:
        os.close(read)
    out, err, value = (bytes(x).decode(errors="replace") for x in heard.values())
    cpu_s = used.ru_utime + used.ru_stime
    code = os.waitstatus_to_exitcode(status)
    # Its own signals do not kill the first process of a namespace: SIGKILL is the limit of time.
    if why is None and code == -signal.SIGKILL and cpu_s > 0.8 * limits["cpu_s"]:
        why = "cpu_time"
    return {
        "stopped": why,
        "code": code,
        "stdout": out,
        "stderr": err,
        "value": value,
        "cpu_s": cpu_s,
        "wall_s": time.monotonic() - began,
    }


def _watch(pid: int, heard: dict[int, bytearray], deadline: float, most: int) -> str | None:
    """Read its output until it ends; return why it was stopped, if so."""
    process = os.pidfd_open(pid)
    waiting = select.poll()
    for handle in (process, 0, *heard):
        waiting.register(handle, select.POLLIN if handle else 0)  # of the host: hanging up
    for handle in heard:
        os.set_blocking(handle, False)
    why = None
    while why is None:
        ready = [h for h, _ in waiting.poll(max(0.0, 1000 * (deadline - time.monotonic())))]
        if process in ready:
            break
        if not ready:
            why = "wall_time"
        elif 0 in ready:
            why = "host_gone"
        for handle in ready:
            if handle in heard and not _take(handle, heard[handle], most):
                waiting.unregister(handle)
        if any(len(x) > most for x in heard.values()):
            why = "output"
    if why is not None:
        os.kill(pid, signal.SIGKILL)
    select.select([process], [], [])  # all that it started has ended too
    os.close(process)
    for handle, said in heard.items():
        while len(said) <= most and _take(handle, said, most):
            pass
        del said[most:]
    return why


def _take(handle: int, said: bytearray, most: int) -> bool:
    """Read available output; return whether there may be more."""
    try:
        piece = os.read(handle, min(_PIECE, most + 1))
    except BlockingIOError:
        return False
    said += piece
    return bool(piece)
