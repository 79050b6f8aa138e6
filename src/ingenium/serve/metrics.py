"""Counts and seconds of requests, as Prometheus reads them.

Source: Prometheus, Exposition formats, text format 0.0.4.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

WITHIN_S = (0.05, 0.1, 0.2, 0.5, 1.0, 5.0, 30.0)


@dataclass
class Metrics:
    """Counters of a server; labels are names of routes, never what a caller wrote."""

    requests: Counter[tuple[str, int]] = field(default_factory=Counter)  # route, status
    seconds: dict[str, float] = field(default_factory=dict)  # sums by route
    within: Counter[tuple[str, float]] = field(default_factory=Counter)

    def note(self, route: str, status: int, seconds: float) -> None:
        """Count a request that ended."""
        self.requests[route, status] += 1
        self.seconds[route] = self.seconds.get(route, 0.0) + seconds
        for bound in WITHIN_S:
            self.within[route, bound] += seconds <= bound

    def text(self, now: Mapping[str, int], counts: Mapping[str, int]) -> str:
        """Return all metrics; `now` are gauges, and `counts` further counters."""
        return "\n".join(self._lines(now, counts)) + "\n"

    def _lines(self, now: Mapping[str, int], counts: Mapping[str, int]) -> Iterator[str]:
        yield "# TYPE ingenium_requests_total counter"
        for (route, status), count in sorted(self.requests.items()):
            yield f'ingenium_requests_total{{route="{route}",status="{status}"}} {count}'
        yield "# TYPE ingenium_request_seconds histogram"
        for route, total in sorted(self.seconds.items()):
            count = sum(n for (name, _), n in self.requests.items() if name == route)
            for bound in WITHIN_S:
                inside = self.within[route, bound]
                yield f'ingenium_request_seconds_bucket{{route="{route}",le="{bound}"}} {inside}'
            yield f'ingenium_request_seconds_bucket{{route="{route}",le="+Inf"}} {count}'
            yield f'ingenium_request_seconds_sum{{route="{route}"}} {total:.6f}'
            yield f'ingenium_request_seconds_count{{route="{route}"}} {count}'
        for kind, values in (("gauge", now), ("counter", counts)):
            for name, value in values.items():
                yield f"# TYPE ingenium_{name} {kind}"
                yield f"ingenium_{name} {value}"
