"""Workers as actors of Ray: of a running cluster, or of a Ray that is started here."""

import socket
import traceback
from collections.abc import Sequence
from typing import Any

from ingenium.core.errors import EngineError, IngeniumError, InputError, MissingExtra
from ingenium.scale.place import WorkPlace
from ingenium.scale.port import Answer, Make, MeetingStore, SiteWorker, Task, reserved_store

REACH_S = 5.0  # to reach a head


class RaySite:
    """Backend of Ray Core actors, each with a core and placed by Ray.

    Source: Moritz et al., OSDI 2018, arXiv:1712.05889.
    """

    def __init__(self, place: WorkPlace) -> None:
        """Connect to the head, or start a Ray of this machine.

        Raises:
            MissingExtra: if Ray is not installed.
            InputError: if no Ray answers at the address, or one of an incompatible version.
        """
        try:
            import ray
        except ImportError as error:
            raise MissingExtra("ray", "ray") from error
        self.count = place.count
        self._ray: Any = ray
        self._own = not ray.is_initialized()
        quiet: dict[str, Any] = {"log_to_driver": False, "logging_level": "ERROR"}
        if place.address:
            _reach(place)
            try:
                ray.init(f"ray://{place.address}", **quiet)
            except (ConnectionError, RuntimeError) as error:  # another service, another version
                raise _unreached(place, error) from error
        elif self._own:
            cores = max(place.count, 1)
            ray.init(num_cpus=cores, include_dashboard=False, **quiet)
        self._actor = ray.remote(num_cpus=1)(RayTasks)

    def hire(self, make: Make) -> "RayWorker":
        """Start an actor."""
        return RayWorker(self._ray, self._actor.remote(make))

    def first(self, busy: Sequence[SiteWorker], patience_s: float) -> SiteWorker | None:
        """Return the first worker whose task is done, or whose actor has died."""
        requested = {w.future: w for w in busy if isinstance(w, RayWorker) and w.future is not None}
        done, _ = self._ray.wait(list(requested), num_returns=1, timeout=patience_s)
        return requested[done[0]] if done else None

    def meet(self, wait_s: float) -> MeetingStore:
        """Open a store at the address of this process, as the nodes see it."""
        return reserved_store(str(self._ray.util.get_node_ip_address()), wait_s)

    def close(self) -> None:
        """Leave the cluster; stop a Ray that was started here."""
        if self._own:
            self._ray.shutdown()


class RayTasks:
    """The class of an actor, which answers tasks."""

    def __init__(self, make: Make) -> None:
        import torch

        torch.set_num_threads(1)
        self._make = make
        self._answer: Any = None

    def do(self, task: Task) -> Answer:
        """Return the answer, or the error as a value."""
        try:
            self._answer = self._answer or self._make()
            return self._answer(task)
        except IngeniumError as error:
            return error
        except Exception:  # noqa: BLE001 - it becomes an error of the engine with the same text
            return EngineError(traceback.format_exc())


class RayWorker:
    """An actor and its current task."""

    def __init__(self, ray: Any, actor: Any) -> None:
        self._ray, self._actor = ray, actor
        self.future: Any = None

    def send(self, task: Task) -> None:
        """Send a task."""
        self.future = self._actor.do.remote(task)

    def heard(self) -> Answer | None:
        """Wait for its answer; None if the actor has died.

        Raises:
            IngeniumError: an error of the worker.
        """
        try:
            found = self._ray.get(self.future)
        except self._ray.exceptions.RayActorError:
            self._actor = None
            return None
        if isinstance(found, BaseException):
            raise found
        return found

    def alive(self) -> bool:
        """Return whether its actor is not known to have died."""
        return self._actor is not None

    def leave(self) -> None:
        """Do nothing: `end` ends an actor."""

    def end(self) -> int | None:
        """End it; an actor has no exit code."""
        if self._actor is not None:
            self._ray.kill(self._actor)
            self._actor = None
        return None


def _reach(place: WorkPlace) -> None:
    """Refuse an address at which nothing listens, before Ray tries it for minutes."""
    host, _, port = place.address.rpartition(":")
    try:
        socket.create_connection((host, int(port)), timeout=REACH_S).close()
    except OSError as error:
        raise _unreached(place, error) from error


def _unreached(place: WorkPlace, error: Exception) -> InputError:
    return InputError(
        "the head of a Ray cluster that can be reached",
        f"{place.address} ({str(error).strip().splitlines()[0]})",
        "Start one: ray start --head --ray-client-server-port 10001; and see its firewall.",
    )
