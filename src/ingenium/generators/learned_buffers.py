"""Modules with a state whose shapes come from the data."""

import torch
from torch import Tensor, nn


class LearnedBuffers(nn.Module):
    """A module whose buffers are empty until data give them their shapes.

    Loading a state restores the saved shapes.
    """

    def empty(self, *names: str, dtype: torch.dtype = torch.float64) -> None:
        """Register buffers whose shapes are known only after fitting or loading."""
        for name in names:
            self.register_buffer(name, torch.empty(0, dtype=dtype))

    def _load_from_state_dict(
        self, state_dict: dict[str, Tensor], prefix: str, *rest: object
    ) -> None:
        for name, buffer in self.named_buffers(recurse=False):
            saved = state_dict.get(prefix + name)
            if saved is not None:
                setattr(self, name, torch.empty_like(saved, device=buffer.device))
        super()._load_from_state_dict(state_dict, prefix, *rest)
