"""Square blocks of doubles held in vector registers, for compiled kernels.

A tile is SIDE columns of SIDE doubles, stored column by column. Its operations are written out
in full, so that one product of tiles runs at the speed of the processor's vector units.
"""

from functools import partial
from typing import Any, no_type_check

from llvmlite import ir
from numba import njit, types
from numba.extending import intrinsic, models, register_model

SIDE = 8
compiled = partial(njit, cache=True, nogil=True, error_model="numpy")
inlined = partial(compiled, inline="always")  # where reference counts of arrays would take long

COLUMN_IR = ir.VectorType(ir.DoubleType(), SIDE)
_FUSED = ("contract",)  # one instruction multiplies and adds, where the processor has it
_TILE = ir.ArrayType(COLUMN_IR, SIDE)


class _Tile(types.Type):
    def __init__(self) -> None:
        super().__init__(name=f"Tile{SIDE}")


class _Column(types.Type):
    def __init__(self) -> None:
        super().__init__(name=f"Column{SIDE}")


TILE, COLUMN = _Tile(), _Column()


@register_model(_Tile)
class _TileModel(models.PrimitiveModel):
    @no_type_check
    def __init__(self, manager, kind):
        super().__init__(manager, kind, _TILE)


@register_model(_Column)
class _ColumnModel(models.PrimitiveModel):
    @no_type_check
    def __init__(self, manager, kind):
        super().__init__(manager, kind, COLUMN_IR)


class Writer:
    """Writes instructions on columns, into a kernel that is being compiled."""

    def __init__(self, context: Any, builder: ir.IRBuilder) -> None:
        self.context, self.builder = context, builder
        self.root = builder.module.declare_intrinsic("llvm.sqrt", [ir.DoubleType()])

    def address(self, kind: Any, array: ir.Value, at: ir.Value, shift: int = 0) -> ir.Value:
        data = self.context.make_array(kind)(self.context, self.builder, array).data
        index = self.builder.add(at, ir.Constant(at.type, shift)) if shift else at
        return self.builder.gep(data, [index])

    def column(self, kind: Any, array: ir.Value, at: ir.Value, shift: int = 0) -> ir.Value:
        place = self.builder.bitcast(self.address(kind, array, at, shift), COLUMN_IR.as_pointer())
        return self.builder.load(place, align=8)

    def write_entry(
        self, value: ir.Value, kind: Any, array: ir.Value, at: ir.Value, shift: int
    ) -> None:
        place = self.builder.bitcast(self.address(kind, array, at, shift), COLUMN_IR.as_pointer())
        self.builder.store(value, place, align=8)

    def number(self, kind: Any, array: ir.Value, at: ir.Value, shift: int) -> ir.Value:
        return self.builder.load(self.address(kind, array, at, shift))

    def fill(self, number: ir.Value) -> ir.Value:
        index = ir.Constant(ir.IntType(32), 0)
        first = self.builder.insert_element(ir.Constant(COLUMN_IR, ir.Undefined), number, index)
        mask = ir.Constant(ir.VectorType(ir.IntType(32), SIDE), None)
        return self.builder.shuffle_vector(first, ir.Constant(COLUMN_IR, ir.Undefined), mask)

    def entry(self, column: ir.Value, row: int) -> ir.Value:
        return self.builder.extract_element(column, ir.Constant(ir.IntType(32), row))

    def plus(self, a: ir.Value, b: ir.Value, c: ir.Value) -> ir.Value:
        """Return a + b c."""
        product = self.builder.fmul(b, c, flags=_FUSED)
        return self.builder.fadd(a, product, flags=_FUSED)

    def split(self, tile: ir.Value) -> list[ir.Value]:
        return [self.builder.extract_value(tile, i) for i in range(SIDE)]

    def join(self, columns: list[ir.Value]) -> ir.Value:
        tile = ir.Constant(_TILE, ir.Undefined)
        for i, column in enumerate(columns):
            tile = self.builder.insert_value(tile, column, i)
        return tile


@no_type_check
@intrinsic
def load(typing, array, at):
    """Load the tile that begins at an index of a flat array."""

    def write(context, builder, signature, args):
        w, (values, i) = Writer(context, builder), args
        kind = signature.args[0]
        return w.join([w.column(kind, values, i, SIDE * c) for c in range(SIDE)])

    return TILE(array, types.intp), write


