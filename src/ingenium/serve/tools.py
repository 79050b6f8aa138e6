"""The tools: each is a command of the command line, or a view of its output."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ingenium.core.errors import InputError
from ingenium.serve.allowed import AllowedFolders
from ingenium.serve.jobs import Jobs
from ingenium.serve.specs import allowed_spec

QUICK_S = 60.0  # limit after which a question is answered as a running job


@dataclass(frozen=True)
class Tools:
    """Tools that a program may call.

    Long commands are submitted: the answer names a job, and `poll` returns its state. In the answer
    of a job, `process` is how the command ended, and `limits_met` whether designs were judged and
    satisfy their spec: it is null where nothing was judged. `evidence_reproduced`: whether a replay
    reproduced its design.
    """

    folders: AllowedFolders
    jobs: Jobs

    def all(self) -> tuple[Callable[..., dict[str, Any]], ...]:
        """The tools that are offered."""
        return (
            self.list_problems,
            self.show_problem,
            self.ask,
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
        """List every problem of every installed domain, one line each."""
        return self._requested("list")

    def show_problem(self, problem: str, spec: str = "") -> dict[str, Any]:
        """List variables, conditions, quantities with units, limits and setup of a problem.

        Args:
            problem: its name, such as "grid.feeder_day".
            spec: TOML; with it, also how it is understood.
        """
        return self._requested("show", problem, spec=allowed_spec(self.folders, problem, spec))

    def ask(
        self, request: str, out: str, problem: str = "", answers: list[str] | None = None
    ) -> dict[str, Any]:
        """Turn a request in plain words into a spec, or a draft with numbered questions.

        Args:
            request: what is wanted, with numbers and units.
            out: folder for the spec, in a folder that is allowed.
            problem: its name; empty to infer it from the words.
            answers: to the first open question in turn: the number of a choice, or words.
        """
        place = self.folders.place(out)
        words = ["ask", request, "--out", str(place), "--overwrite", "--json"]
        words += ["--problem", problem] if problem else []
        words += [part for answer in answers or () for part in ("--answer", answer)]
        return self._requested(*words)

    def propose(
        self, problem: str, out: str, spec: str = "", number: int = 100, seed: int = 0
    ) -> dict[str, Any]:
        """Submit a run: designs are proposed, all are verified, and accepted ones are saved.

        Args:
            problem: its name.
            out: folder for the run, in a folder that is allowed.
            spec: TOML as in the examples; `problem` may be left out. Empty: the problem's limits.
            number: number of designs.
            seed: the same seed gives the same designs.
        """
        words = ["propose", problem, "-n", str(number), "--seed", str(seed)]
        return self._submitted(words, problem, spec, out)

    def search(
        self, problem: str, out: str, spec: str = "", budget: int = 1000, strategy: str = ""
    ) -> dict[str, Any]:
        """Submit a search for the best designs that satisfy a spec; a stopped one resumes.

        Args:
            problem: its name.
            out: folder for the search, in a folder that is allowed.
            spec: TOML with limits and objectives.
            budget: calls of the engine.
            strategy: name of the strategy; empty for the problem's default.
        """
        chosen = ["--strategy", strategy] if strategy else []
        words = ["search", problem, "--budget", str(budget), *chosen]
        return self._submitted(words, problem, spec, out)

    def verify(self, problem: str, files: list[str], spec: str = "") -> dict[str, Any]:
        """Measure files and judge them against a spec, whatever their origin.

        Args:
            problem: its name.
            files: in folders that are allowed; files of a run are judged by its own spec.
            spec: TOML; empty for that of the run, or the problem's own limits.
        """
        places = [str(self.folders.place(f)) for f in files]
        return self._requested(
            "verify", problem, *places, spec=allowed_spec(self.folders, problem, spec)
        )

    def replay(self, folder: str, design: int) -> dict[str, Any]:
        """Reproduce one design of a run, and report whether its evidence is confirmed.

        Args:
            folder: folder of the run.
            design: number of the design.
        """
        return self._requested("replay", str(self.folders.place(folder)), "--design", str(design))

    def explain(self, folder: str) -> dict[str, Any]:
        """Explain the result of a run: how often each limit is violated, and the nearest design.

        Args:
            folder: folder of a run or search.
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
            "never_satisfied_together": (record.get("search") or record).get("unmet"),
            "notes": record.get("notes", []),
        }

    def read(self, path: str) -> dict[str, Any]:
        """List a folder, or show the beginning of a file.

        Args:
            path: path in a folder that is allowed.
        """
        return self.folders.shown(path)

    def poll(self, job: str, wait_s: float = 0.0) -> dict[str, Any]:
        """Return the state of a job.

        Args:
            job: its name, as it was submitted.
            wait_s: seconds to wait for its end, at most 60.
        """
        return self.jobs.state(job, wait_s=min(max(wait_s, 0.0), QUICK_S))

    def stop(self, job: str) -> dict[str, Any]:
        """Stop a job; the same request resumes it.

        Args:
            job: its name.
        """
        return self.jobs.stop(job)

    def _requested(self, *words: str, spec: str | None = None) -> dict[str, Any]:
        return self.jobs.state(self.jobs.submit(words, spec=spec), wait_s=QUICK_S)

    def _submitted(self, words: list[str], problem: str, spec: str, out: str) -> dict[str, Any]:
        place = self.folders.place(out)
        words = [*words, "--out", str(place)]
        job = self.jobs.submit(words, spec=allowed_spec(self.folders, problem, spec), made=place)
        return self.jobs.state(job) | {"folder": str(place)}
