"""A layout: the numbers of ranks that divide data, matrices and layers, and the sharding."""

import re
from dataclasses import dataclass

from ingenium.core.errors import InputError

NAMES = ("data", "tensor", "pipeline", "shard", "micro", "recompute", "offload")
BARE = ("recompute", "offload")
AUTO, TRIED = "auto", "tried"  # the predicted best, and the measured best of all
EXAMPLE = "Write auto, tried, or data:2,shard:3, say."


@dataclass(frozen=True)
class RankLayout:
    """Division of the training of a model among `data * tensor * pipeline` ranks.

    With `shard` the data ranks divide: 0 nothing, 1 the state of the optimiser, 2 gradients too, 3
    weights too. `micro` is the number of micro-batches of a batch in a pipeline. `recompute` is
    gradient checkpointing of layers; `offload` stores the optimiser's moments outside the memory of
    the model.

    Source: Rajbhandari et al., SC 2020, arXiv:1910.02054 (stages); Huang et al., 2019,
        arXiv:1811.06965 (micro-batches); Shoeybi et al., 2019, arXiv:1909.08053 (tensors);
        Rajbhandari et al., SC 2021, arXiv:2104.07857 (offload).
    """

    data: int = 1
    tensor: int = 1
    pipeline: int = 1
    shard: int = 0
    micro: int = 1
    recompute: bool = False
    offload: bool = False

    @property
    def ranks(self) -> int:
        """Number of processes that train together."""
        return self.data * self.tensor * self.pipeline

    @property
    def bubble(self) -> float:
        """Share of the time in which a stage of the pipeline idles."""
        return (self.pipeline - 1) / (self.micro + self.pipeline - 1)

    @property
    def replicated(self) -> bool:
        """Return whether data ranks hold whole models, with gradients in buckets."""
        return self.data > 1 and self.shard <= 1 and self.tensor == self.pipeline == 1

    @property
    def averaged(self) -> bool:
        """Return whether data ranks hold replicas of a model that is divided by other ranks too."""
        return self.data > 1 and self.shard <= 1 and not self.replicated

    def __str__(self) -> str:
        parts = [f"data:{self.data}", f"tensor:{self.tensor}", f"pipeline:{self.pipeline}"]
        parts += [f"shard:{self.shard}", f"micro:{self.micro}"]
        alone = ("data:1", "tensor:1", "pipeline:1", "shard:0", "micro:1")
        shown = [p for p in parts if p not in alone] or ["data:1"]
        return ",".join(shown + [name for name in BARE if getattr(self, name)])

    @classmethod
    def parse(cls, text: str) -> "RankLayout":
        """Parse a layout such as `data:2,shard:3`.

        Raises:
            InputError: for an unknown entry.
        """
        given: dict[str, int] = {}
        for part in text.replace(" ", "").split(","):
            found = re.fullmatch(r"([a-z]+)(?::(\d{1,6}))?", part)
            bare = found is not None and found[1] in BARE
            if found is None or found[1] not in NAMES or (found[2] is None) != bare:
                raise InputError(f"a layout of {', '.join(NAMES)}", f'"{part}"', EXAMPLE)
            given[found[1]] = int(found[2] or 1)
        recompute, offload = (bool(given.pop(name, 0)) for name in BARE)
        if given.get("shard", 0) > 3 or any(v < 1 for k, v in given.items() if k != "shard"):
            raise InputError("numbers from 1, and shard:0 to shard:3", f'"{text}"', EXAMPLE)
        return cls(**given, recompute=recompute, offload=offload)