@no_type_check
@intrinsic
def store(typing, array, at, tile):
    """Write a tile."""

    def write(context, builder, signature, args):
        w, (values, i, value) = Writer(context, builder), args
        for c, column in enumerate(w.split(value)):
            w.write_entry(column, signature.args[0], values, i, SIDE * c)
        return context.get_dummy_value()

    return types.void(array, types.intp, TILE), write


@no_type_check
@intrinsic
def fetch(typing, array, at):
    """Prefetch the memory of a tile that is soon to be written."""

    def write(context, builder, signature, args):
        w, byte, whole = Writer(context, builder), ir.IntType(8).as_pointer(), ir.IntType(32)
        kind = ir.FunctionType(ir.VoidType(), [byte, whole, whole, whole])
        ask = builder.module.declare_intrinsic("llvm.prefetch", [byte], kind)
        how = [ir.Constant(whole, number) for number in (1, 3, 1)]  # write, near, data
        for c in range(SIDE):
            place = w.address(signature.args[0], *args, SIDE * c)
            builder.call(ask, [builder.bitcast(place, byte), *how])
        return context.get_dummy_value()

    return types.void(array, types.intp), write


@no_type_check
@intrinsic
def minus_product(typing, tile, array, left, right):
    """Return `tile - L R^T`, of the tiles at two indices of an array."""

    def write(context, builder, signature, args):
        w, (_, values, i, j) = Writer(context, builder), args
        kind, columns = signature.args[1], w.split(args[0])
        for t in range(SIDE):
            source = builder.fneg(w.column(kind, values, i, SIDE * t))
            for c in range(SIDE):
                factor = w.fill(w.number(kind, values, j, SIDE * t + c))
                columns[c] = w.plus(columns[c], source, factor)
        return w.join(columns)

    return TILE(TILE, array, types.intp, types.intp), write


@no_type_check
@intrinsic
def minus_three_products(typing, a, b, c, array, left, right):
    """Return `minus_product` of three tiles, whose left factors are consecutive."""

    def write(context, builder, signature, args):
        w, (values, i, j) = Writer(context, builder), args[3:]
        kind, tiles = signature.args[3], [w.split(tile) for tile in args[:3]]
        for t in range(SIDE):
            places = [SIDE * (SIDE * r + t) for r in range(3)]
            sources = [builder.fneg(w.column(kind, values, i, place)) for place in places]
            for c in range(SIDE):
                factor = w.fill(w.number(kind, values, j, SIDE * t + c))
                for columns, source in zip(tiles, sources, strict=True):
                    columns[c] = w.plus(columns[c], source, factor)
        joined = [w.join(columns) for columns in tiles]
        return context.make_tuple(builder, signature.return_type, joined)

    return types.UniTuple(TILE, 3)(TILE, TILE, TILE, array, types.intp, types.intp), write


@no_type_check
@intrinsic
def inverse_factor(typing, tile):
    """Return `L^-T` of a symmetric tile `L L^T`; NaN where it is not positive."""

    def write(context, builder, signature, args):
        w = Writer(context, builder)
        columns = w.split(args[0])
        inverses = [
            ir.Constant(COLUMN_IR, [float(r == c) for r in range(SIDE)]) for c in range(SIDE)
        ]
        one = ir.Constant(ir.DoubleType(), 1.0)
        for c in range(SIDE):
            root = builder.call(w.root, [w.entry(columns[c], c)])
            scale = w.fill(builder.fdiv(one, root))
            column = builder.fmul(columns[c], scale)
            inverses[c] = builder.fmul(inverses[c], scale)
            for later in range(c + 1, SIDE):
                factor = builder.fneg(w.fill(w.entry(column, later)))
                columns[later] = w.plus(columns[later], column, factor)
                inverses[later] = w.plus(inverses[later], inverses[c], factor)
        return w.join(inverses)

    return TILE(TILE), write


