"""What a cluster has: devices, links, what they cost and emit."""

import math
from dataclasses import dataclass
from typing import Annotated

from pydantic import Field
from pydantic.dataclasses import dataclass as checked

from ingenium.core.spec import _STRICT

Positive = Annotated[float, Field(gt=0)]


@checked(frozen=True, config=_STRICT)
class Device:
    """One processor with memory of its own."""

    name: str
    memory_gb: Positive  # 1e9 bytes
    tflops: Positive  # peak of products in the precision of training, dense
    bandwidth_gb_s: Positive  # of its memory
    gemm_share: Annotated[float, Field(gt=0, le=1)] = 0.75  # of the peak that large products reach
    watts: Positive = 700.0
    host_gb_s: Positive | None = None  # to what moments are offloaded to; none if it has no such
    launch_us: Annotated[float, Field(ge=0)] = 0.0  # of a layer both ways, however little it does
    of_layers: bool = False  # whether the peak was measured on layers, waits for memory in it

    @property
    def ridge(self) -> float:
        """FLOP a byte above which compute bounds a kernel, and below which memory does."""
        return self.tflops * 1e12 / (self.bandwidth_gb_s * 1e9)


@checked(frozen=True, config=_STRICT)
class Link:
    """A way between devices: seconds before the first byte, and bytes a second after it."""

    gb_s: Positive  # in one direction, of one device
    latency_us: Annotated[float, Field(ge=0)] = 5.0

    def all_reduce_s(self, size: float, ranks: int) -> float:
        """A sum over all ranks, on a ring.

        Source: Thakur, Rabenseifner and Gropp, IJHPCA 19(1), 2005, section 4.4.
        """
        return 2 * self.gather_s(size, ranks)

    def gather_s(self, size: float, ranks: int) -> float:
        """All parts of `size` bytes to all ranks, or their sum scattered over them, on a ring."""
        if ranks <= 1:
            return 0.0
        return (ranks - 1) * (self.latency_us * 1e-6 + size / ranks / (self.gb_s * 1e9))

    def send_s(self, size: float) -> float:
        """Bytes from one rank to the next."""
        return self.latency_us * 1e-6 + size / (self.gb_s * 1e9)


@checked(frozen=True, config=_STRICT)
class Cluster:
    """Equal nodes of equal devices."""

    device: Device
    devices: Annotated[int, Field(ge=1, le=10**6)]
    per_node: Annotated[int, Field(ge=1, le=10**4)]
    inside: Link  # a node
    between: Link  # nodes
    title: str = ""
    price_per_device_hour: Annotated[float, Field(ge=0)] = 0.0
    currency: str = "USD"
    overhead: Annotated[float, Field(ge=1)] = 1.2  # of power: cooling, hosts, network (PUE)
    g_co2e_per_kwh: Annotated[float, Field(ge=0)] = 0.0
    reserve_gb: Annotated[float, Field(ge=0)] = 0.0  # of a device, for the framework

    @property
    def room(self) -> float:
        """Bytes of a device that a model may take."""
        return (self.device.memory_gb - self.reserve_gb) * 1e9

    def link(self, ranks: int, apart: int = 1) -> Link:
        """The slowest link of a ring of ranks that lie so many devices apart."""
        return self.inside if ranks * apart <= self.per_node else self.between


@dataclass(frozen=True)
class Spending:
    """What so many seconds on a cluster take."""

    days: float
    price: float
    mwh: float
    t_co2e: float

    @classmethod
    def of(cls, cluster: Cluster, seconds: float) -> "Spending":
        """All devices at their power for so long."""
        hours = cluster.devices * seconds / 3600
        mwh = hours * cluster.device.watts * cluster.overhead / 1e6
        carbon = mwh * cluster.g_co2e_per_kwh / 1e3
        return cls(seconds / 86400, hours * cluster.price_per_device_hour, mwh, carbon)


def powers(most: int) -> list[int]:
    """1, 2, 4, ... up to `most`."""
    return [2**i for i in range(int(math.log2(most)) + 1)]
