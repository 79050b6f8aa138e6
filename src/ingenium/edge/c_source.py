"""The graph as integer C99: a file of weights and steps, and its header.

Two products in one instruction are used where the processor has them (`__ARM_FEATURE_SIMD32`); the
plain loop gives the same numbers. Source: Lai, Suda and Chandra, 2018, arXiv:1801.06601 (CMSIS-NN:
pairs of 16-bit numbers).
"""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from ingenium.edge.c_export import array
from ingenium.edge.integer import (
    ENTRIES,
    MOST,
    SPARE,
    ByteCode,
    Dense,
    IntegerGraph,
    Joined,
    Lookup,
    Norm,
    Operator,
    Product,
    Rows,
    Slice,
    Sum,
    read,
)

Each = Sum | Product | Lookup  # elementwise operators
EACH: Mapping[str, type[Sum] | type[Product] | type[Lookup]] = {
    "sum": Sum,
    "product": Product,
    "function": Lookup,
}
FIXED = f"""
static inline int32_t held(int32_t x) {{ return x > {MOST} ? {MOST} : x < -{MOST} ? -{MOST} : x; }}
static inline int32_t down(int32_t x, int s) {{
    return s > 0 ? (x + (1 << (s - 1))) >> s : x * (1 << -s);
}}
static inline int64_t down64(int64_t x, int s) {{
    return s > 0 ? (x + ((int64_t)1 << (s - 1))) >> s : x * ((int64_t)1 << -s);
}}

/* Codes lie in fours as 0 2 1 3, so that pairs of weights meet them after one instruction. */
static void code(int16_t *y, const int16_t *x, int n, int32_t factor, int shift, int zero) {{
    static const uint8_t place[4] = {{0, 2, 1, 3}};
    for (int i = 0; i < n; i++) {{
        int32_t v = (int32_t)down64((int64_t)x[i] * factor, shift) + zero;
        y[(i & ~3) + place[i & 3]] = (int16_t)(v > 127 ? 127 : v < -128 ? -128 : v);
    }}
}}

/* From 33 on the lower word has no say: neither in the sum with a half nor in the shift. */
static inline int16_t scaled(int32_t sum, int32_t factor, int shift) {{
    int64_t whole = (int64_t)sum * factor;
    if (shift >= 33) {{
        int32_t u = ((int32_t)(whole >> 32) + (1 << (shift - 33))) >> (shift - 32);
        return (int16_t)held(u);
    }}
    int64_t v = down64(whole, shift);
    return (int16_t)(v > {MOST} ? {MOST} : v < -{MOST} ? -{MOST} : v);
}}

#if defined(__ARM_FEATURE_SIMD32)
#include <arm_acle.h>
typedef int32_t __attribute__((may_alias)) word;
#define PAIRS(x) word x02 = ((const word *)(x))[0], x13 = ((const word *)(x))[1]
#define FOUR(sum, w) {{ \\
    int32_t v = *(const word *)(w), odd; \\
    __asm__("sxtb16 %0, %1, ror #8" : "=r"(odd) : "r"(v)); \\
    sum = __smlad(odd, x13, __smlad(__sxtb16((uint32_t)v), x02, sum)); }}
#else
#define PAIRS(x) const int16_t *at = (x)
#define FOUR(sum, w) {{ \\
    const int8_t *v = (w); \\
    sum += v[0] * at[0] + v[2] * at[1] + v[1] * at[2] + v[3] * at[3]; }}
#endif

/* `n` inputs in eights, `rows` outputs; weights that fill up an eight are zero. */
static void dense(int16_t *y, const int16_t *x, int n, int rows, const int8_t *w,
                  const int32_t *bias, const int32_t *factor, const uint8_t *shift) {{
    int r = 0;
    for (; r + 4 <= rows; r += 4) {{
        const int8_t *a = w + (size_t)r * n, *b = a + n, *c = b + n, *d = c + n;
        int32_t p = bias[r], q = bias[r + 1], s = bias[r + 2], t = bias[r + 3];
        for (const int16_t *z = x; z < x + n; z += 8, a += 8, b += 8, c += 8, d += 8) {{
            {{ PAIRS(z); FOUR(p, a) FOUR(q, b) FOUR(s, c) FOUR(t, d) }}
            {{ PAIRS(z + 4); FOUR(p, a + 4) FOUR(q, b + 4) FOUR(s, c + 4) FOUR(t, d + 4) }}
        }}
        y[r] = scaled(p, factor[r], shift[r]);
        y[r + 1] = scaled(q, factor[r + 1], shift[r + 1]);
        y[r + 2] = scaled(s, factor[r + 2], shift[r + 2]);
        y[r + 3] = scaled(t, factor[r + 3], shift[r + 3]);
    }}
    for (; r < rows; r++) {{
        const int8_t *a = w + (size_t)r * n;
        int32_t p = bias[r];
        for (int i = 0; i < n; i += 4) {{ PAIRS(x + i); FOUR(p, a + i) }}
        y[r] = scaled(p, factor[r], shift[r]);
    }}
}}

/* Eight weights in a word, 0 to 15 around 8: of pair k, one in nibble k and one in nibble k + 4. */
static void dense4(int16_t *y, const int16_t *x, int n, int rows, const uint32_t *w,
                   const int32_t *bias, const int32_t *factor, const uint8_t *shift) {{
    int32_t sum = 0;
    for (int i = 0; i < n; i++) sum += x[i];
    for (int r = 0; r < rows; r++) {{
        int32_t p = bias[r] - 8 * sum;
        for (const int16_t *z = x; z < x + n; z += 8) {{
            uint32_t v = *w++;
#if defined(__ARM_FEATURE_SIMD32)
            const word *pair = (const word *)z;
            p = __smlad(v & 0x000f000f, pair[0], p);
            p = __smlad(v >> 4 & 0x000f000f, pair[1], p);
            p = __smlad(v >> 8 & 0x000f000f, pair[2], p);
            p = __smlad(v >> 12 & 0x000f000f, pair[3], p);
#else
            for (int k = 0; k < 4; k++)
                p += (int32_t)(v >> 4 * k & 15) * z[2 * k]
                   + (int32_t)(v >> (4 * k + 16) & 15) * z[2 * k + 1];
#endif
        }}
        y[r] = scaled(p, factor[r], shift[r]);
    }}
}}

static uint32_t root(uint64_t v) {{
    uint64_t found = 0, bit = (uint64_t)1 << 62;
    while (bit > v) bit >>= 2;
    for (; bit; bit >>= 2) {{
        if (v >= found + bit) {{ v -= found + bit; found = (found >> 1) + bit; }}
        else found >>= 1;
    }}
    return (uint32_t)found;
}}

static void norm(int16_t *y, const int16_t *x, int n, int shift, int64_t factor) {{
    int32_t sum = 0;
    uint64_t total = 0;
    for (int i = 0; i < n; i++) sum += x[i];
    for (int i = 0; i < n; i++) {{
        int64_t off = down(n * x[i] - sum, shift);
        total += (uint64_t)(off * off);
    }}
    uint32_t r = root(total << {SPARE});
    int64_t inverse = factor / (r ? r : 1);
    for (int i = 0; i < n; i++) {{
        int64_t v = down64(down(n * x[i] - sum, shift) * inverse, 20);
        y[i] = (int16_t)(v > {MOST} ? {MOST} : v < -{MOST} ? -{MOST} : v);
    }}
}}

static inline int16_t entry(int32_t x, int shift, const int16_t *table) {{
    int32_t v = down(x, shift) + {ENTRIES // 2};
    return table[v < 0 ? 0 : v > {ENTRIES - 1} ? {ENTRIES - 1} : v];
}}

static void lookup(int16_t *y, const int16_t *x, int n, int shift, const int16_t *table) {{
    for (int i = 0; i < n; i++) y[i] = entry(x[i], shift, table);
}}
"""


