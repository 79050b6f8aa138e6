"""Puts documents and examples into the built package, where commands find them."""

from pathlib import Path
from shutil import copyfile

from setuptools import setup
from setuptools.command.build_py import build_py

ROOT = Path(__file__).resolve().parent


class WithDocuments(build_py):
    """Copies every page and example into the package, in the folders of the repository."""

    def run(self) -> None:
        super().run()
        if self.editable_mode:
            return
        examples = [
            p for p in (ROOT / "examples").rglob("*") if p.suffix in (".py", ".toml", ".csv")
        ]
        pages = [*ROOT.glob("*.md"), ROOT / "NOTICE", *(ROOT / "docs").rglob("*.md")]
        for page in [*pages, *examples]:
            place = Path(self.build_lib) / "ingenium" / "documents" / page.relative_to(ROOT)
            place.parent.mkdir(parents=True, exist_ok=True)
            copyfile(page, place)


setup(cmdclass={"build_py": WithDocuments})
