"""The tools: each is a command of the command line, or a look at what one wrote."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ingenium.core.errors import InputError
from ingenium.serve.allowed import AllowedFolders
from ingenium.serve.jobs import Jobs

QUICK_S = 60.0  # that a question may take before it is answered as a job that runs


@dataclass(frozen=True)
class Tools:
    """What a program may ask for.

    Whatever takes long is submitted: the answer names a job, and `poll` says how it stands. Each
    answer of a job keeps two things apart: `process` says how the command ended, `limits_met`
    whether designs hold their spec (for `verify` and `replay`: whether files and evidence do).
    """

    folders: AllowedFolders
    jobs: Jobs

    def all(self) -> tuple[Callable[..., dict[str, Any]], ...]:
        """Those that are offered."""
        return (
            self.list_problems,
            self.show_problem,
            self.propose,
            self.search,
            self.verify,
            self.replay,
            self.explain,
            self.read,
            self.poll,
            self.stop,
        )

    def list_problems(self) -> dict[str, Any]:
        """Every problem of every installed domain, one line each."""
        return self._asked("list")

    def show_problem(self, problem: str, spec: str = "") -> dict[str, Any]:
        """Variables, conditions, quantities with units, limits and setup of a problem.

        Args:
            problem: its name, such as "grid.feeder_day".
            spec: TOML; with it, also how it is understood.
        """
        return self._asked("show", problem, spec=_spec(problem, spec))

    def propose(
        self, problem: str, out: str, spec: str = "", number: int = 100, seed: int = 0
    ) -> dict[str, Any]:
        """Submit a run: designs are proposed, all of them verified, those that hold are kept.

        Args:
            problem: its name.
            out: folder for the run, in a folder that is allowed.
            spec: TOML as in the examples; `problem` may be left out. Empty: the problem's limits.
            number: of designs.
            seed: the same seed gives the same designs.
        """
        words = ["propose", problem, "-n", str(number), "--seed", str(seed)]
        return self._submitted(words, problem, spec, out)

    def search(
        self, problem: str, out: str, spec: str = "", budget: int = 1000, strategy: str = ""
    ) -> dict[str, Any]:
        """Submit a search for the best designs that hold a spec; a stopped one goes on.

        Args:
            problem: its name.
            out: folder for the search, in a folder that is allowed.
            spec: TOML with limits and objectives.
            budget: calls of the engine.
            strategy: its name; empty for that of the problem.
        """
        chosen = ["--strategy", strategy] if strategy else []
        words = ["search", problem, "--budget", str(budget), *chosen]
        return self._submitted(words, problem, spec, out)

    def verify(self, problem: str, files: list[str], spec: str = "") -> dict[str, Any]:
        """Measure files and judge them against a spec, wherever they come from.

        Args:
            problem: its name.
            files: in folders that are allowed; files of a run are judged as that run was asked.
            spec: TOML; empty for that of the run, or the problem's own limits.
        """
        places = [str(self.folders.place(f)) for f in files]
        return self._asked("verify", problem, *places, spec=_spec(problem, spec))

    def replay(self, folder: str, design: int) -> dict[str, Any]:
        """Make one design of a run again, and say whether its evidence is reproduced.

        Args:
            folder: of the run.
            design: its number.
        """
        return self._asked("replay", str(self.folders.place(folder)), "--design", str(design))

    def explain(self, folder: str) -> dict[str, Any]:
        """Why a run kept what it kept: how often each limit is violated, and what is nearest.

        Args:
            folder: of a run or search.
        """
        from ingenium.runs.artifacts import RUN_RECORDS

        place = self.folders.place(folder)
        records = [place / name for name in RUN_RECORDS if (place / name).is_file()]
        if not records or not (place / "summary.json").is_file():
            raise InputError("the folder of a finished run", folder, "Propose or search first.")
        summary = json.loads((place / "summary.json").read_text())
        limits = sorted(summary["limits"], key=lambda x: -x["broken"])
        record = json.loads(records[0].read_text())
        return {
            "proposed": summary["proposed"],
            "accepted": summary["accepted"],
            "failed": summary["failed"],
            "limits_most_broken_first": limits,
            "nearest": summary["nearest"],
            "never_held_together": (record.get("search") or record).get("unmet"),
            "notes": record.get("notes", []),
        }

    def read(self, path: str) -> dict[str, Any]:
        """What a folder holds, or how a file begins.

        Args:
            path: in a folder that is allowed.
        """
        return self.folders.shown(path)

    def poll(self, job: str, wait_s: float = 0.0) -> dict[str, Any]:
        """How a job stands.

        Args:
            job: its name, as it was submitted.
            wait_s: seconds to wait for its end, at most 60.
        """
        return self.jobs.state(job, wait_s=min(max(wait_s, 0.0), QUICK_S))

    def stop(self, job: str) -> dict[str, Any]:
        """Stop a job; the same request goes on from where it was.

        Args:
            job: its name.
        """
        return self.jobs.stop(job)

    def _asked(self, *words: str, spec: str | None = None) -> dict[str, Any]:
        return self.jobs.state(self.jobs.submit(words, spec=spec), wait_s=QUICK_S)

    def _submitted(self, words: list[str], problem: str, spec: str, out: str) -> dict[str, Any]:
        place = self.folders.place(out)
        words = [*words, "--out", str(place)]
        job = self.jobs.submit(words, spec=_spec(problem, spec), made=place)
        return self.jobs.state(job) | {"folder": str(place)}


def _spec(problem: str, spec: str) -> str | None:
    """The spec with the problem's name, which callers say apart."""
    if not spec.strip():
        return None
    named = any(line.split("=")[0].strip() == "problem" for line in spec.splitlines())
    return spec if named else f'problem = "{problem}"\n{spec}'
