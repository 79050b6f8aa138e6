"""A pipeline stage that measures its computing time; it waits for the rest of a step."""

import time
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.distributed.pipelining import PipelineStage


class OnePiece(nn.Module):
    """Adapter of chain parts for PyTorch's schedules: takes one piece, not a tuple."""

    def __init__(self, parts: nn.Module) -> None:
        super().__init__()
        self.parts = parts

    def forward(self, *inputs: Tensor) -> Tensor:
        """Return the output of the last part."""
        (answer,) = self.parts(inputs)
        found: Tensor = answer
        return found


class TimedStage(PipelineStage):
    """PyTorch's stage with a timer around each micro-batch; their steps may differ.

    Receive buffers are allocated when they are awaited, and freed after use.
    """

    busy_s = 0.0  # computing time so far
    steps: Sequence[int | None] = ()  # of each micro-batch; None: as in the first

    def forward_one_chunk(self, fwd_chunk_id: int, *given: Any, **named: Any) -> Any:
        """Run a micro-batch forwards."""
        began = time.perf_counter()
        found = super().forward_one_chunk(fwd_chunk_id, *given, **named)
        self.busy_s += time.perf_counter() - began
        _leave(self.args_recv_info[fwd_chunk_id])
        return found

    def backward_one_chunk(self, bwd_chunk_id: int, *given: Any, **named: Any) -> Any:
        """Run a micro-batch backwards."""
        began = time.perf_counter()
        found = super().backward_one_chunk(bwd_chunk_id, *given, **named)
        self.busy_s += time.perf_counter() - began
        _leave(self.grad_recv_info.get(bwd_chunk_id, ()))
        return found

    def get_fwd_recv_ops(self, fwd_chunk_id: int) -> Any:
        """Return the receive operations of a micro-batch."""
        self._make_room(self.args_recv_info[fwd_chunk_id], fwd_chunk_id)
        return super().get_fwd_recv_ops(fwd_chunk_id)

    def get_bwd_recv_ops(self, bwd_chunk_id: int) -> Any:
        """Return the receive operations of its gradients."""
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
