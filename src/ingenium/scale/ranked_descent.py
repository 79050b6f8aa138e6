"""Steps of a fit on many ranks: gradients by the layout, and norm and loss over all ranks."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

from ingenium.core.errors import InputError
from ingenium.scale.chain import Chain
from ingenium.scale.divided import DividedModel, bytes_of, local, sharded_over
from ingenium.scale.offload import moments, offload
from ingenium.scale.pieces import dealt
from ingenium.train.descent import Named, adamw
from ingenium.train.plan import Plan, Turn
from ingenium.train.trainer import FitError

if TYPE_CHECKING:
    from ingenium.scale.timed_stage import TimedStage

Precision = Literal["own", "fp32", "bf16", "fp16"]  # own: that of the family on this processor
DTYPES = {"bf16": torch.bfloat16, "fp16": torch.float16}
FIRST_SCALE, GROWS_AFTER = 2.0**16, 200  # of losses in half precision; steps without overflow
TINY = 1e-6  # added to the norm, as in PyTorch


@dataclass(frozen=True)
class RankPiece:
    """Rows that a rank computes together."""

    inputs: tuple[Tensor, ...]
    target: Tensor


MicroBatch = tuple[RankPiece, ...]


class RankedDescent:
    """Steps of a divided model; every rank makes the same calls in the same order.

    In `fp16` losses are scaled so that small gradients are not lost: a step whose gradients
    overflow is skipped, and the scale halved.

    Shapes: n designs of the whole batch, of which each data rank takes an equal part.
    Source: Micikevicius et al., ICLR 2018, arXiv:1710.03740 (scaling of losses).
    """

    def __init__(self, model: DividedModel, *, precision: Precision = "own") -> None:
        self.model, self.layout = model, model.layout
        self.chain = in_precision(model.chain, precision)
        self.precision, self.scale, self._clean = precision, FIRST_SCALE, 0
        self.seen: dict[str, int] = {}  # bytes of weights and gradients at the last step
        self._optimisers: list[torch.optim.Optimizer] = []
        self._schedules: dict[int, tuple[Any, TimedStage]] = {}

    def optimiser(self, turn: Turn, plan: Plan) -> torch.optim.Optimizer:
        """Return AdamW; data ranks share its state where only that is sharded."""
        made = self._made(turn, plan)
        self._optimisers.append(getattr(made, "optim", made))  # the local one of a sharded one
        if self.layout.offload:
            offload(self._optimisers[-1:])
        return made

    def held(self) -> dict[str, int]:
        """Local bytes between two steps, including gradients; averages count as state."""
        own, averages = bytes_of(moments(self._optimisers)), self.chain.size.averages
        here, host = (0, own) if self.layout.offload else (own, 0)
        reported = {"state": here + averages * self.seen["weights"], "host": host}
        return self.seen | reported

    @property
    def busy_s(self) -> float:
        """Seconds of computation of a pipeline stage so far."""
        return sum(stage.busy_s for _, stage in self._schedules.values())

    def _made(self, turn: Turn, plan: Plan) -> torch.optim.Optimizer:
        if self.layout.shard != 1 or self.layout.data == 1:
            return adamw(turn.parameters, turn, plan)
        from torch.distributed.optim import ZeroRedundancyOptimizer

        return ZeroRedundancyOptimizer(
            list(turn.parameters),
            torch.optim.AdamW,
            process_group=self.model.mesh["data"].get_group(),
            parameters_as_bucket_view=True,  # sent as one piece a rank, not one by one
            lr=plan.learning_rate,
            betas=turn.betas,
            weight_decay=plan.weight_decay,
        )

    def gradients(self, turn: Turn, x: Tensor, cond: Tensor, rng: torch.Generator) -> float:
        """Return the mean loss of a batch over all ranks and set the local gradients.

        Raises:
            InputError: for a batch that the layout does not divide evenly.
        """
        parts = self.layout.data * self.layout.micro
        if len(x) % parts:
            raise InputError(
                f"a batch that {self.layout} divides into {parts} equal parts",
                f"{len(x)} designs",
                f"Write a batch of {parts * max(1, len(x) // parts)}.",
            )
        own = self._own(x, cond, rng)
        for parameter in turn.parameters:
            parameter.grad = None
        piped = self.layout.pipeline > 1
        loss = self._piped(own, learn=True) if piped else self._accumulated(own)
        if self.layout.averaged:
            self._average(turn)
        self._unscale(turn)
        return self._agreed(loss)

    def _average(self, turn: Turn) -> None:
        """Average the gradients of data ranks in place: a copy would set the memory peak."""
        gradients = [local(p.grad) for p in turn.parameters if p.grad is not None]
        group = self.model.mesh["data"].get_group()
        sums = [dist.all_reduce(g, group=group, async_op=True) for g in gradients]
        for gradient, done in zip(gradients, sums, strict=True):
            done.wait()
            gradient /= self.layout.data

    def _accumulated(self, batches: Sequence[MicroBatch]) -> Tensor:
        """Accumulate micro-batches; gradients are exchanged with the last, unless sharded.

        Sharded gradients are scattered after each, or every rank would hold all of them.
        """
        micro, total = len(batches), torch.zeros(())
        for i, pieces in enumerate(batches):
            with self._unsynced(i + 1 < micro):
                loss = self._loss(pieces) / micro
                (loss * self._scaled()).backward()
            total += loss.detach()
        return total

    def _loss(self, pieces: MicroBatch) -> Tensor:
        with self.chain.precision():
            answers = self.model.module(*(piece.inputs for piece in pieces))
            lost = [
                self.chain.loss(answer, piece.target) * len(piece.target)
                for answer, piece in zip(answers, pieces, strict=True)
            ]
        return torch.stack(lost).sum() / sum(len(piece.target) for piece in pieces)

    def _unsynced(self, wait: bool) -> AbstractContextManager[object]:
        module = self.model.module
        if wait and isinstance(module, DistributedDataParallel):
            return module.no_sync()
        return nullcontext()

    def _piped(self, batches: Sequence[MicroBatch], *, learn: bool) -> Tensor:
        """Send micro-batches through the stages, alternating one forward and one backward pass."""
        pieces, losses = [piece for (piece,) in batches], list[Tensor]()
        target = torch.cat([piece.target for piece in pieces])
        inputs = [torch.cat(own) for own in zip(*(p.inputs for p in pieces), strict=True)]
        schedule, stage = self._schedule(len(target))
        stage.steps = [self._steps(piece) for piece in pieces]
        step = schedule.step if learn else schedule.eval
        reported = {"target": target, "losses": losses} if self.model.last else {}
        with self.chain.precision():
            step(*(inputs if self.model.first else ()), **reported, return_outputs=False)
        own = torch.stack([x.detach() for x in losses]).mean() if losses else torch.zeros(())
        own = own / (self._scaled() if learn else 1.0)
        group = self.model.mesh["pipeline"].get_group()
        dist.all_reduce(own, group=group)  # zeros but at the last stage
        return own

    def _steps(self, piece: RankPiece) -> int | None:
        """Number of steps to compute of a piece; None if all designs have the same."""
        found = self.chain.steps
        return None if found is None else int(found(piece.target).max())

    def _schedule(self, rows: int) -> "tuple[Any, TimedStage]":
        """Schedule for micro-batches of `rows` rows, and its stage, for a fixed number of them."""
        if rows not in self._schedules:
            from torch.distributed.pipelining import Schedule1F1B

            from ingenium.scale.timed_stage import OnePiece, TimedStage

            model = self.model
            stage = TimedStage(
                OnePiece(model.module),
                model.at["pipeline"],
                self.layout.pipeline,
                torch.device("cpu"),
                group=model.mesh["pipeline"].get_group(),
            )
            order = Schedule1F1B(stage, self.layout.micro, loss_fn=self._lost)
            self._schedules[rows] = order, stage
        return self._schedules[rows]

    def _lost(self, answer: Tensor, target: Tensor) -> Tensor:
        return self.chain.loss(answer, target) * (self._scaled() if answer.requires_grad else 1.0)

    def clip(self, parameters: Sequence[nn.Parameter], most: float) -> float:
        """Return the norm over all ranks, each parameter counted once, and clip it."""
        gradients = [p.grad for p in parameters if p.grad is not None]
        self.seen = {"weights": bytes_of(parameters), "gradients": bytes_of(gradients)}
        kinds = ((), ("data",), ("tensor",), ("data", "tensor"))
        squares = torch.zeros(len(kinds), dtype=torch.float64)
        for gradient in gradients:
            kind = kinds.index(tuple(sorted(sharded_over(gradient))))
            squares[kind] += local(gradient).double().square().sum()
        for axis in ("data", "tensor"):
            over = torch.tensor([axis in kind for kind in kinds])
            if getattr(self.layout, axis) > 1:
                shared = squares * over
                dist.all_reduce(shared, group=self.model.mesh[axis].get_group())
                squares = torch.where(over, shared, squares)
        total = squares.sum()
        if self.layout.pipeline > 1:
            dist.all_reduce(total, group=self.model.mesh["pipeline"].get_group())
        norm = float(total.sqrt())
        if norm > most:
            for gradient in gradients:
                local(gradient).mul_(most / (norm + TINY))
        return norm

    def held_out(self, x: Tensor, cond: Tensor, rng: torch.Generator) -> float:
        """Return the sum of the losses of some rows, divided among the data ranks."""
        wide = self.layout.data * self.layout.micro
        short = -len(x) % wide
        # Rows of zeros are padding: they have no step that counts, and no loss.
        x = torch.cat([x, x.new_zeros(short, *x.shape[1:])])
        cond = torch.cat([cond, cond.new_zeros(short, cond.shape[1])])
        with torch.no_grad():
            own = self._own(x, cond, None)
            if self.layout.pipeline > 1:
                loss = self._piped(own, learn=False)
            else:
                loss = torch.stack([self._loss(pieces) for pieces in own]).mean()
                self.model.forget()
        return self._agreed(loss) * len(x)

    def whole(self, parts: Mapping[str, Tensor]) -> Named:
        """Gather complete tensors on rank 0."""
        distance = self.layout.pipeline > 1 or (self.layout.shard == 1 and self.layout.data > 1)
        return self.model.whole(parts, distance=distance)

    def place(self, parts: Mapping[str, Tensor], whole: Mapping[str, Tensor]) -> None:
        """Copy the local parts of complete tensors."""
        self.model.place(parts, whole)

    def outline(self, parameters: Mapping[str, nn.Parameter], turns: Sequence[Turn]) -> object:
        """Return the identity of the whole family, so that a fit can resume under any layout."""
        return self.model.outline

    def late(self, late: bool) -> bool:
        """Return the answer of rank 0."""
        reported = [late]
        dist.broadcast_object_list(reported)
        return reported[0]

    def writes(self) -> bool:
        """Return whether this is rank 0."""
        return dist.get_rank() == 0

    def computed(self, x: Tensor) -> int:
        """Return the steps of all designs of a batch that this rank computes, including padding."""
        known = self.chain.known_steps(x)
        mine = dealt(self.chain.pieces(x), self.layout, self.model.at["data"])
        return sum(len(rows) * int(known[rows].max()) for micro in mine for rows in micro)

    def _own(self, x: Tensor, cond: Tensor, rng: torch.Generator | None) -> tuple[MicroBatch, ...]:
        """Rows of this data rank."""
        inputs = self.chain.inputs(x, cond, rng)  # of the whole batch, so that noise is the same
        mine = dealt(self.chain.pieces(x), self.layout, self.model.at["data"])
        return tuple(
            tuple(RankPiece(tuple(i[rows] for i in inputs), x[rows]) for rows in micro)
            for micro in mine
        )

    def _agreed(self, loss: Tensor) -> float:
        """Mean of a loss over data ranks."""
        if self.layout.data > 1:
            loss = loss.detach().clone()
            dist.all_reduce(loss, group=self.model.mesh["data"].get_group())
        return float(loss) / self.layout.data

    def _scaled(self) -> float:
        return self.scale if self.precision == "fp16" else 1.0

    def _unscale(self, turn: Turn) -> None:
        """Remove the scale; where a gradient overflowed, skip the step and halve the scale.

        Raises:
            FitError: if gradients overflow without any scale.
        """
        if self.precision != "fp16":
            return
        found = torch.zeros(())
        for p in turn.parameters:
            if p.grad is not None:
                local(p.grad).div_(self.scale)
                found += (~local(p.grad).isfinite()).any()
        dist.all_reduce(found)
        self._clean = 0 if found else self._clean + 1
        if found:
            self.scale /= 2
            for p in turn.parameters:
                p.grad = None  # for zeros the optimiser would step by its moments
        elif self._clean % GROWS_AFTER == 0:
            self.scale *= 2
        if self.scale < 1:
            raise FitError("gradients overflow in half precision without any scale; use bf16")


def in_precision(chain: Chain, precision: Precision) -> Chain:
    """Return a copy of the chain with products in another precision."""
    if precision == "own":
        return chain
    if precision == "fp32":
        return replace(chain, precision=nullcontext)
    return replace(chain, precision=partial(torch.autocast, "cpu", dtype=DTYPES[precision]))
