"""Page of a session: authors, style before and after, what was shown, and what was verified."""

from collections.abc import Iterable
from dataclasses import fields
from html import escape

from ingenium.write.loop import WritingSession
from ingenium.write.style import Style

LABELS = {
    "words": "words", "sentence_words": "words a sentence",
    "sentence_spread": "their standard deviation", "different_words": "different words of 100",
    "word_letters": "letters a word", "speech": "share of speech",
}  # fmt: skip
MOST = 6  # columns of measurements
LISTED = 12  # findings of a kind
CSS = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;"
    "color:#1c2329;background:#fff}h1{font-size:1.7rem}h2{font-size:1.15rem;margin-top:2rem;"
    "border-bottom:1px solid #d5dbe1}table{border-collapse:collapse;font-size:.875rem}"
    "td,th{text-align:left;vertical-align:top;padding:.35rem .9rem .35rem 0;"
    "border-bottom:1px solid #d5dbe1}th{color:#5b6670}td.text{min-width:22rem;max-width:34rem;"
    "white-space:pre-line}.bar{display:flex;height:1.6rem;border-radius:.3rem;overflow:hidden}"
    ".bar span{display:block}.scroll{overflow-x:auto}"
)
COLOURS = ("#2f7fc1", "#b8860b", "#3f9a6b", "#c0648a", "#7b5ea7")


def report(session: WritingSession, before: Style, after: Style) -> str:
    """Return the page as HTML."""
    d = session.document
    parts = [f"<h1>{escape(d.title)}</h1>", _authors(session), _style(before, after)]
    for number, (step, v) in enumerate(session.verified, 1):
        said = ", ".join(f"{k.replace('_', ' ')} {_number(x)}" for k, x in v.measured.items())
        parts.append(f"<h2>Verified, {number}: {escape(step.entries['spec'])}, {v.verdict}</h2>")
        parts.append(f"<p>{escape(said)}</p>")
        parts += [
            f"<h3>{escape(h)}</h3>" + _table(t[0], t[1 : 1 + LISTED]) + _more(len(t) - 1 - LISTED)
            for h, t in v.findings.items()
            if len(t) > 1
        ]
    for step, found in session.proposals:
        names = list(found.shown[0].measured)[:12] if found.shown else []
        varied = [n for n in names if len({s.measured[n] for s in found.shown}) > 1][:MOST]
        rows = [
            (
                str(i),
                s.text.strip(),
                *(_number(s.measured[n]) for n in varied),
                _verdict(session, s.text),
            )
            for i, s in enumerate(found.shown, 1)
        ]
        parts.append(
            f"<h2>{escape(str(step.entries['spec']))}: {found.accepted} of {found.proposed} "
            f"accepted, {len(found.shown)} shown</h2>"
        )
        if step.entries.get("prompt"):
            parts.append(f"<p>Prompt: {escape(step.entries['prompt'])}</p>")
        heads = ("", "text", *(n.replace("_", " ") for n in varied), "decision")
        parts.append(_table(heads, rows))
    steps = [(str(e.sequence), e.kind, e.actor, e.hash[7:19]) for e in session.record.entries]
    parts += ["<h2>Steps</h2>", _table(("", "step", "by", "hash"), steps)]
    body = "\n".join(parts)
    title = escape(d.title)
    return (
        f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        f"<style>{CSS}</style></head><body>\n{body}\n</body></html>\n"
    )


def _more(left: int) -> str:
    return f"<p>and {left} more</p>" if left > 0 else ""


def _authors(session: WritingSession) -> str:
    shares = session.document.shares()
    bar = "".join(
        f'<span style="width:{100 * share:.2f}%;background:{COLOURS[i % len(COLOURS)]}"></span>'
        for i, share in enumerate(shares.values())
    )
    rows = [
        (a.name, a.kind, f"{share:.1%}", str(sum(s.author == a for s in session.document.spans)))
        for a, share in shares.items()
    ]
    files = "draft.md, draft.xml (TEI), draft.html and draft.docx have the author of every span."
    return (
        f'<h2>Who wrote it</h2><div class="bar">{bar}</div>'
        + _table(("author", "", "share of characters", "spans"), rows)
        + f"<p>{files} The record of the session is session.jsonl.</p>"
    )


def _style(before: Style, after: Style) -> str:
    rows = [
        (
            LABELS[f.name],
            _number(float(getattr(before, f.name))),
            _number(float(getattr(after, f.name))),
        )
        for f in fields(Style)
    ]
    return "<h2>Style</h2>" + _table(("", "before", "after"), rows)


def _verdict(session: WritingSession, text: str) -> str:
    return session.record.verdict_on(text)


def _number(value: float) -> str:
    return f"{value:.3g}" if abs(value) < 1000 else f"{value:.0f}"


def _table(heads: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    head = "".join(f"<th>{escape(h)}</th>" for h in heads)
    body = "".join(
        "<tr>"
        + "".join(
            f'<td class="{"text" if h == "text" else ""}">{escape(c)}</td>'
            for h, c in zip(heads, row, strict=True)
        )
        + "</tr>"
        for row in rows
    )
    return f'<div class="scroll"><table><tr>{head}</tr>{body}</table></div>'
