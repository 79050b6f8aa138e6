"""One engine for generative engineering and science: propose, verify, store the evidence.

```python
import ingenium

run = ingenium.propose("examples/grid/winter_evening_peak.toml", n=1000, seed=7)
run.table  # a row a design; also run.accepted, run.evidence, run.plot("min_voltage")
again = ingenium.open_run("out/grid.feeder_day")
```

A spec is a `Spec`, the path of a TOML file, or a dictionary with the same entries.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ingenium.core.spec import Spec
    from ingenium.core.spec import load as load_spec
    from ingenium.domains import open_problem
    from ingenium.runs.search_plan import SearchPlan
    from ingenium.searches.stopping import Stop
    from ingenium.verbs.fit import fit
    from ingenium.verbs.propose import propose
    from ingenium.verbs.replay import open_run, replay
    from ingenium.verbs.search import search
    from ingenium.verbs.verify import judge, verify

__version__ = "0.1.0"
__all__ = [
    "SearchPlan",
    "Spec",
    "Stop",
    "__version__",
    "fit",
    "judge",
    "load_spec",
    "open_problem",
    "open_run",
    "propose",
    "replay",
    "search",
    "verify",
]
_PLACES = {
    "SearchPlan": "runs.search_plan:SearchPlan",
    "Spec": "core.spec:Spec",
    "Stop": "searches.stopping:Stop",
    "fit": "verbs.fit:fit",
    "load_spec": "core.spec:load",
    "open_problem": "domains:open_problem",
    "open_run": "verbs.replay:open_run",
    "propose": "verbs.propose:propose",
    "replay": "verbs.replay:replay",
    "search": "verbs.search:search",
    "judge": "verbs.verify:judge",
    "verify": "verbs.verify:verify",
}


def __dir__() -> list[str]:
    """Return the public names, which are imported when they are used, for completion."""
    return sorted(__all__)


def __getattr__(name: str) -> object:
    """Import the engine, and PyTorch with it, when it is first used; a spec needs neither."""
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module, _, member = _PLACES[name].partition(":")
    return getattr(import_module(f"{__name__}.{module}"), member)
