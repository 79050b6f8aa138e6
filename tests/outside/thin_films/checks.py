"""Systems of thin films, shown by their commands."""

from collections.abc import Iterator

from ingenium_book.findings import Commands, Finding

SPEC = """
problem = "thin_films.coating"
[[limits]]
quantity = "mean_reflectance"
at_most = 0.15
"""


def designer(commands: Commands) -> Iterator[Finding]:
    """Row thin_films.2: coatings below a reflectance, written and read again."""
    (commands.folder / "spec.toml").write_text(SPEC)
    asked = ("thin_films.coating", "--spec", "spec.toml")
    made = commands("propose", *asked, "-n", 32, "--out", "run")
    yield Finding("the command ends well", made.code == 0)
    held = made.answer["summary"]["accepted"]
    yield Finding(f"some coatings hold the limit as files ({held} of 32)", held > 0)
    again = commands("verify", *asked, "run/designs/layers.csv")
    same = again.answer["accepted"] == held
    yield Finding("the file that was written is judged in the same way", same)
    yield Finding("light that falls obliquely", False, gap=True)
