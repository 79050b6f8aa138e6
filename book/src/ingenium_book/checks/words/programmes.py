"""A check of programmes: whether texts become them, and the value of redundant lines."""

from collections.abc import Iterator

import numpy as np

from ingenium.domains.words.programme import highs
from ingenium.domains.words.programme.code import programme
from ingenium.domains.words.programme.kinds import KINDS, SAME, apart, redrawn, without
from ingenium.domains.words.programme.reading import read_task
from ingenium.domains.words.programme.task import ADD, WordedTask
from ingenium_book.checks.words.tasks import FRESH, written
from ingenium_book.findings import Commands, Finding

JOBS = (  # large enough that a solver has to branch
    "Ten jobs take Adam 14 minutes, Berta 9, Carl 22, Dora 17, Emil 6, Frida 12, Gustav 19, "
    "Hanna 11, Ida 8 and Jan 15. Three equal machines stand ready. Finish the last job as early "
    "as possible."
)


def modeller(commands: Commands) -> Iterator[Finding]:
    """Row 31.14, its second half: texts of all kinds as programmes."""
    requested = [t for t in (*written(), *written(FRESH)) if t[1] in KINDS]
    same = sum(same(*one) for one in requested)
    yield Finding(
        f"programmes of {same} of {len(requested)} texts of {len(KINDS)} kinds have the optimum of "
        "another way on five sets of redrawn numbers",
        same == len(requested),
    )
    caught = [found for text, *_ in requested for found in _caught(read_task(text))]
    yield Finding(
        f"of {len(caught)} constraints that were left out {sum(caught)} are caught by it",
        all(caught),
    )
    task = read_task(JOBS)
    usual, detected = (_worth((task, *redrawn(task)), own=own) for own in (True, False))
    yield Finding(
        "lines that order equal machines cut the iterations of HiGHS, which looks for symmetries "
        f"itself, to {usual:.2f} of what they are without (median of six sets of numbers)",
        usual < 1,
        gap=True,
    )
    yield Finding(
        f"without that search of its own they cut them to {detected:.2f}", detected < 1, gap=True
    )


def same(text: str, kind: str, data: dict[str, object]) -> bool:
    """True if a text was read as meant, and all its programmes have the true optimum."""
    task = read_task(text)
    sets = (task, *redrawn(task))
    gaps = [
        apart(highs.optimum(programme(lines, one.names)), one.optimum())
        for lines in task.programmes().values()
        for one in sets
    ]
    return task.kind.name == kind and dict(task.data) == data and max(gaps) <= SAME


def _caught(task: WordedTask) -> Iterator[bool]:
    """Yield for each constraint of each programme whether its omission is detected."""
    sets = redrawn(task)
    truths = [one.optimum() for one in sets]
    for name, lines in task.programmes().items():
        if name not in task.kind.tight:
            for line in filter(lambda row: ADD in row, lines.splitlines()):
                yield any(without(o, lines, line, x) for o, x in zip(sets, truths, strict=True))


def _worth(sets: tuple[WordedTask, ...], *, own: bool) -> float:
    """Median ratio of iterations with redundant lines to those without."""
    plain, helped = (
        [_iterations(one.programmes()[name], one, own=own) for one in sets]
        for name in ("loads", "loads_falling")
    )
    return float(np.median(np.array(helped) / np.array(plain)))


def _iterations(lines: str, task: WordedTask, *, own: bool) -> int:
    one = highs.loaded(programme(lines, task.names))
    one.setOptionValue("mip_detect_symmetry", own)
    one.run()
    return int(one.getInfo().simplex_iteration_count)
