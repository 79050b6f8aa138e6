"""Calls of the Linux kernel that Python lacks: namespaces, mounts, rights, filters.

Source: man-pages unshare(2), setns(2), mount(2), capset(2), seccomp(2); linux/filter.h.
"""

import ctypes
import os
import struct

NEW_PID, NEW_MOUNTS, NEW_IPC = 0x20000000, 0x00020000, 0x08000000
_ANY_NEW = 0x7E020000  # all namespaces that clone can make
_NO_SUID, _NO_DEVICES = 2, 4  # of mounts
_NO_NEW_PRIVILEGES, _SET_SECCOMP, _FILTER = 38, 22, 2  # of prctl
_CAPABILITIES = 0x20080522  # version 3
_ALLOW, _REFUSE, _ABSENT, _KILL = 0x7FFF0000, 0x00050001, 0x00050026, 0x80000000
_LOAD, _EQUAL, _AT_LEAST, _ANY, _GIVE = 0x20, 0x15, 0x35, 0x45, 0x06  # of the filter's machine
_NUMBER, _MACHINE, _FLAGS = 0, 4, 16  # places in seccomp_data; lower half of the first argument

# Memory that no rlimit counts, other processes, ways to the kernel, and sockets. For each call
# its number on x86-64 and on 64-bit ARM.
_REFUSED = {
    "socket": (41, 198),
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "shmget": (29, 194),
    "msgget": (68, 186),
    "semget": (64, 190),
    "memfd_create": (319, 279),
    "memfd_secret": (447, 447),
    "io_uring_setup": (425, 425),
    "userfaultfd": (323, 282),
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "add_key": (248, 217),
    "request_key": (249, 218),
    "keyctl": (250, 219),
    "unshare": (272, 97),
    "setns": (308, 268),
    "mount": (165, 40),
    "umount2": (166, 39),
    "pivot_root": (155, 41),
    "open_by_handle_at": (304, 265),
}
_CLONE, _CLONE3 = (56, 220), (435, 435)
_FOREIGN = 0x40000000  # numbers from here on are those of x32
_MACHINES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}

_libc = ctypes.CDLL(None, use_errno=True)


def unshare(what: int) -> None:
    """Leave namespaces; for process numbers, only children do."""
    _checked(_libc.unshare(ctypes.c_int(what)))


def rejoin(process: int, what: int) -> None:
    """Enter the namespace of a process, named by its open handle."""
    _checked(_libc.setns(ctypes.c_int(process), ctypes.c_int(what)))


def mount_memory(place: str, size_bytes: int, files: int) -> None:
    """Mount an empty folder in memory, which any user may write to."""
    options = f"size={size_bytes},nr_inodes={files},mode=1777".encode()
    flags = ctypes.c_ulong(_NO_SUID | _NO_DEVICES)
    _checked(_libc.mount(b"tmpfs", place.encode(), b"tmpfs", flags, options))


def surrender(uid: int | None) -> None:
    """Become a user without any right, permanently."""
    if uid is not None:
        os.setgroups([])
        os.setresgid(uid, uid, uid)
        os.setresuid(uid, uid, uid)
    header = struct.pack("Ii", _CAPABILITIES, 0)
    _checked(_libc.capset(header, struct.pack("6I", *[0] * 6)))
    _prctl(_NO_NEW_PRIVILEGES, 1)


def refuse_calls() -> None:
    """Make the kernel refuse unneeded calls, for this process and its children.

    Raises:
        OSError: on a processor whose numbers of calls are not known here.
    """
    code = _filter(os.uname().machine)
    retained = ctypes.create_string_buffer(code)
    program = struct.pack("HxxxxxxP", len(code) // 8, ctypes.addressof(retained))
    _prctl(_SET_SECCOMP, _FILTER, ctypes.c_char_p(program))


def _filter(machine: str) -> bytes:
    if machine not in _MACHINES:
        raise OSError(f"the sandbox knows no filter for {machine}, only {', '.join(_MACHINES)}")
    column, number = _MACHINES[machine]
    give = [(_GIVE, 0, 0, code) for code in (_ALLOW, _REFUSE, _ABSENT, _KILL)]
    head = [(_LOAD, 0, 0, _MACHINE), (_EQUAL, 1, 0, number), give[3]]
    head += [(_LOAD, 0, 0, _NUMBER), (_AT_LEAST, 0, 1, _FOREIGN), give[3]]
    for call in _REFUSED.values():
        head += [(_EQUAL, 0, 1, call[column]), give[1]]
    head += [(_EQUAL, 0, 1, _CLONE3[column]), give[2]]  # the C library then takes clone
    head += [(_EQUAL, 0, 3, _CLONE[column]), (_LOAD, 0, 0, _FLAGS), (_ANY, 0, 1, _ANY_NEW)]
    head += [give[1], give[0]]
    return b"".join(struct.pack("HBBI", *step) for step in head)


def _prctl(what: int, first: int, second: object = None) -> None:
    zero = ctypes.c_ulong(0)
    _checked(
        _libc.prctl(what, ctypes.c_ulong(first), zero if second is None else second, zero, zero)
    )


def _checked(result: int) -> None:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
