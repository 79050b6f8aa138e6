"""Generated programs that try to escape, or to do harm, and the result."""

import os
import shutil
import signal
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ingenium.core.errors import EngineError, InputError, MissingProgram
from ingenium.trust.sandbox.sandbox import (
    ControlProgram,
    GeneratedProgram,
    ProgramEnd,
    Sandbox,
    SandboxLimits,
)

pytestmark = pytest.mark.skipif(shutil.which("bwrap") is None, reason="no bubblewrap here")
CONTROL = ControlProgram(
    canonical=GeneratedProgram("def double(x):\n    return 2 * x", "double", (21,)),
    null=GeneratedProgram("def double(x):\n    return None", "double", (21,)),
    passes=lambda end: end.returned and end.value == 42,
)
OWN = os.getpid() / 1e9  # in limits, and so in the command of each process of our sandboxes
LIMITS = SandboxLimits(cpu_s=1, wall_s=9 + OWN, memory_mb=256, disk_mb=4, output_kb=16)
MANY = SandboxLimits(cpu_s=1, wall_s=1 + OWN, processes=4)


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(LIMITS, processes=1) as made:
        yield made


@pytest.fixture(scope="module")
def crowd() -> Iterator[Sandbox]:
    """A sandbox whose programs may have four processes."""
    with Sandbox(MANY, processes=1) as made:
        yield made


def ended(sandbox: Sandbox, source: str, call: str | None = None) -> ProgramEnd:
    (end,) = sandbox.run([GeneratedProgram(source, call)], CONTROL)
    return end


def value(sandbox: Sandbox, body: str) -> Any:
    """Value of a function with this body."""
    lines = "\n".join(f"    {line}" for line in body.splitlines())
    end = ended(sandbox, f"import ctypes, os, socket\ndef f():\n{lines}", "f")
    assert end.returned, end
    return end.value


def alive(limits: SandboxLimits) -> set[int]:
    """Processes of sandboxes with these limits on this machine."""
    found, mark = set(), repr(limits.wall_s).encode()
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            found |= {int(path.parent.name)} if mark in path.read_bytes() else set()
        except OSError:
            continue
    return found


def test_values_prints_and_exceptions_come_back(sandbox: Sandbox) -> None:
    ends = sandbox.run(
        [
            GeneratedProgram(
                "def f(x, y):\n    print('hello')\n    return [x, y]", "f", (1.5, "a")
            ),
            GeneratedProgram("import sys\nprint('no', file=sys.stderr)\nsys.exit(3)"),
            GeneratedProgram("1 / 0"),
            GeneratedProgram("def f(:"),
            GeneratedProgram("import ctypes\nctypes.string_at(0)"),
            GeneratedProgram("def f():\n    return {1, 2}", "f"),
        ],
        CONTROL,
    )
    assert [e.ended for e in ends] == ["returned", "exited", *["crashed"] * 4]
    assert (ends[0].value, ends[0].stdout) == ([1.5, "a"], "hello\n")
    assert (ends[1].code, ends[1].stderr) == (3, "no\n")
    assert ends[2].raised == "ZeroDivisionError: division by zero"
    assert "SyntaxError" in str(ends[3].raised)
    assert ends[4].code == -signal.SIGSEGV
    assert "not JSON serializable" in str(ends[5].raised)


@pytest.mark.parametrize(
    ("source", "how"),
    [
        ("while True: pass", "cpu_time"),
        ("while True: print('x' * 999)", "output"),
        ("import os\nwhile True: os.write(2, b'x' * 999)", "output"),
        ("import os\nwhile True: os.write(3, b'x' * 999)", "output"),
        ("x = bytearray(100 << 30)", "crashed"),
        ("x = []\nwhile True: x.append(bytes(1 << 24))", "crashed"),
        ("import mmap\nmmap.mmap(-1, 100 << 30)", "crashed"),
        ("def f(): f()\nf()", "crashed"),
        ("open('big', 'wb').truncate(100 << 30)", "crashed"),
        ("f = open('big', 'wb')\nwhile True: f.write(bytes(1 << 20))", "crashed"),
        ("i = 0\nwhile True:\n  open(f'{i}', 'wb').write(bytes(1 << 20))\n  i += 1", "crashed"),
        ("i = 0\nwhile True:\n  open(f'{i}', 'wb')\n  i += 1", "crashed"),
        ("import os\nwhile True: os.fork()", "crashed"),
        ("import threading\nthreading.Thread(target=print).start()", "crashed"),
        ("import os\nos._exit(70)", "exited"),
        ("import os\nos.write(3, b'[' * 9999)\nos._exit(0)", "exited"),
    ],
)
def test_what_takes_too_much_is_ended(sandbox: Sandbox, source: str, how: str) -> None:
    end = ended(sandbox, source)
    assert end.ended == how, end
    assert max(len(end.stdout), len(end.stderr)) <= 16 << 10


