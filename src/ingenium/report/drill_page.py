"""The page of a drill: what befell the workers, and that the fit came out the same."""

from typing import Any

from matplotlib.figure import Figure

from ingenium.core.folders import write_atomic
from ingenium.drawing.figures import picture
from ingenium.report.template import template
from ingenium.report.words import energy
from ingenium.verbs.drill import FinishedDrill

COLOURED = (
    "Each dot is a step. Red and violet: a worker is lost and nobody knows; grey: new ones start, "
    "and go on from the last checkpoint."
)
LOSS = "Held-out loss at each check, for each place of a text; dotted: a fault."
SAME = " Both courses lie on each other."
COLOURS = {"worker killed": "tab:red", "link of a worker cut": "tab:purple"}


def write(made: FinishedDrill) -> None:
    """`report.html` in the folder of the drill."""
    record = made.record
    figures = [
        ("Training over the faults", COLOURED, _steps(made)),
        ("Loss", LOSS + (SAME if record["holds"] else ""), _losses(record)),
    ]
    page = template("posterior.html.jinja").render(
        title=record["title"],
        lead=_lead(record),
        calibrated=record["holds"],
        reasons=[] if record["holds"] else ["The fit under faults is not the undisturbed one."],
        figures=[(h, t, picture(f, f"f{i}")) for i, (h, t, f) in enumerate(figures)],
        tables=[("Faults", _faults(record)), ("What it came to", _sums(record))],
        notes=record["notes"],
    )
    write_atomic(made.folder / "report.html", page)


def _lead(record: Any) -> str:
    count = len(record["faults"])
    how = "the weights of" if record["same_weights"] else "other weights than"
    return (
        f"{record['problem']} was fitted over {record['workers']} workers as {record['layout']}; "
        f"{count} fault{'' if count == 1 else 's'} befell it, and it ended with {how} an "
        "undisturbed fit"
    )


def _steps(made: FinishedDrill) -> Figure:
    figure = Figure(figsize=(5.4, 2.6), layout="constrained")
    axes = figure.subplots()
    times, steps = zip(*made.beats, strict=True)
    axes.plot(times, steps, ".", ms=4, color="tab:blue")
    for fault in made.record["faults"]:
        at, colour = fault["at_s"], COLOURS.get(fault["what"], "0.4")
        axes.axvspan(at, at + fault["seen_s"], color=colour, alpha=0.25, lw=0)
        axes.axvspan(at + fault["seen_s"], at + fault["recovered_s"], color="0.8", alpha=0.5, lw=0)
        axes.annotate(
            fault["what"], (at + fault["seen_s"], 0.97), xycoords=("data", "axes fraction"),
            rotation=90, ha="left", va="top", fontsize=8, color=colour,
        )  # fmt: skip
    axes.set(xlabel="seconds since the fit began", ylabel="step", xlim=(0, None), ylim=(0, None))
    return figure


def _losses(record: Any) -> Figure:
    figure = Figure(figsize=(5.4, 2.6), layout="constrained")
    axes = figure.subplots()
    for (name, course), style in zip(record["courses"].items(), ("o", "-"), strict=True):
        axes.plot(course["step"], course["held_out"], style, label=name, mfc="none")
    for fault in record["faults"]:
        axes.axvline(fault["step"], color=COLOURS.get(fault["what"], "0.4"), lw=0.8, ls=":")
    axes.set(xlabel="step", ylabel="held-out loss, nats")
    axes.legend(frameon=False)
    return figure


def _faults(record: Any) -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = [
        ("fault", "at step", "seen after, s", "trained again after, s", "steps redone")
    ]
    for own in record["faults"]:
        times = (f"{own['seen_s']:.1f}", f"{own['recovered_s']:.1f}")
        rows.append((own["what"], str(own["step"]), *times, str(own["redone"])))
    return rows


def _sums(record: Any) -> list[tuple[str, ...]]:
    return [
        ("", ""),
        ("held-out loss under faults", f"{record['loss']:.8g}"),
        ("undisturbed", f"{record['undisturbed_loss']:.8g}"),
        ("mean time to recover", f"{record['mean_time_to_recover_s']:.1f} s"),
        ("availability of training", f"{record['availability']:.1%}"),
        ("electricity", energy(record["energy"])),
        ("data", record["data"]),
        ("weights", record["weights"]),
        ("ledger", record["ledger"]),
    ]
