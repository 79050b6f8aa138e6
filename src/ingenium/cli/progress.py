"""Progress by stage on stderr: a bar in a terminal, plain lines elsewhere."""

import sys
import time
from contextlib import ExitStack
from types import TracebackType

from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    SpinnerColumn,
    Task,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.text import Text

from ingenium.cli.output import errors
from ingenium.cli.stopping import heed_stop
from ingenium.core.remarks import hearing

EVERY_S = 10.0  # between two lines of a long stage, where there is no terminal


class StageRate(ProgressColumn):
    """Steps per second of a stage, or seconds per step where a step takes longer."""

    def render(self, task: Task) -> Text:
        """Return the rate as text; empty before the first step."""
        speed = task.finished_speed or task.speed
        if not speed:
            return Text("")
        return Text(f"{speed:.3g}/s" if speed >= 1 else f"{1 / speed:.3g} s each")


class StageProgress:
    """Shows the stages of a run; call it with stage, done and total."""

    def __init__(self) -> None:
        self._bar: Progress | None = None
        self._task: TaskID | None = None
        self._stage = ""
        self._said = 0.0
        self._remarks = ExitStack()

    def __enter__(self) -> "StageProgress":
        self._remarks.enter_context(hearing(self.say))
        console = errors()
        if console.is_terminal:
            self._bar = Progress(
                SpinnerColumn(),
                TextColumn("{task.description}"),
                BarColumn(),
                MofNCompleteColumn(),
                StageRate(),
                TimeElapsedColumn(),
                TextColumn("left"),
                TimeRemainingColumn(),
                console=console,
            )
            self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._remarks.close()
        if self._bar is not None:
            if error is None:
                self._finish()
            self._bar.stop()

    def __call__(self, stage: str, done: int, total: int) -> None:
        """Note that `done` of `total` steps of a stage are done."""
        heed_stop()
        fresh = stage != self._stage
        if self._bar is not None:
            if fresh:
                self._finish()
                self._task = self._bar.add_task(stage, total=total)
            if self._task is not None:
                self._bar.update(self._task, completed=done, total=total)
        elif fresh or time.monotonic() - self._said > EVERY_S or done == total > 1:
            count = f" {done}/{total}" if total > 1 else ""
            print(f"{stage}{count}", file=sys.stderr, flush=True)
            self._said = time.monotonic()
        self._stage = stage

    def say(self, text: str) -> None:
        """A sentence, above the bar where there is one."""
        console = errors() if self._bar is None else self._bar.console
        console.print(text, highlight=False, markup=False, soft_wrap=True)

    def _finish(self) -> None:
        """Fill the bar of the stage that has just ended."""
        if self._bar is not None and self._task is not None:
            total = self._bar.tasks[self._task].total
            self._bar.update(self._task, completed=total)