@no_type_check
@intrinsic
def times_upper(typing, tile, array, at):
    """Return `tile U`, with the upper triangular tile at an index."""

    def write(context, builder, signature, args):
        w, (value, values, i) = Writer(context, builder), args
        kind, columns, out = signature.args[1], w.split(value), []
        for c in range(SIDE):
            total = ir.Constant(COLUMN_IR, [0.0] * SIDE)
            for t in range(c + 1):
                total = w.plus(total, columns[t], w.fill(w.number(kind, values, i, SIDE * c + t)))
            out.append(total)
        return w.join(out)

    return TILE(TILE, array, types.intp), write


@no_type_check
@intrinsic
def load_column(typing, array, at):
    """Load SIDE numbers of a flat array."""

    def write(context, builder, signature, args):
        return Writer(context, builder).column(signature.args[0], *args)

    return COLUMN(array, types.intp), write


@no_type_check
@intrinsic
def store_column(typing, array, at, column):
    """Write SIDE numbers."""

    def write(context, builder, signature, args):
        values, i, value = args
        Writer(context, builder).write_entry(value, signature.args[0], values, i, 0)
        return context.get_dummy_value()

    return types.void(array, types.intp, COLUMN), write


@no_type_check
@intrinsic
def plus_times(typing, column, array, at, vector, start, sign):
    """Return `column + sign T v`, with the tile at an index and SIDE numbers of a vector."""

    def write(context, builder, signature, args):
        w, (value, values, i, numbers, j, sign) = Writer(context, builder), args
        parts = [value, ir.Constant(COLUMN_IR, [0.0] * SIDE)]  # two sums, so that they overlap
        for c in range(SIDE):
            source = w.column(signature.args[1], values, i, SIDE * c)
            factor = builder.fmul(sign, w.number(signature.args[3], numbers, j, c))
            parts[c % 2] = w.plus(parts[c % 2], source, w.fill(factor))
        return builder.fadd(*parts)

    return COLUMN(COLUMN, array, types.intp, vector, types.intp, types.float64), write


@no_type_check
@intrinsic
def plus_products(typing, tile, array, at, vector, start):
    """Return `tile + T * v`: stored columns times SIDE numbers of a vector, by entries."""

    def write(context, builder, signature, args):
        w, (sums, values, i, numbers, j) = Writer(context, builder), args
        columns, factor = w.split(sums), w.column(signature.args[3], numbers, j)
        for c in range(SIDE):
            source = w.column(signature.args[1], values, i, SIDE * c)
            columns[c] = w.plus(columns[c], source, factor)
        return w.join(columns)

    return TILE(TILE, array, types.intp, vector, types.intp), write


@no_type_check
@intrinsic
def column_sums(typing, tile):
    """Return the sum of each column of a tile, as a column."""

    def write(context, builder, signature, args):
        parts, width = Writer(context, builder).split(args[0]), 1
        while len(parts) > 1:
            pairs = zip(parts[::2], parts[1::2], strict=True)
            parts = [_folded(builder, a, b, width) for a, b in pairs]
            width *= 2
        return parts[0]

    return COLUMN(TILE), write


@no_type_check
def _folded(builder, a, b, width):
    """Sums of entries at distance `width`, of `a` and `b` in turn in runs of `width`."""
    kind = ir.VectorType(ir.IntType(32), SIDE)
    first = []
    for i in range(SIDE):
        run, place = divmod(i, width)
        first.append((run // 2) * 2 * width + place + (SIDE if run % 2 else 0))
    index = ir.Constant(kind, first), ir.Constant(kind, [i + width for i in first])
    return builder.fadd(*(builder.shuffle_vector(a, b, mask) for mask in index))


@no_type_check
@intrinsic
def no_tile(typing):
    """A tile of zeros."""

    def write(context, builder, signature, args):
        return ir.Constant(_TILE, [ir.Constant(COLUMN_IR, [0.0] * SIDE)] * SIDE)

    return TILE(), write


@no_type_check
@intrinsic
def no_column(typing):
    """A column of zeros."""

    def write(context, builder, signature, args):
        return ir.Constant(COLUMN_IR, [0.0] * SIDE)

    return COLUMN(), write


@no_type_check
@intrinsic
def minus_column(typing, column, other):
    """Return `column - other`."""

    def write(context, builder, signature, args):
        return builder.fsub(*args)

    return COLUMN(COLUMN, COLUMN), write
