"""C code compiled for a Cortex-M and run on QEMU's board, where every instruction is counted.

With `-icount` the clock of the board advances by a fixed time for each instruction, so that its
timer counts them: the same number each time, whatever the load of the machine. Source: Arm AN500
(the board), CMSDK (its timer), Arm IHI 0100 (semihosting); QEMU 10, docs/devel/tcg-icount.rst.
"""

import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ingenium.core.errors import EngineError
from ingenium.edge import c_source
from ingenium.edge.c_export import CText, answer, array, written
from ingenium.edge.integer import IntegerGraph

COMPILER, EMULATOR = "arm-none-eabi-gcc", "qemu-system-arm"
PACKAGES = {COMPILER: "gcc-arm-none-eabi", EMULATOR: "qemu-system-arm"}
FLAGS = "-std=gnu99 -O3 -mthumb -ffreestanding -fno-tree-loop-distribute-patterns -nostdlib -Wall"
SHIFT = 6  # an instruction takes 2 ** 6 ns of the board's time
TICK_NS = 40  # of its timer, at 25 MHz
LAYOUT = """
MEMORY { code (rx) : ORIGIN = 0, LENGTH = 4M
         ram (rw) : ORIGIN = 0x20000000, LENGTH = 4M
         wide (rw) : ORIGIN = 0x60000000, LENGTH = 16M }
SECTIONS {
  .text : { KEEP(*(.vectors)) *(.text*) *(.ARM.ex*) } > code
  .rodata : { *(.rodata*) } > wide
  .data : { *(.data*) } > ram
  .bss : { *(.bss*) *(COMMON) } > ram
}
"""
START = CText("""
#include <stdint.h>
#include <stddef.h>
#include "@name@.h"

#define TIMER ((volatile uint32_t *)0x40000000)
void *memcpy(void *to, const void *from, size_t n) {
    char *a = to; const char *b = from;
    while (n--) *a++ = *b++;
    return to;
}
static int call(int what, const void *with) {
    register int r0 __asm__("r0") = what;
    register const void *r1 __asm__("r1") = with;
    __asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
    return r0;
}
@given@
int main(void) {
    static const char path[] = "@name@.out";
    const uintptr_t opening[3] = {(uintptr_t)path, 5, sizeof path - 1};
    int file = call(1, opening);
    TIMER[2] = 0xffffffffu; TIMER[1] = 0xffffffffu; TIMER[0] = 1;
    static uint32_t spent[@graphs@];
    for (int t = 0; t < @calls@; t++) {
        uint32_t before, after;
@body@
    }
    const uintptr_t counts[3] = {(uintptr_t)file, (uintptr_t)spent, sizeof spent};
    call(5, counts);
    const uintptr_t closing[1] = {(uintptr_t)file};
    call(2, closing);
    const uintptr_t over[2] = {0x20026, 0};
    call(0x20, over);
    for (;;) {}
}
__attribute__((section(".vectors"), used)) static void *const vectors[2] = {
    (void *)0x20400000, (void *)main
};
""")


def missing() -> str:
    """The line that installs missing programs; empty if there are none."""
    absent = [package for program, package in PACKAGES.items() if shutil.which(program) is None]
    return f"apt-get install {' '.join(absent)}" if absent else ""


def require() -> None:
    """Refuse to continue without compiler and board.

    Raises:
        EngineError: with the line that installs them.
    """
    line = missing()
    if line:
        raise EngineError(
            f"the compiler and the board of a Cortex-M are not installed; write `{line}`"
        )


@dataclass(frozen=True)
class BoardRun:
    """Results of some calls on a board: outputs, instructions, and the size of the program."""

    outputs: dict[str, np.ndarray]  # of each output, a row a call
    instructions: int  # of all calls
    flash_bytes: int  # code, weights and constants
    ram_bytes: int  # signals between calls, and memory


