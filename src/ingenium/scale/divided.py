"""The part of a model on one rank, divided by PyTorch's own parallel modules."""

import warnings
from collections.abc import Iterable, Mapping

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.distributed.device_mesh import DeviceMesh, init_device_mesh
from torch.distributed.fsdp import FSDPModule, fully_shard
from torch.distributed.tensor import DTensor
from torch.nn.parallel import DistributedDataParallel

from ingenium.core.errors import InputError
from ingenium.scale.chain import Chain, ChainedFamily, ChainPart, SplitBlock
from ingenium.scale.layout import RankLayout
from ingenium.train.descent import outline
from ingenium.train.plan import Trainable, Turn

AXES = ("pipeline", "data", "tensor")
BUCKET_MB = 4.0  # of gradients that are exchanged together while the rest is computed
ONE_BUCKET_MB = 1e6  # so that nothing is exchanged before all gradients are there


class DividedModel:
    """A family as a trainer sees it on one rank: the local parameters by their names.

    Data ranks hold replicas (DistributedDataParallel) or shards (FSDP2), tensor ranks columns and
    rows of matrices (`parallelize_module`), pipeline ranks layers. Replicas of a model that is also
    divided by tensor or pipeline ranks are averaged once a step by the descent.

    Source: Li et al., VLDB 2020, arXiv:2006.15704; Zhao et al., VLDB 2023, arXiv:2304.11277.
    """

    def __init__(
        self, family: nn.Module, layout: RankLayout, *, bucket_mb: float = BUCKET_MB
    ) -> None:
        """Divide a family that has the same weights on all ranks.

        Raises:
            InputError: for a family that is no `ChainedFamily`, or trains in several turns.
        """
        if not isinstance(family, ChainedFamily) or not isinstance(family, Trainable):
            raise InputError(
                "a family that can be divided, such as autoregressive on texts",
                type(family).__name__,
                'Write family = "autoregressive" under [generator].',
            )
        self.family, self.layout, self.chain = family, layout, family.chain()
        turns = family.turns()
        if len(turns) != 1:
            raise InputError("a family that trains in one turn", f"{len(turns)} turns")
        self.betas, self.loss = turns[0].betas, turns[0].loss
        self.outline = outline(dict(family.named_parameters()), turns)
        shape = (layout.pipeline, layout.data, layout.tensor)
        self.mesh: DeviceMesh = init_device_mesh("cpu", shape, mesh_dim_names=AXES)
        self.at = {axis: self.mesh.get_local_rank(axis) for axis in AXES}
        self.turned: dict[str, Tensor] = {}  # order of rows by parameter, where heads are split
        self.module = self._divided(self.chain, bucket_mb)

    @property
    def first(self) -> bool:
        """Return whether this rank has the first stage, which takes the inputs."""
        return self.at["pipeline"] == 0

    @property
    def last(self) -> bool:
        """Return whether this rank has the last stage, which computes the loss."""
        return self.at["pipeline"] == self.layout.pipeline - 1

    def turns(self) -> tuple[Turn, ...]:
        """Train all local parameters."""
        own = tuple(p for _, p in self.named_parameters())
        return (Turn(own, self.loss, betas=self.betas),)

    def anneal(self, fraction: float) -> None:
        """Anneal the family."""
        self.family.anneal(fraction)

    def named_parameters(self) -> Iterable[tuple[str, nn.Parameter]]:
        """Yield the local parameters by their names in the family."""
        for path, parameter in self.module.named_parameters():
            yield self.names[path.removeprefix("module.")], parameter

    def state_dict(self) -> dict[str, Tensor]:
        """Return the local parameters by name, without gradients."""
        return {name: p.detach() for name, p in self.named_parameters()}

    def forget(self) -> None:
        """Free weights that were gathered for an evaluation: training will change them."""
        if self.layout.data > 1 and self.layout.shard == 2:
            for module in self.module.modules():
                if isinstance(module, FSDPModule):
                    module.reshard()

    def _divided(self, chain: Chain, bucket_mb: float) -> nn.Module:
        names = {id(p): name for name, p in self.family.named_parameters()}
        module = ChainPart(self._own(chain), recompute=self.layout.recompute)
        self.names = {path: names[id(p)] for path, p in module.named_parameters()}
        layout, mesh = self.layout, self.mesh
        if layout.tensor > 1:
            for path, part in module.named_modules():
                self._split(path, part)
        if layout.data > 1 and layout.shard >= 2:
            warnings.filterwarnings("ignore", "FSDP2-wrapped module .* returned a view")
            again = layout.shard == 3
            for part in module.parts:
                fully_shard(part, mesh=mesh["data"], reshard_after_forward=again)
            fully_shard(module, mesh=mesh["data"], reshard_after_forward=again)
            return module
        if layout.replicated:
            return DistributedDataParallel(
                module,
                process_group=mesh["data"].get_group(),
                bucket_cap_mb=bucket_mb,
                gradient_as_bucket_view=True,
            )
        return module

    def _own(self, chain: Chain) -> tuple[nn.Module, ...]:
        """Parts of this stage; layers are divided evenly."""
        head, *layers, tail = chain.parts
        each = len(layers) // self.layout.pipeline
        start = self.at["pipeline"] * each
        own = layers[start : start + each]
        return (*([head] if self.first else []), *own, *([tail] if self.last else []))

    def _split(self, path: str, block: nn.Module) -> None:
        """Divide the matrices of a layer among the tensor ranks."""
        from torch.distributed.tensor.parallel import (
            ColwiseParallel,
            ParallelStyle,
            RowwiseParallel,
            parallelize_module,
        )

        if not isinstance(block, SplitBlock):
            return
        ranks = self.layout.tensor
        for name, way in block.split.items():
            if way == "heads":
                weight = getattr(block, name).weight
                order = torch.arange(len(weight)).view(3, ranks, -1).transpose(0, 1).flatten()
                with torch.no_grad():
                    weight.copy_(weight[order])
                self.turned[self.names[f"{path}.{name}.weight"]] = order
        plan: dict[str, ParallelStyle] = {
            name: RowwiseParallel() if way == "rows" else ColwiseParallel()
            for name, way in block.split.items()
        }
        parallelize_module(block, self.mesh["tensor"], plan)
        block.heads //= ranks

    def whole(self, parts: Mapping[str, Tensor], *, distance: bool) -> dict[str, Tensor]:
        """Gather complete tensors by name on rank 0; `distance` if other ranks may have more."""
        found = {name: self._complete(name, value) for name, value in parts.items()}
        if not distance or dist.get_world_size() == 1:
            return found
        all_of: list[dict[str, Tensor] | None] | None = None
        if dist.get_rank() == 0:
            all_of = [None] * dist.get_world_size()
        dist.gather_object(found, all_of)
        return {k: v for own in all_of or [] for k, v in (own or {}).items()}

    def _complete(self, name: str, value: Tensor) -> Tensor:
        value = value.detach()
        value = value.full_tensor() if isinstance(value, DTensor) else value
        order = self.turned.get(name)
        return value if order is None or not value.dim() else value[order.argsort()]

    def place(self, parts: Mapping[str, Tensor], whole: Mapping[str, Tensor]) -> None:
        """Copy the local parts of complete tensors."""
        with torch.no_grad():
            for name, part in parts.items():
                if name not in whole:
                    continue
                value, order = whole[name], self.turned.get(name)
                value = value if order is None or not value.dim() else value[order]
                if isinstance(part, DTensor):
                    part.to_local().copy_(value[_slices(part)])
                else:
                    part.copy_(value)


def _slices(part: DTensor) -> tuple[slice, ...]:
    """Position of the local rows of a distributed tensor in the whole."""
    from torch.distributed.tensor._utils import compute_local_shape_and_global_offset

    shape, at = compute_local_shape_and_global_offset(part.shape, part.device_mesh, part.placements)
    return tuple(slice(i, i + n) for i, n in zip(at, shape, strict=True))


def local(tensor: Tensor) -> Tensor:
    """Return the local part of a tensor."""
    return tensor.to_local() if isinstance(tensor, DTensor) else tensor


def bytes_of(tensors: Iterable[Tensor]) -> int:
    """Return the bytes of the local parts of tensors."""
    return sum(local(t).nbytes for t in tensors)


def sharded_over(tensor: Tensor) -> tuple[str, ...]:
    """Return the axes of the mesh over which a tensor is divided."""
    if not isinstance(tensor, DTensor):
        return ()
    names = tensor.device_mesh.mesh_dim_names or ()
    return tuple(n for n, p in zip(names, tensor.placements, strict=True) if p.is_shard())
