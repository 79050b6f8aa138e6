"""A draft of a spec as TOML: what was understood, and the open places as comments."""

import tomli_w

from ingenium.core.spec import Spec, as_table
from ingenium.words.reading import OpenQuestion
from ingenium.words.replies import Reply

SHOWN = 12  # names of quantities in a comment
WIDTH = 100  # letters of a line of comments


def draft(reply: Reply) -> str:
    """The draft of a reply that is not complete."""
    lines = [f"# A draft: {len(reply.questions)} open, none of it has run."]
    for number, question in enumerate(reply.questions, 1):
        lines += _open(number, question)
    if reply.made is not None:
        body = short(reply.made.spec)
    elif reply.contract is not None:
        body = f'problem = "{reply.contract.problem}"\n'
    else:
        body = ""
    return "\n".join([*lines, "", body.rstrip(), *_names(reply), ""])


def short(spec: Spec) -> str:
    """A spec as TOML without the entries that are as they would be anyway."""
    usual = as_table(Spec(spec.problem))
    table = {name: part for name, part in as_table(spec).items() if part != usual.get(name)}
    return tomli_w.dumps({"problem": spec.problem, **table})


def _open(number: int, question: OpenQuestion) -> list[str]:
    lines = [f"# {number}. {_flat(question.text)}"]
    return [*lines, *(f"#    {_flat(c.says or c.text)}" for c in question.choices)]


def _names(reply: Reply) -> list[str]:
    """Names that could stand in the open places."""
    contract = reply.contract
    if contract is None:
        return []
    lines = ["", "# Names that a spec of this problem can use:"]
    for kind, reported in (("limit", "limits"), ("condition", "conditions"), ("setup", "setup")):
        own = [e.name for e in contract.entries if e.kind == kind]
        shown = ", ".join(own[:SHOWN]) + (", ..." if len(own) > SHOWN else "")
        lines += [f"#   {reported}: {shown}"] if own else []
    return [*lines, f"# ingenium show {contract.problem} says what each of them is."]


def _flat(text: str) -> str:
    return " ".join(text.split())[: 2 * WIDTH]
