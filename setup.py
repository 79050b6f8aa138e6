"""Puts the documents into the built package, where `ingenium docs` finds them."""

from pathlib import Path
from shutil import copyfile

from setuptools import setup
from setuptools.command.build_py import build_py

ROOT = Path(__file__).resolve().parent


class WithDocuments(build_py):
    """Copies every page beside the code, in the folders that it has in the repository."""

    def run(self) -> None:
        super().run()
        if self.editable_mode:
            return
        for page in [*ROOT.glob("*.md"), ROOT / "NOTICE", *(ROOT / "docs").rglob("*.md")]:
            place = Path(self.build_lib) / "ingenium" / "documents" / page.relative_to(ROOT)
            place.parent.mkdir(parents=True, exist_ok=True)
            copyfile(page, place)


setup(cmdclass={"build_py": WithDocuments})
