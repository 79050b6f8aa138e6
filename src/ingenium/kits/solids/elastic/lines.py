"""Lines of cubic cells, SIDE at a time in vector registers, for compiled kernels.

A field has three components, each with padded lines of nodes along z. A bundle has the values of
SIDE neighbouring cells at their 24 displacements: component by component, nodes in the order of
`itertools.product((0, 1), repeat=3)`. Strides are those of x, y and the component.
"""

from collections.abc import Sequence
from itertools import product
from typing import no_type_check

from llvmlite import ir
from numba import types
from numba.extending import intrinsic, models, register_model

from ingenium.kits.solids.elastic.tiles import COLUMN, COLUMN_IR, SIDE, Writer

NODES, PARTS = 8, 24
ENTRIES = PARTS * (PARTS + 1) // 2  # of a lower triangle, row by row
_BUNDLE = ir.ArrayType(COLUMN_IR, PARTS)
_CARRY = ir.ArrayType(COLUMN_IR, PARTS // 2)
_ZERO = ir.Constant(COLUMN_IR, [0.0] * SIDE)


class _Bundle(types.Type):
    def __init__(self) -> None:
        super().__init__(name=f"Bundle{SIDE}")


class _Carry(types.Type):
    def __init__(self) -> None:
        super().__init__(name=f"Carry{SIDE}")


BUNDLE, CARRY = _Bundle(), _Carry()


@register_model(_Bundle)
class _BundleModel(models.PrimitiveModel):
    @no_type_check
    def __init__(self, manager, kind):
        super().__init__(manager, kind, _BUNDLE)


@register_model(_Carry)
class _CarryModel(models.PrimitiveModel):
    @no_type_check
    def __init__(self, manager, kind):
        super().__init__(manager, kind, _CARRY)


def _parts(builder: ir.IRBuilder, value: ir.Value) -> list[ir.Value]:
    return [builder.extract_value(value, i) for i in range(value.type.count)]


def _joined(builder: ir.IRBuilder, kind: ir.Type, parts: list[ir.Value]) -> ir.Value:
    value = ir.Constant(kind, ir.Undefined)
    for i, part in enumerate(parts):
        value = builder.insert_value(value, part, i)
    return value


def _edges(builder: ir.IRBuilder, at: ir.Value, strides: Sequence[ir.Value]) -> list[ir.Value]:
    """Start of each component's four lines of nodes."""
    x, y, component = strides
    places = []
    for c, (i, j) in product(range(3), product((0, 1), repeat=2)):
        place = builder.add(at, builder.mul(component, ir.Constant(at.type, c)))
        place = builder.add(place, x) if i else place
        places.append(builder.add(place, y) if j else place)
    return places


@no_type_check
@intrinsic
def gather(typing, array, at, x, y, component):
    """Load the values at the cells' nodes; `at` is the index of the first cell's first node."""

    def write(context, builder, signature, args):
        w, kind = Writer(context, builder), signature.args[0]
        lines = _edges(builder, args[1], args[2:])
        parts = [w.column(kind, args[0], line, k) for line in lines for k in (0, 1)]
        return _joined(builder, _BUNDLE, parts)

    return BUNDLE(array, *[types.intp] * 4), write


@no_type_check
@intrinsic
def scatter(typing, array, at, x, y, component, carry, bundle):
    """Add to the lines of nodes; return the carry for the nodes behind the last cell."""

    def write(context, builder, signature, args):
        w, kind = Writer(context, builder), signature.args[0]
        lines = _edges(builder, args[1], args[2:5])
        carried, parts = _parts(builder, args[5]), _parts(builder, args[6])
        shift = ir.Constant(
            ir.VectorType(ir.IntType(32), SIDE), list(range(SIDE - 1, 2 * SIDE - 1))
        )
        for line, before, low, high in zip(lines, carried, parts[::2], parts[1::2], strict=True):
            total = builder.fadd(low, builder.shuffle_vector(before, high, shift))
            total = builder.fadd(total, w.column(kind, args[0], line))
            w.write_entry(total, kind, args[0], line, 0)
        return _joined(builder, _CARRY, parts[1::2])

    return CARRY(array, *[types.intp] * 4, CARRY, BUNDLE), write


@no_type_check
@intrinsic
def finish(typing, array, at, x, y, component, carry):
    """Add the carry to the last node of each line."""

    def write(context, builder, signature, args):
        w, kind = Writer(context, builder), signature.args[0]
        lines = _edges(builder, args[1], args[2:5])
        for line, last in zip(lines, _parts(builder, args[5]), strict=True):
            place = w.address(kind, args[0], line)
            builder.store(builder.fadd(builder.load(place), w.entry(last, SIDE - 1)), place)
        return context.get_dummy_value()

    return types.void(array, *[types.intp] * 4, CARRY), write


@no_type_check
@intrinsic
def no_carry(typing):
    """A carry of zeros."""

    def write(context, builder, signature, args):
        return ir.Constant(_CARRY, [_ZERO] * (PARTS // 2))

    return CARRY(), write


def _mirrored(builder: ir.IRBuilder, values: list[ir.Value]) -> list[ir.Value]:
    """Sums and differences over the eight nodes (Walsh-Hadamard)."""
    for step in (1, 2, 4):
        done = list(values)
        for i in range(NODES):
            if not i & step:
                done[i] = builder.fadd(values[i], values[i | step])
                done[i | step] = builder.fsub(values[i], values[i | step])
        values = done
    return values


@no_type_check
@intrinsic
def times_unit(typing, bundle, modulus, blocks):
    """Return forces of cells with a modulus each; `blocks` is from `symmetry_blocks`."""

    def write(context, builder, signature, args):
        w, kind = Writer(context, builder), signature.args[2]
        parts = _parts(builder, args[0])
        modes = [_mirrored(builder, parts[c * NODES : (c + 1) * NODES]) for c in range(3)]
        out = [[_ZERO] * NODES for _ in range(3)]
        zero = ir.Constant(ir.IntType(64), 0)
        for t in range(NODES):
            members = [modes[c][t ^ FLIPS[c]] for c in range(3)]
            members = [builder.fmul(m, args[1]) for m in members]
            for a in range(3):
                total = _ZERO
                for b in range(3):
                    factor = w.fill(w.number(kind, args[2], zero, 9 * t + 3 * a + b))
                    total = w.plus(total, members[b], factor)
                out[a][t ^ FLIPS[a]] = total
        forces = [f for c in range(3) for f in _mirrored(builder, out[c])]
        return _joined(builder, _BUNDLE, forces)

    return BUNDLE(BUNDLE, COLUMN, blocks), write


FLIPS = (4, 2, 1)  # bit of each axis in a node's number


@no_type_check
@intrinsic
def times_stored(typing, bundle, array, at):
    """Return forces of cells whose matrices' lower triangles are stored entry by entry."""

    def write(context, builder, signature, args):
        w, kind = Writer(context, builder), signature.args[1]
        parts, out = _parts(builder, args[0]), [_ZERO] * PARTS
        number = 0
        for a in range(PARTS):
            for b in range(a + 1):
                entry = w.column(kind, args[1], args[2], SIDE * number)
                out[a] = w.plus(out[a], entry, parts[b])
                if a != b:
                    out[b] = w.plus(out[b], entry, parts[a])
                number += 1
        return _joined(builder, _BUNDLE, out)

    return BUNDLE(BUNDLE, array, types.intp), write


@no_type_check
@intrinsic
def stored_diagonal(typing, array, at):
    """Return the diagonals of stored matrices."""

    def write(context, builder, signature, args):
        w, kind = Writer(context, builder), signature.args[0]
        numbers = [a * (a + 1) // 2 + a for a in range(PARTS)]
        return _joined(
            builder, _BUNDLE, [w.column(kind, args[0], args[1], SIDE * n) for n in numbers]
        )

    return BUNDLE(array, types.intp), write


@no_type_check
@intrinsic
def times_diagonal(typing, modulus, unit):
    """Return the same number at every node, times the modulus of each cell."""

    def write(context, builder, signature, args):
        value = builder.fmul(args[0], Writer(context, builder).fill(args[1]))
        return _joined(builder, _BUNDLE, [value] * PARTS)

    return BUNDLE(COLUMN, types.float64), write


@no_type_check
@intrinsic
def plus_multiple(typing, column, array, at, numbers, start):
    """Return `column` plus a stored column times one number of an array."""

    def write(context, builder, signature, args):
        w = Writer(context, builder)
        source = w.column(signature.args[1], args[1], args[2])
        return w.plus(args[0], source, w.fill(w.number(signature.args[3], args[3], args[4], 0)))

    return COLUMN(COLUMN, array, types.intp, numbers, types.intp), write