def header(graphs: Sequence[IntegerGraph]) -> str:
    """Write the header: the calls, and the places of inputs and outputs."""
    lines = ["/* Written by ingenium. Signals are int16_t of so many binary places. */"]
    lines += ["#include <stdint.h>", ""]
    for g in graphs:
        for name in (*g.inputs, *g.outputs):
            about = f"row of {g.indices[name]}" if name in g.indices else f"{g.places[name]} places"
            lines.append(f"/* {g.name}.{name}: {g.widths[name]} numbers, {about} */")
        lines += [f"{_call(g)};", ""]
    return "\n".join(lines)


def source(graphs: Sequence[IntegerGraph], name: str, fusions: Sequence[str] = ()) -> str:
    """Write weights and steps; operators of `fusions` run in the loop that reads them."""
    parts = ["#include <stddef.h>", f'#include "{name}.h"', FIXED]
    tables: dict[bytes, str] = {}  # of functions, which signals share
    parts += [_graph(g, tables, fused(g, fusions)) for g in graphs]
    return "\n".join(parts)


def fused(graph: IntegerGraph, fusions: Sequence[str]) -> dict[str, Each]:
    """Find operators of these kinds with one reader, number by number, by their signal."""
    readers: dict[str, list[Operator]] = {}
    for op in graph.operators:
        for x in read(op):
            readers.setdefault(x, []).append(op)
    kinds = tuple(EACH[name] for name in fusions)
    return {
        op.out: op
        for op in graph.operators
        if isinstance(op, kinds)
        and op.out not in graph.outputs
        and [isinstance(reader, Each) for reader in readers.get(op.out, [])] == [True]
    }


def _room(graph: IntegerGraph, op: Operator) -> int:
    if isinstance(op, ByteCode):
        return _eights(graph.widths[op.x])
    return 0 if op.out in graph.outputs else graph.widths[op.out]


