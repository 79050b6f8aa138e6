"""Description of a cluster: devices, links, costs and emissions."""

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
    host_gb_s: Positive | None = None  # to the memory of offloaded moments; None without one
    launch_us: Annotated[float, Field(ge=0)] = 0.0  # least time of a layer, forwards and backwards
    of_layers: bool = False  # whether the peak was measured on layers, waits for memory in it

    @property
    def ridge(self) -> float:
        """FLOP a byte above which a kernel is bound by compute, and below which by memory."""
        return self.tflops * 1e12 / (self.bandwidth_gb_s * 1e9)


@checked(frozen=True, config=_STRICT)
class Link:
    """A connection between devices: latency, and bytes a second after it."""

    gb_s: Positive  # in one direction, of one device
    latency_us: Annotated[float, Field(ge=0)] = 5.0

    def all_reduce_s(self, size: float, ranks: int) -> float:
        """Seconds of a sum over all ranks by a ring algorithm.

        Source: Thakur, Rabenseifner and Gropp, IJHPCA 19(1), 2005, section 4.4.
        """
        return 2 * self.gather_s(size, ranks)

    def gather_s(self, size: float, ranks: int) -> float:
        """Seconds to gather parts of `size` bytes, or to reduce-scatter them, on a ring."""
        if ranks <= 1:
            return 0.0
        return (ranks - 1) * (self.latency_us * 1e-6 + size / ranks / (self.gb_s * 1e9))

    def send_s(self, size: float) -> float:
        """Seconds to send bytes from one rank to the next."""
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
        """Bytes of a device's memory that a model may use."""
        return (self.device.memory_gb - self.reserve_gb) * 1e9

    def link(self, ranks: int, distance: int = 1) -> Link:
        """Return the slowest link of a ring of ranks whose distance is `distance` devices."""
        return self.inside if ranks * distance <= self.per_node else self.between


@dataclass(frozen=True)
class Spending:
    """Time, cost, energy and emissions of a computation on a cluster."""

    days: float
    price: float
    mwh: float
    t_co2e: float

    @classmethod
    def of(cls, cluster: Cluster, seconds: float) -> "Spending":
        """Compute them for all devices at full power for `seconds`."""
        hours = cluster.devices * seconds / 3600
        mwh = hours * cluster.device.watts * cluster.overhead / 1e6
        carbon = mwh * cluster.g_co2e_per_kwh / 1e3
        return cls(seconds / 86400, hours * cluster.price_per_device_hour, mwh, carbon)


def powers(most: int) -> list[int]:
    """Return 1, 2, 4, ... up to `most`."""
    return [2**i for i in range(int(math.log2(most)) + 1)]
