"""Systems of structures, shown by their commands in seconds."""

from collections.abc import Iterator

import xarray as xr
from matplotlib.figure import Figure

from ingenium.evaluate.findings import Commands, Finding, Picture

CANTILEVER = """
problem = "structures.minimum_compliance"
title = "Small cantilevers, light to stiff"
[setup]
preset = "cantilever"
cells = [24, 8]
cell_m = 0.005
designs = 24
[conditions]
volume_fraction = { at_least = 0.35, at_most = 0.55 }
"""


def light_to_stiff(commands: Commands) -> Iterator[Finding | Picture]:
    """Row 25.2: one spec gives a front of shapes between light and stiff, all verified."""
    (commands.folder / "spec.toml").write_text(CANTILEVER)
    done = commands(
        *("propose", "structures.minimum_compliance", "--spec", "spec.toml"),
        *("-n", 24, "--seed", 1, "--out", "shapes"),
    )
    yield Finding("the command ends well", done.code == 0)
    held = done.answer["summary"]["accepted"]
    yield Finding(f"at least 10 shapes hold every limit as files ({held} of 24)", held >= 10)
    check = done.answer["record"]["cross_check"]
    far = check["disagreement"]["compliance"]
    yield Finding(f"scikit-fem finds the same compliance (off by {far:.1g})", far < 1e-6)
    designs = xr.open_dataset(commands.folder / "shapes" / "designs.nc")
    volume, work = designs["volume"].to_numpy(), designs["compliance"].to_numpy()
    light, stiff = volume.argmin(), work.argmin()
    apart = volume[stiff] > 1.2 * volume[light] and work[light] > 1.2 * work[stiff]
    yield Finding("the lightest and the stiffest differ by a fifth in both", bool(apart))
    figure = Figure(figsize=(5.6, 2.2), layout="constrained")
    for axes, i, name in zip(
        figure.subplots(1, 2), (light, stiff), ("lightest", "stiffest"), strict=True
    ):
        axes.imshow(designs["density"].to_numpy()[i].T, cmap="gray_r", origin="lower")
        axes.set_title(f"{name}: {100 * volume[i]:.0f} % of the box", fontsize=9)
        axes.axis("off")
    yield Picture(figure, "Two of the shapes that hold every limit")
