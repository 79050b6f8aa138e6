"""Tutorials as executable steps: their blocks, and the output of these.

Of the fenced blocks of a tutorial,

- `console` holds commands after `$ `, each followed by what it printed, which is filled in; a
  command that ends with a backslash goes on after `> ` in the next line;
- `sh` holds commands whose output is not shown;
- `python` runs with what the earlier ones of the page defined; a block `text title="Output"` right
  behind it shows what it printed, and is filled in;
- any block with another title is saved as a file of that name.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

BLOCK = re.compile(r"^```(\w+)(?: title=\"([^\"]+)\")?\n(.*?)^```$", re.DOTALL | re.MULTILINE)
OUTPUT = "Output"
PROMPT, GOES_ON = "$ ", "> "


@dataclass(frozen=True)
class Step:
    """One step of a reader: runs a command or some Python, or saves a file."""

    kind: str  # "command", "python" or "file"
    text: str  # of the command, the code or the file
    name: str = ""  # of the file


def steps(page: str) -> Iterator[Step]:
    """Yield the steps of a reader of a page, in order."""
    for match in BLOCK.finditer(page):
        language, title, body = match.groups()
        if language == "console":
            yield from (Step("command", plain(shown)) for shown in requested(body))
        elif language == "sh":
            yield from (Step("command", line) for line in body.splitlines() if line)
        elif title and title != OUTPUT:
            yield Step("file", body, title)
        elif language == "python":
            yield Step("python", body)


def requested(body: str) -> list[str]:
    """The commands of a console block as shown, with their prompts."""
    found: list[str] = []
    for line in body.splitlines():
        if line.startswith(PROMPT):
            found.append(line)
        elif found and found[-1].endswith("\\") and line.startswith(GOES_ON):
            found[-1] += f"\n{line}"
    return found


def plain(shown: str) -> str:
    """A command in one line, without prompts."""
    return re.sub(rf" *\\\n{GOES_ON} *", " ", shown).removeprefix(PROMPT)


def with_outputs(page: str, printed: Mapping[str, str]) -> str:
    """Fill in the output of a page's commands and Python, by their text.

    Raises:
        KeyError: for one that was not run.
    """
    python = ""

    def one(match: re.Match[str]) -> str:
        nonlocal python
        language, title, body = match.groups()
        if language == "python":
            python = body
        if language == "console":
            shown = (f"{x}\n{printed[plain(x)]}" for x in requested(body))
            return f"```console\n{''.join(shown)}```"
        if title == OUTPUT:
            return f'```text title="{OUTPUT}"\n{printed[python]}```'
        return match[0]

    return BLOCK.sub(one, page)
