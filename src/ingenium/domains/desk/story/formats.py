"""Stories as files: Markdown for texts, Twee for trees; DOCX and ODT are read."""

from pathlib import Path

from ingenium.core.errors import InputError
from ingenium.core.formats.text_files import TextFiles
from ingenium.core.quantity import Variable
from ingenium.core.reading.office import office_text
from ingenium.domains.desk.story.drafts import checked_draft
from ingenium.domains.desk.story.tree import read_tree
from ingenium.write.files import OPEN

STORY, MOST = "story", 8 << 20  # bytes of a file


def story_variable(longest: int) -> Variable:
    """Return the variable of texts of at most some characters."""
    return Variable(STORY, (), "1", "text of a continuation, a draft or a tree", longest=longest)


def markdown(variable: Variable) -> TextFiles:
    """Return the format of texts as Markdown; word processors' files are read as well."""

    def taken(found: str, file: Path) -> str:
        return checked_draft(found.rpartition(OPEN)[0] if OPEN in found else found, file.name)

    office = ((".docx", office_text), (".odt", office_text))
    endings = (".md", ".txt", ".docx", ".odt")
    return TextFiles(variable, "md", "story", "a text in words", endings, MOST, taken, str, office)


def twee(variable: Variable) -> TextFiles:
    """Return the format of trees as Twee."""

    def taken(found: str, file: Path) -> str:
        if read_tree(found) is None:
            raise InputError(
                "Twee with a passage Start, and nothing above the first one", f"{file}"
            )
        return checked_draft(found, file.name)

    return TextFiles(variable, "twee", "story", "a tree as Twee", (".twee", ".tw"), MOST, taken)