def test_a_program_that_hears_no_signal_is_ended_too(sandbox: Sandbox) -> None:
    deaf = "import signal\nfor s in range(1, 65):\n  try: signal.signal(s, signal.SIG_IGN)\n"
    end = ended(sandbox, deaf + "  except OSError: pass\nwhile True: pass")
    assert end.ended == "cpu_time"


def test_a_program_that_waits_is_ended_by_the_clock(crowd: Sandbox) -> None:
    end = ended(crowd, "import time\ntime.sleep(1000)")
    assert end.ended == "wall_time"
    assert 1 <= end.wall_s < 3


def test_a_bomb_of_forks_leaves_nothing(crowd: Sandbox) -> None:
    ended(crowd, "pass")
    before = alive(MANY)
    assert before
    bomb = "import os\nwhile True:\n  try: os.fork()\n  except OSError: pass"
    assert ended(crowd, bomb).ended in ("cpu_time", "wall_time")
    assert alive(MANY) == before


def test_as_many_processes_as_allowed(crowd: Sandbox) -> None:
    body = "n = 0\nwhile True:\n  try: pid = os.fork()\n  except OSError: return n\n"
    assert value(crowd, body + "  if not pid: import time; time.sleep(9)\n  n += 1") == 3


def test_a_daemon_ends_with_its_program(crowd: Sandbox) -> None:
    ended(crowd, "pass")
    before = alive(MANY)
    daemon = "import os, time\nif not os.fork():\n  os.setsid()\n  if not os.fork():\n"
    assert ended(crowd, daemon + "    time.sleep(1000)\n  os._exit(0)").returned
    assert alive(MANY) == before


def test_no_other_process_can_be_reached(sandbox: Sandbox) -> None:
    ended(sandbox, "pass")
    before = alive(LIMITS)
    body = "for pid in (-1, 0, os.getppid(), *range(2, 70000)):\n  try: os.kill(pid, 9)\n"
    assert value(sandbox, body + "  except OSError: pass\nreturn [os.getpid(), os.getppid()]") == [
        1,
        0,
    ]
    assert alive(LIMITS) == before
    assert sandbox._workers[0].starts == 1


