"""The spec that a command line names."""

from pathlib import Path

from ingenium.core.errors import InputError
from ingenium.core.spec import Spec, load, parse
from ingenium.domains import problem_class


def requested(problem: str, path: Path | None) -> Spec:
    """The spec in a file, which may stand in place of the problem, or the bare problem.

    Raises:
        InputError: if the spec is for another problem, or cannot be read.
    """
    if path is None and problem.endswith(".toml"):
        return load(Path(problem))
    if path is None:
        return parse({"problem": problem}, Spec, "what was asked for")
    spec = load(path)
    if spec.problem != problem:
        problem_class(spec.problem)  # a misspelt one is refused with the nearest
        raise InputError(
            expected=f"a spec of {problem}",
            got=f"{path}, a spec of {spec.problem}",
            instead=f"Write {spec.problem} in place of {problem}, or name another file.",
        )
    return spec
