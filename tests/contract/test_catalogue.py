"""The contract of `language.localise`, and catalogues that break what programs rely on."""

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from ingenium.testing import Damage, ProblemContract
from ingenium.testing.forging import UnfitFileError


def _po(change: Callable[[str], str], path: Path) -> None:
    """Change the PO file, without its companion."""
    file = path / "de.po"
    before = file.read_text()
    if change(before) == before:
        raise UnfitFileError
    file.write_text(change(before))
    (path / "de.xlf").unlink()


def _swap(old: str, new: str) -> Damage:
    return partial(_po, lambda text: text.replace(old, new))


class TestCatalogue(ProblemContract):
    problem_name = "language.localise"
    few = 3

    def forgeries(self) -> Mapping[str, Mapping[str, Damage]]:
        return {
            "po": {
                "without a placeholder": _swap("an %s speichern", "speichern"),
                "with another placeholder": _swap("an %s speichern", "an %d speichern"),
                "with one plural form": _swap('msgstr[1] "%d Dateien kopiert"\n', ""),
                "with another source": _swap('msgid "Open"', 'msgid "Close"'),
                "without its label": _swap("X-Automatic-Translation", "X-Human-Translation"),
                "with a translator": _swap(
                    '"Language: de', '"Last-Translator: Eva\\n"\n"Language: de'
                ),
                "that does not compile": _swap('msgstr "Öffnen"', 'msgstr "Öffnen'),
                "with other plural rules": _swap("nplurals=2", "nplurals=3"),
                "with another number": _swap("Seite 7", "Seite 8"),
                "far too long": _swap('msgstr "Öffnen"', f'msgstr "{"Öffnen " * 9}"'),
                "without the space at its end": _swap("Speichern als: ", "Speichern als:"),
            }
        }
