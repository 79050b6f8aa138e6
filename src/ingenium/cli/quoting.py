"""`ask --documents`: a question, and sentences of documents with the quotes that they stand on."""

from pathlib import Path

from ingenium.cli.ending import UNMET
from ingenium.cli.output import errors, print_json, results

ANSWER, TRANSCRIPT = "answer.json", "transcript.jsonl"


def answer(text: str | bytes, folder: Path, out: Path, replayed: Path | None, json: bool) -> int:
    """Print and write the answer; how the command ends."""
    import json as files

    from ingenium.core.folders import make_folder, write_atomic
    from ingenium.language.endpoint import ModelEndpoint
    from ingenium.words.answering import answered, reported
    from ingenium.words.likeness import usual
    from ingenium.words.passages import DocumentSet

    documents = DocumentSet.of(folder)
    model = ModelEndpoint.usual(replayed)
    memory = usual()
    found = answered(text, documents, model, memory)
    if memory is not None:
        memory.save()
    table = reported(found, documents)
    make_folder(out)
    write_atomic(out / ANSWER, files.dumps(table, indent=1) + "\n")
    if model is not None:
        model.write(out / TRANSCRIPT)
    if json:
        print_json(table)
        return 0 if found.sentences else UNMET
    console = results()
    for one in found.sentences:
        where = f"{one.quote.file}:{one.quote.start}-{one.quote.end}"
        console.print(one.text, markup=False, highlight=False)
        console.print(f"  {where}", style="dim", markup=False, highlight=False)
    for said, why in found.withheld:
        errors().print(f"Held back: {said} ({why})", markup=False, highlight=False)
    if not found.sentences:
        errors().print("Not found in these documents.", highlight=False, style="bold")
        for near in found.nearest:
            said = f"Nearest, and no answer: {' '.join(near.text.split())}"
            errors().print(said, markup=False, highlight=False)
            where = f"  {near.file}:{near.start}-{near.end}"
            errors().print(where, style="dim", markup=False, highlight=False)
        return UNMET
    console.print(f"\n{out / ANSWER} holds the quotes.", highlight=False)
    return 0