def run(
    graph: IntegerGraph,
    given: Sequence[dict[str, np.ndarray]],
    core: str = "cortex-m7",
    fusions: Sequence[str] = (),
) -> BoardRun:
    """Run calls in sequence; the memory of each passes to the next.

    Raises:
        EngineError: where compiler or board are missing, or fail.
    """
    require()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        sources = {
            "model.h": c_source.header([graph]),
            "model.c": c_source.source([graph], "model", fusions),
            "main.c": _main(graph, given),
            "layout.ld": LAYOUT,
        }
        written(sources, folder)
        flags = [*FLAGS.split(), f"-mcpu={core}"]
        answer([COMPILER, *flags, "-c", "model.c", "-o", "model.o"], folder)
        linked = ["main.c", "model.o", "-T", "layout.ld", "-lgcc", "-Wl,--no-warn-rwx-segments"]
        answer([COMPILER, *flags, *linked, "-o", "model.elf"], folder)
        board = ["-M", "mps2-an500", "-nographic", "-icount", f"shift={SHIFT}"]
        hosted = ["-semihosting-config", "enable=on,target=native", "-kernel", "model.elf"]
        answer([EMULATOR, *board, "-monitor", "none", "-serial", "none", *hosted], folder)
        raw = (folder / "model.out").read_bytes()
        flash, ram = _sizes(folder)
    return BoardRun(*_read(graph, raw, len(given)), flash, ram)


def _main(graph: IntegerGraph, given: Sequence[dict[str, np.ndarray]]) -> str:
    held, body = [], []
    arguments = []
    for name in graph.inputs:
        back = name in graph.ties.values()
        if name in graph.indices:
            rows = [int(np.ravel(g[name])[0]) for g in given]
            held.append(array("int32_t", f"in_{name}", rows))
            arguments.append(f"in_{name}[t]")
        elif back:
            held.append(f"static int16_t in_{name}[{graph.widths[name]}];")
            arguments.append(f"in_{name}")
        else:
            flat = np.concatenate([np.ravel(g[name]) for g in given]).astype(int).tolist()
            held.append(array("int16_t", f"in_{name}", flat))
            arguments.append(f"in_{name} + t * {graph.widths[name]}")
    for name in graph.outputs:
        held.append(f"static int16_t out_{name}[{graph.widths[name]}];")
        arguments.append(f"out_{name}")
    body.append(f"before = TIMER[1]; {graph.name}({', '.join(arguments)}); after = TIMER[1];")
    body.append("spent[0] += before - after;")
    for name in graph.outputs:
        body.append(
            f"{{ const uintptr_t w[3] = {{(uintptr_t)file, (uintptr_t)out_{name}, "
            f"sizeof out_{name}}}; call(5, w); }}"
        )
        if name in graph.ties:
            n = graph.widths[name]
            body.append(f"memcpy(in_{graph.ties[name]}, out_{name}, {2 * n});")
    lines = "\n".join(f"        {line}" for line in body)
    given_c = "\n".join(held)
    return START.filled(
        {"name": "model", "given": given_c, "graphs": 1, "calls": len(given), "body": lines}
    )


def _read(graph: IntegerGraph, raw: bytes, calls: int) -> tuple[dict[str, np.ndarray], int]:
    widths = [graph.widths[n] for n in graph.outputs]
    size = 2 * sum(widths) * calls
    if len(raw) != size + 4:
        raise EngineError(f"the board wrote {len(raw)} bytes of {size + 4}: it has no answer")
    rows = np.frombuffer(raw[:size], "<i2").reshape(calls, sum(widths))
    ends = np.cumsum([0, *widths])
    found = {n: rows[:, ends[i] : ends[i + 1]] for i, n in enumerate(graph.outputs)}
    ticks = int(np.frombuffer(raw[size:], "<u4")[0])
    return found, round(ticks * TICK_NS / 2**SHIFT)


def _sizes(folder: Path) -> tuple[int, int]:
    """Sizes of the object of the model: bytes in flash, and bytes of RAM."""
    reported = answer(["arm-none-eabi-size", "model.o"], folder).splitlines()[1].split()
    return int(reported[0]) + int(reported[1]), int(reported[1]) + int(reported[2])