def test_nothing_of_the_host_is_seen(sandbox: Sandbox, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("a secret")
    for path in (
        secret,
        Path(__file__),
        Path("/proc/1/environ"),
        Path("/sys"),
        Path("/etc/passwd"),
    ):
        assert path.exists()
        assert value(sandbox, f"return os.path.exists({str(path)!r})") is False
    body = f"os.symlink({str(secret)!r}, 'link')\ntry: return open('link').read()\n"
    assert value(sandbox, body + "except OSError as e: return type(e).__name__") == (
        "FileNotFoundError"
    )
    ways = ["/tmp/../../..", "/root", str(Path.home()), "/home"]
    body = f"return sum([f for w in {ways} for _, _, f in os.walk(w + '/secret')], [])"
    assert value(sandbox, body) == []


def test_nothing_but_its_own_folder_can_be_written(sandbox: Sandbox) -> None:
    body = (
        "found = []\nfor place, inner, _ in os.walk('/'):\n"
        "  if place in ('/usr', '/room/python'): inner.clear()\n"
        "  try: open(place + '/mark', 'w').close()\n  except OSError: continue\n"
        "  found.append(place)\nreturn found"
    )
    assert value(sandbox, body) == ["/tmp"]
    body = "os.symlink('/usr/bin', 'way')\ntry: open('way/mark', 'w')\n"
    assert value(sandbox, body + "except OSError as e: return e.strerror") in (
        "Read-only file system",
        "Permission denied",
    )
    assert value(sandbox, "return os.listdir('/tmp')") == []  # what the one before wrote


def test_only_its_own_streams_are_open(sandbox: Sandbox) -> None:
    body = "found = []\nfor h in range(1024):\n  try: os.fstat(h)\n  except OSError: continue\n"
    assert value(sandbox, body + "  found.append(h)\nreturn found") == [0, 1, 2, 3]


def test_no_network(sandbox: Sandbox) -> None:
    hidden = socket.socket(socket.AF_UNIX)
    hidden.bind("\0ingenium-test-door")
    hidden.listen()
    body = "try: socket.socket(socket.{}).connect({!r})\nexcept OSError as e: return e.strerror"
    with hidden:
        for family, place in (("AF_UNIX", "\0ingenium-test-door"), ("AF_INET", ("127.0.0.1", 22))):
            assert value(sandbox, body.format(family, place)) == "Operation not permitted"
        zygote = max(alive(LIMITS))  # and were there sockets, they were of another network
        for kind in ("net", "pid", "ipc", "mnt", "uts"):
            own, other = (Path(f"/proc/{p}/ns/{kind}").readlink() for p in ("self", zygote))
            assert own != other


def test_no_rights_and_none_to_gain(sandbox: Sandbox) -> None:
    for call in ("os.setuid(0)", "os.chroot('/usr')", "os.mknod('x', 0o60600, 2048)"):
        body = f"try: {call}\nexcept OSError as e: return e.strerror"
        assert value(sandbox, body) == "Operation not permitted"
    body = "import ctypes\nlibc = ctypes.CDLL(None, use_errno=True)\n"
    for call in (
        "unshare(0x10000000)",  # a space of users, with rights in it
        "syscall(56, 0x10000011, 0, 0, 0, 0)" if os.uname().machine == "x86_64" else "unshare(2)",
        "mount(b'proc', b'/tmp', b'proc', 0, 0)",
        "shmget(0, ctypes.c_size_t(1 << 30), 0o1600)",  # memory that no limit counts
        "memfd_create(b'x', 0)",
        "ptrace(0, 0, 0, 0)",
    ):
        assert value(sandbox, body + f"return [libc.{call}, ctypes.get_errno()]") == [-1, 1]
    assert value(sandbox, "return os.getuid()") != 0


def test_chance_is_the_same_in_each_process() -> None:
    with Sandbox(LIMITS, processes=2) as both:
        draw = GeneratedProgram("import random\ndef f(): return [random.random(), hash('a')]", "f")
        values = {str(e.value) for e in both.run([draw] * 8, CONTROL)}
    assert len(values) == 1


def test_packages_that_are_named_can_be_imported(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    (tmp_path / "known.py").write_text("ANSWER = 42")
    with Sandbox(LIMITS, imports=["known"], paths=[tmp_path], processes=1) as sandbox:
        assert value(sandbox, "import known\nreturn known.ANSWER") == 42


@pytest.mark.parametrize("which", ["canonical", "null"])
def test_a_control_that_does_not_hold_refuses_the_run(sandbox: Sandbox, which: str) -> None:
    swapped = {"canonical": CONTROL.null} if which == "canonical" else {"null": CONTROL.canonical}
    parts = {"canonical": CONTROL.canonical, "null": CONTROL.null, "passes": CONTROL.passes}
    with pytest.raises(EngineError, match=f"the {which} program"):
        sandbox.run([CONTROL.canonical], ControlProgram(**{**parts, **swapped}))


def test_a_zygote_that_was_killed_starts_again() -> None:
    with Sandbox(LIMITS, processes=1) as sandbox:
        assert ended(sandbox, "pass").returned
        (worker,) = sandbox._workers
        assert worker._process is not None
        os.killpg(worker._process.pid, signal.SIGKILL)
        assert ended(sandbox, "pass").returned
        assert worker.starts == 2


def test_without_bubblewrap_there_is_no_weaker_sandbox(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(MissingProgram, match="apt install bubblewrap"):
        Sandbox()


def test_a_cage_that_cannot_be_closed_refuses_the_run() -> None:
    vast = SandboxLimits(memory_mb=1 << 60)  # more than a kernel can count
    with Sandbox(vast, processes=1) as sandbox, pytest.raises(EngineError, match="OverflowError"):
        ended(sandbox, "pass")


def test_a_wall_that_cannot_be_built_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: "/bin/false")
    with Sandbox(processes=1) as sandbox, pytest.raises(EngineError, match="exit code 1"):
        ended(sandbox, "pass")


def test_limits_of_nothing_are_refused() -> None:
    with pytest.raises(InputError, match="above 0"):
        SandboxLimits(memory_mb=0)