def _eights(n: int) -> int:
    return -(-n // 8) * 8


def _call(g: IntegerGraph) -> str:
    given = [f"int32_t {n}" if n in g.indices else f"const int16_t *{n}" for n in g.inputs]
    return f"void {g.name}({', '.join([*given, *(f'int16_t *{n}' for n in g.outputs)])})"


def _graph(g: IntegerGraph, tables: dict[bytes, str], inside: Mapping[str, Each]) -> str:
    constants, body, rooms = [], [], []
    for i, op in enumerate(g.operators):
        name = f"{g.name}_{i}"
        if isinstance(op, Lookup) and op.table.tobytes() not in tables:
            tables[op.table.tobytes()] = name
            constants.append(array("int16_t", name, op.table))
        if op.out in inside:
            continue
        if _room(g, op) and not isinstance(op, Slice):
            aligned = "__attribute__((aligned(4))) " if isinstance(op, ByteCode) else ""
            rooms.append(f"    static {aligned}int16_t {op.out}[{_room(g, op)}];")
        if isinstance(op, Each):
            body.append(f"    {_each(g, op, tables, inside)}")
            continue
        held, steps = _lines(g, op, name)
        constants += held
        body += [f"    {line}" for line in steps]
    return "\n".join([*constants, _call(g) + " {", *rooms, *body, "}", ""])


def _each(
    g: IntegerGraph, op: Each, tables: Mapping[bytes, str], inside: Mapping[str, Each]
) -> str:
    """The line of an elementwise operator, with those fused into it."""

    def number(x: str) -> str:
        return value(inside[x]) if x in inside else f"{x}[i]"

    def value(op: Each) -> str:
        if isinstance(op, Lookup):
            return f"entry({number(op.x)}, {op.down}, {tables[op.table.tobytes()]})"
        x, y = number(op.x), number(op.y)
        both = f"{x} * {y}"
        if isinstance(op, Sum):
            both = f"({x} * {1 << op.up[0]}) + ({y} * {1 << op.up[1]})"
        return f"(int16_t)held(down({both}, {op.down}))"

    n = g.widths[op.out]
    if isinstance(op, Lookup) and op.x not in inside:
        return f"lookup({op.out}, {op.x}, {n}, {op.down}, {tables[op.table.tobytes()]});"
    return _loop(n, f"{op.out}[i] = {value(op)};")


def _lines(g: IntegerGraph, op: Operator, name: str) -> tuple[list[str], list[str]]:
    """The constants of one operator, and its line."""
    n = g.widths.get(op.out, 0)
    if isinstance(op, Dense):
        return _dense(g, op, name)
    if isinstance(op, Rows):
        line = f"{op.out}[i] = {name}[(size_t){op.x} * {n} + i];"
        return [array("int8_t", name, op.table.ravel())], [_loop(n, line)]
    if isinstance(op, ByteCode):
        width = g.widths[op.x]
        return [], [f"code({op.out}, {op.x}, {width}, {op.factor}, {op.shift}, {op.zero});"]
    if isinstance(op, Norm):
        return [], [f"norm({op.out}, {op.x}, {n}, {op.down}, INT64_C({op.factor}));"]
    if isinstance(op, Slice):
        return [], [f"const int16_t *{op.out} = {op.x} + {op.start};"]
    assert isinstance(op, Joined)
    return [], list(_joined(g, op))


def _dense(g: IntegerGraph, op: Dense, name: str) -> tuple[list[str], list[str]]:
    rows, n = op.weight.shape
    wide = np.zeros((rows, _eights(n)), np.int8)
    wide[:, :n] = op.weight
    kind, call = ("int8_t", "dense") if op.bits == 8 else ("uint32_t", "dense4")
    weights = wide.ravel() if op.bits == 8 else _words(wide)
    held = [
        array(kind, f"{name}_w", weights),
        array("int32_t", f"{name}_b", op.bias),
        array("int32_t", f"{name}_f", op.factor),
        array("uint8_t", f"{name}_s", op.shift),
    ]
    own = ", ".join(f"{name}_{k}" for k in "wbfs")
    return held, [f"{call}({op.out}, {op.x}, {_eights(n)}, {rows}, {own});"]


def _words(wide: np.ndarray) -> np.ndarray:
    """Eight 4-bit weights packed in a word, in the order of codes in memory."""
    lying = (wide.reshape(-1, 2, 4)[:, :, [0, 2, 1, 3]].astype(np.int64) + 8).reshape(-1, 4, 2)
    nibbles = np.concatenate([lying[:, :, 0], lying[:, :, 1]], 1)
    found: np.ndarray = (nibbles << 4 * np.arange(8)).sum(1)
    return found


def _joined(g: IntegerGraph, op: Joined) -> Iterable[str]:
    start = 0
    for x, shift in zip(op.xs, op.downs, strict=True):
        line = f"{op.out}[{start} + i] = (int16_t)held(down({x}[i], {shift}));"
        yield _loop(g.widths[x], line)
        start += g.widths[x]


def _loop(n: int, line: str) -> str:
    return f"for (int i = 0; i < {n}; i++) {line}"
