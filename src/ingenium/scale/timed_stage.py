"""A stage of a pipeline that knows how long it computed; the rest of a step it waited."""

import time
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.distributed.pipelining import PipelineStage


class OnePiece(nn.Module):
    """Some parts of a chain as PyTorch's schedules call them: with one piece, not in a tuple."""

    def __init__(self, parts: nn.Module) -> None:
        super().__init__()
        self.parts = parts

    def forward(self, *inputs: Tensor) -> Tensor:
        """What the last of them gives."""
        (answer,) = self.parts(inputs)
        found: Tensor = answer
        return found


class TimedStage(PipelineStage):
    """PyTorch's own, with a clock around each micro-batch, each of which may be of other steps.

    Room for what it receives is made when it is awaited, and let go when it was taken.
    """

    busy_s = 0.0  # since it was made
    steps: Sequence[int | None] = ()  # of each micro-batch at hand; None: as in the first

    def forward_one_chunk(self, fwd_chunk_id: int, *given: Any, **named: Any) -> Any:
        """A micro-batch forwards."""
        began = time.perf_counter()
        found = super().forward_one_chunk(fwd_chunk_id, *given, **named)
        self.busy_s += time.perf_counter() - began
        _leave(self.args_recv_info[fwd_chunk_id])
        return found

    def backward_one_chunk(self, bwd_chunk_id: int, *given: Any, **named: Any) -> Any:
        """A micro-batch backwards."""
        began = time.perf_counter()
        found = super().backward_one_chunk(bwd_chunk_id, *given, **named)
        self.busy_s += time.perf_counter() - began
        _leave(self.grad_recv_info.get(bwd_chunk_id, ()))
        return found

    def get_fwd_recv_ops(self, fwd_chunk_id: int) -> Any:
        """Where a micro-batch comes to."""
        self._make_room(self.args_recv_info[fwd_chunk_id], fwd_chunk_id)
        return super().get_fwd_recv_ops(fwd_chunk_id)

    def get_bwd_recv_ops(self, bwd_chunk_id: int) -> Any:
        """Where its gradients come to."""
        if self.has_backward:
            self._make_room(self.grad_recv_info[bwd_chunk_id], bwd_chunk_id)
        return super().get_bwd_recv_ops(bwd_chunk_id)

    def _make_room(self, awaited: Sequence[Any], number: int) -> None:
        for one in awaited:
            if one.is_root_arg or one.tensor_meta is None:
                continue
            rows, *rest = one.tensor_meta.shape
            steps = self.steps[number]
            shape = (rows, *rest) if steps is None else (rows, steps, *rest[1:])
            one.buffer = torch.empty(shape, dtype=one.tensor_meta.dtype)


def _leave(taken: Sequence[Any]) -> None:
    for one in taken:
        one.buffer = None
