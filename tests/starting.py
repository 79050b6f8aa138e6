"""Commands in warm processes of their own: forked from one with the engine loaded."""

import json
import os
import select
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from subprocess import PIPE, Popen
from typing import IO

# Code after the loop runs in the forked process, which exits like one that began here.
SERVING = """
import json, os, sys
import ingenium.cli, ingenium.cli.app, ingenium.cli.outcome, {names}
import ingenium.verbs.propose, ingenium.verbs.search
for line in sys.stdin:
    job = json.loads(line)
    child = os.fork()
    if child == 0:
        break
    print(child, flush=True)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
else:
    sys.exit()
for number, path in enumerate((os.devnull, job["stdout"], job["stderr"])):
    os.dup2(os.open(path, os.O_RDWR | os.O_CREAT), number)
sys.argv = ["ingenium", *job["words"]]
exec(job["hook"])
ingenium.cli.main()
"""
COLD = "import ingenium.cli; ingenium.cli.main()"


class Started:
    """A command that runs; `code` waits for its exit code."""

    def __init__(self, pid: int, code: Callable[[], int], stderr: Path) -> None:
        self.pid, self._code, self._stderr = pid, code, stderr
        self._ended = os.pidfd_open(pid)  # readable once the process has ended

    def runs(self, wait_s: float = 0.0) -> bool:
        """True if it still runs after at most `wait_s` seconds."""
        return not select.select([self._ended], [], [], wait_s)[0]

    def send_signal(self, number: signal.Signals) -> None:
        os.kill(self.pid, number)

    def end(self, wait_s: float = 120.0) -> tuple[int, str]:
        """Exit code and stderr."""
        if self.runs(wait_s):
            self.send_signal(signal.SIGKILL)
        os.close(self._ended)
        return self._code(), self._stderr.read_text()


class Starter:
    """The process from which commands are forked, one at a time.

    Args:
        paths: folders where Python looks for packages first.
        names: modules to import in addition to the engine.
    """

    def __init__(self, *paths: Path, names: str) -> None:
        path = os.pathsep.join([*map(str, paths), *sys.path])
        self._environment = os.environ | {"PYTHONPATH": path}
        self._server = self._python(SERVING.format(names=names), stdin=PIPE, stdout=PIPE)
        assert self._server.stdin is not None
        assert self._server.stdout is not None
        self._asks, self._answers = self._server.stdin, self._server.stdout

    def start(
        self, words: Sequence[str], stderr: Path, *, hook: str = "", stdout: str = os.devnull
    ) -> Started:
        """A command; `hook` may replace parts of the engine before it starts."""
        job = {"words": words, "hook": hook, "stdout": stdout, "stderr": str(stderr)}
        stderr.unlink(missing_ok=True)
        self._asks.write(json.dumps(job) + "\n")
        self._asks.flush()
        return Started(self._answer(), self._answer, stderr)

    def start_cold(
        self,
        words: Sequence[str],
        stderr: Path,
        *,
        stdout: str = os.devnull,
        held: bool = True,
    ) -> Started:
        """A command in a process that has imported nothing yet, as a user's has.

        Args:
            words: the command.
            stderr: a file for its messages.
            stdout: a file for its results.
            held: whether Python buffers its output, as by default.
        """
        more = {"PYTHONUNBUFFERED": "" if held else "1"}
        with stderr.open("w") as file, Path(stdout).open("w") as out:
            process = self._python(COLD, *words, more=more, stdout=out, stderr=file)
        return Started(process.pid, process.wait, stderr)

    def close(self) -> None:
        self._server.communicate(timeout=60)

    def _answer(self) -> int:
        return int(self._answers.readline())

    def _python(
        self, code: str, *words: str, more: Mapping[str, str] = {}, **streams: int | IO[str]
    ) -> "Popen[str]":
        return Popen(
            [sys.executable, "-c", code, *words],
            env=self._environment | more,
            text=True,
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
            **streams,
        )
