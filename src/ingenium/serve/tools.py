"""The tools: each is a command of the command line, or a view of its output."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import Any

from ingenium.core.counts import check_count
from ingenium.core.errors import IngeniumError, InputError
from ingenium.serve.access import CALLER, DeniedError
from ingenium.serve.allowed import AllowedFolders
from ingenium.serve.checking import check_request
from ingenium.serve.jobs import Jobs
from ingenium.serve.specs import allowed_spec

QUICK_S = 60.0  # limit after which a question is answered as a running job
POLL_S = 20.0  # that `poll` waits by default
READ_ONLY = (
    "list_problems", "show_problem", "explain", "read", "poll", "docs", "examples"
)  # fmt: skip
Tool = Callable[..., dict[str, Any]]


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

    def all(self) -> tuple[Tool, ...]:
        """The tools that are offered."""
        return (
            self.list_problems,
            self.show_problem,
            self.ask,
            self.propose,
            self.search,
            self.verify,
            self.replay,
            self.infer,
            self.model,
            self.monitor_fit,
            self.monitor_run,
            self.explain,
            self.docs,
            self.examples,
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
        text = allowed_spec(self.folders, problem, spec)
        check_request(problem, None)
        return self._requested("show", problem, spec=text)

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
        place = self._output(out)
        words = ["ask", "--out", str(place), "--overwrite"]
        words += [f"--problem={problem}"] if problem else []
        words += [f"--answer={answer}" for answer in answers or ()]
        return self._requested(*words, "--", request)

    def propose(
        self,
        problem: str,
        out: str,
        spec: str = "",
        number: int = 100,
        seed: int = 0,
        wait_s: float = 0.0,
    ) -> dict[str, Any]:
        """Submit a run: designs are proposed, all are verified, and accepted ones are saved.

        Args:
            problem: its name.
            out: folder for the run, in a folder that is allowed.
            spec: TOML as in the examples; `problem` may be left out. Empty: the problem's limits.
            number: number of designs.
            seed: the same seed gives the same designs.
            wait_s: seconds to wait for its end, at most 60.
        """
        check_count(number, seed)
        words = ["propose", problem, "-n", str(number), "--seed", str(seed)]
        return self._submitted(words, problem, spec, out, wait_s)

    def search(
        self,
        problem: str,
        out: str,
        spec: str = "",
        budget: int = 1000,
        strategy: str = "",
        wait_s: float = 0.0,
    ) -> dict[str, Any]:
        """Submit a search for the best designs that satisfy a spec; a stopped one resumes.

        Args:
            problem: its name.
            out: folder for the search, in a folder that is allowed.
            spec: TOML with limits and objectives.
            budget: calls of the engine.
            strategy: name of the strategy; empty for the problem's default.
            wait_s: seconds to wait for its end, at most 60.
        """
        chosen = [f"--strategy={strategy}"] if strategy else []
        words = ["search", problem, "--budget", str(budget), *chosen]
        return self._submitted(words, problem, spec, out, wait_s)

    def verify(self, problem: str, files: list[str], spec: str = "") -> dict[str, Any]:
        """Measure files and judge them against a spec, whatever their origin.

        Args:
            problem: its name.
            files: in folders that are allowed; files of a run are judged by its own spec.
            spec: TOML; empty for that of the run, or the problem's own limits.
        """
        places = [str(self.folders.place(f)) for f in files]
        checked = self._checked(problem, spec)
        return self._requested("verify", problem, "--", *places, spec=checked)

    def replay(self, folder: str, design: int) -> dict[str, Any]:
        """Reproduce one design of a run, and report whether its evidence is confirmed.

        Args:
            folder: folder of the run.
            design: number of the design.
        """
        return self._requested("replay", str(self.folders.place(folder)), "--design", str(design))

    def infer(
        self, problem: str, out: str, spec: str = "", given: str = "", wait_s: float = 0.0
    ) -> dict[str, Any]:
        """Submit an estimate of a hidden state from measurements, with a check of calibration.

        Args:
            problem: its name, such as "radio.estimate".
            out: folder for the result, in a folder that is allowed.
            spec: TOML of the inference; empty for the problem's own.
            given: file with the measurements, in a folder that is allowed.
            wait_s: seconds to wait for its end, at most 60.
        """
        check_request(problem, None)
        words = ["infer", problem]
        words += ["--given", str(self.folders.place(given))] if given else []
        text = allowed_spec(self.folders, problem, spec)
        return self._started(words, out, wait_s, spec=text)

    def model(self, words: str, data: str, out: str, wait_s: float = 0.0) -> dict[str, Any]:
        """Submit a process model from a sentence and a table over time, with its forecast.

        Args:
            words: description of the process, in a sentence.
            data: CSV with units in its header, in a folder that is allowed.
            out: folder for the result, in a folder that is allowed.
            wait_s: seconds to wait for its end, at most 60.
        """
        table = str(self.folders.place(data))
        return self._started(["model", "--data", table], out, wait_s, last=words)

    def monitor_fit(
        self, streams: str, out: str, spec: str = "", wait_s: float = 0.0
    ) -> dict[str, Any]:
        """Submit the fit of an alarm on streams, judged on held-out events.

        Args:
            streams: folder of a run, or CSV file or folder of such, in a folder that is allowed.
            out: folder for the monitor, in a folder that is allowed.
            spec: TOML of the monitor; empty for the defaults.
            wait_s: seconds to wait for its end, at most 60.
        """
        words = ["monitor", "fit", str(self.folders.place(streams))]
        return self._started(words, out, wait_s, spec=allowed_spec(self.folders, "", spec))

    def monitor_run(
        self, monitor: str, stream: str, out: str, wait_s: float = 0.0
    ) -> dict[str, Any]:
        """Submit a run of a monitor on a stream; the answer says when it raised alarms.

        Args:
            monitor: folder of a fitted monitor, in a folder that is allowed.
            stream: CSV with a header row, in a folder that is allowed.
            out: folder for the report, in a folder that is allowed.
            wait_s: seconds to wait for its end, at most 60.
        """
        places = [str(self.folders.place(one)) for one in (monitor, stream)]
        return self._started(["monitor", "run", *places], out, wait_s)

    def docs(self, page: str = "") -> dict[str, Any]:
        """List the pages of the documentation, or return one.

        Args:
            page: its name, such as "how-to/audit", or PAGE#SECTION; empty for the list.
        """
        return self._requested("docs", "--", *([page] if page else []))

    def examples(self) -> dict[str, Any]:
        """List the example specs of all fields."""
        return self._requested("examples")

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

    def poll(self, job: str, wait_s: float = POLL_S) -> dict[str, Any]:
        """Return the state of a job.

        Args:
            job: its name, as it was submitted.
            wait_s: seconds to wait for its end, at most 60.
        """
        return self.jobs.state(job, wait_s=_bounded(wait_s))

    def stop(self, job: str) -> dict[str, Any]:
        """Stop a job; the same request resumes it.

        Args:
            job: its name.
        """
        return self.jobs.stop(job)

    def _requested(self, *words: str, spec: str | None = None) -> dict[str, Any]:
        return self.jobs.state(self.jobs.submit(words, spec=spec), wait_s=QUICK_S)

    def _submitted(
        self, words: list[str], problem: str, spec: str, out: str, wait_s: float
    ) -> dict[str, Any]:
        self._output(out)
        return self._started(words, out, wait_s, spec=self._checked(problem, spec))

    def _started(
        self, words: list[str], out: str, wait_s: float, *, spec: str | None = None, last: str = ""
    ) -> dict[str, Any]:
        """Submit a command that makes a folder; `last` is an argument that a person wrote."""
        place = self._output(out)
        words = [*words, "--out", str(place)] + (["--", last] if last else [])
        job = self.jobs.submit(words, spec=spec, made=place)
        return self.jobs.state(job, wait_s=_bounded(wait_s)) | {"folder": str(place)}

    def _output(self, out: str) -> Path:
        """Return an output folder, outside of the store of jobs.

        Raises:
            InputError: if it lies there, or outside all folders.
        """
        place = self.folders.place(out)
        if place.is_relative_to(self.jobs.folder.resolve()) or place in self.folders.roots:
            raise InputError("a folder of its own for the output", out[:200], "Write out = run1.")
        return place

    def _checked(self, problem: str, spec: str) -> str | None:
        """Return the spec with allowed files, after a check of its names."""
        text = allowed_spec(self.folders, problem, spec)
        check_request(problem, text)
        return text


def answered(tool: Tool) -> Tool:
    """Wrap a tool: a caller's role is checked, and errors become an answer in three parts."""

    @wraps(tool)
    def run(*args: Any, **kwargs: Any) -> dict[str, Any]:
        try:
            if CALLER.get().role == "viewer" and tool.__name__ not in READ_ONLY:
                raise DeniedError(
                    403, f"expected the role engineer for {tool.__name__}, got viewer"
                )
            return tool(*args, **kwargs)
        except DeniedError as error:
            return _refusal(error) | {"status": error.status, "retry_s": error.retry_s}
        except IngeniumError as error:
            return _refusal(error)

    return run


def _refusal(error: IngeniumError) -> dict[str, Any]:
    parts = {k: getattr(error, k, None) for k in ("expected", "got", "instead")}
    return {"process": "refused", "limits_met": None, "error": {"message": str(error)} | parts}


def _bounded(wait_s: float) -> float:
    return min(max(wait_s, 0.0), QUICK_S) if wait_s == wait_s else 0.0
