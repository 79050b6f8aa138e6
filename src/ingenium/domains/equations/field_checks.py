"""Checks of networks that learn from what they leave of an equation (PINN)."""

from collections.abc import Iterator, Mapping

from ingenium.evaluate.findings import Commands, Finding

SPEC = """
problem = "equations.field"
[setup]
equation = "burgers"
points = 64
known = 12
[setup.residual]
{residual}
[generator]
family = "pinn"
"""
PLANTED: Mapping[str, str] = {  # what is written, and the cause that has to be told
    "rate = 1.0": "steps too long",
    "rate = 1e-6": "steps too short",
    "steps = 5": "too few steps",
    "width = 1": "too small a network",
    "points = 6": "too few points",
    'activation = "relu"': "no second derivative",
    "held_start = false\nstart_weight = 1e-6": "a start that is not held",
    "coordinate_unit = 0.01": "coordinates out of scale",
    "until = 0.3": "times without points",
    "joined = false": "ends that do not meet",
}
FEW = 400  # steps of a planted failure


def residuals(commands: Commands) -> Iterator[Finding]:
    """Row 32.7: ten planted failures are told with their cause."""
    told = []
    for written, cause in PLANTED.items():
        steps = "" if "steps" in written else f"\nsteps = {FEW}"
        (commands.folder / "field.toml").write_text(SPEC.format(residual=f"{written}{steps}"))
        asked = ("--spec", "field.toml", "-n", 2, "--out", "field", "--overwrite")
        text = commands("propose", "equations.field", *asked).text
        told.append(f"from {cause}" in " ".join(text.split()))
    missed = [w.split("\n")[0] for w, t in zip(PLANTED, told, strict=True) if not t]
    yield Finding(
        f"of {len(told)} planted failures {sum(told)} are told with their cause and what to write"
        + (f": not {', '.join(missed)}" if missed else ""),
        sum(told) >= 0.9 * len(told),
    )
    yield Finding("networks on five equations beside scikit-fem", False, gap=True)
