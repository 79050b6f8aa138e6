"""A stage of a pipeline that knows how long it computed; the rest of a step it waited."""

import time
from typing import Any

from torch import Tensor
from torch.distributed.pipelining import PipelineStage


class TimedStage(PipelineStage):
    """PyTorch's own, with a clock around each micro-batch."""

    busy_s = 0.0  # since it was made

    def forward_one_chunk(self, *given: Any, **named: Any) -> Any:
        """A micro-batch forwards."""
        began = time.perf_counter()
        found = super().forward_one_chunk(*given, **named)
        self.busy_s += time.perf_counter() - began
        return found

    def backward_one_chunk(self, bwd_chunk_id: int, *given: Any, **named: Any) -> Any:
        """A micro-batch backwards; gradients of what was received stay no longer than needed."""
        began = time.perf_counter()
        found = super().backward_one_chunk(bwd_chunk_id, *given, **named)
        self.busy_s += time.perf_counter() - began
        for one in self.args_recv_info[bwd_chunk_id]:
            if isinstance(one.buffer, Tensor):
                one.buffer.grad = None
        return found

    @property
    def buffer_bytes(self) -> int:
        """Of what it receives, for all micro-batches; they stay from step to step."""
        kept = (*self.args_recv_info.values(), *self.grad_recv_info.values())
        buffers = [getattr(one, "buffer", None) for told in kept for one in told]
        return sum(b.nbytes for b in buffers if isinstance(b, Tensor))
