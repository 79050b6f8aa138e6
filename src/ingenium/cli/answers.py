"""Output of commands with `--json` and files of runs, as types: the source of the schemas."""

from typing import Annotated, Any, NotRequired

from pydantic import ConfigDict, Field, with_config
from typing_extensions import TypedDict

from ingenium.cli import artifact_answers as own
from ingenium.cli.ask_answers import AskAnswer, DocumentsAnswer
from ingenium.core.evidence import EvidenceRecord
from ingenium.core.quantity import Condition, Quantity, Variable
from ingenium.core.setups import SetupEntry
from ingenium.core.spec import Limit, Spec
from ingenium.domains import Listing
from ingenium.evaluate.limits import Summary
from ingenium.runs.audit import Audited
from ingenium.runs.conflicts import Unmet
from ingenium.runs.judged import FolderJudgements

Table = dict[str, Any]
Versioned = Annotated[str, Field(pattern=r"^sha256:[0-9a-f]{64}$|^$")]


class Refusal(TypedDict):
    """Refusal of a command, with the reason."""

    kind: str
    message: str
    page: NotRequired[str]
    expected: NotRequired[str]
    got: NotRequired[str]
    instead: NotRequired[str]


class Refused(TypedDict):
    """The error of any command."""

    error: Refusal


class Problems(TypedDict):
    """`list`: what can be asked for."""

    domains: list[Listing]


class SettingOffer(TypedDict):
    """An entry of `[setup]`."""

    name: str
    type: str
    default: Any


class InputOffer(TypedDict):
    """An input that a spec may give."""

    name: str
    form: str
    needed: bool


class EngineName(TypedDict):
    """Engine that measures."""

    name: str
    version: str
    tier: str


class ShowAnswer(TypedDict):
    """`show`: all that a problem declares."""

    name: str
    summary: str
    settings: list[SettingOffer]
    setup: list[SetupEntry]
    understood: Spec | None
    variables: list[Variable]
    sizes: dict[str, int]
    inputs: list[InputOffer]
    given: list[str]
    conditions: list[Condition]
    quantities: list[Quantity]
    limits: list[Limit]
    fixable: list[str]
    steerable: list[str]
    formats: list[str]
    engines: list[EngineName]
    default_family: str
    families: dict[str, str]
    licence: str
    notes: list[str]


class Copied(TypedDict):
    """`examples`: what there is, and where it was copied to."""

    folder: str | None
    examples: list[str]


class Fitted(TypedDict):
    """`fit`: the generator that is kept now."""

    problem: str
    family: str
    model: Versioned
    from_cache: bool
    fit: Table


@with_config(ConfigDict(extra="allow"))
class RunRecord(TypedDict):
    """`run.json` or `search.json`: where all of a run comes from."""

    problem: str
    n: int
    spec: Spec
    limits: list[Limit]
    exported: list[int]
    origin: Table
    engine: dict[str, str]
    cross_check: Table | None
    data_licence: str
    notes: list[str]
    versions: dict[str, str]
    machine: Table
    seconds: dict[str, float]
    peak_memory_mb: float


class Proposed(TypedDict):
    """`propose`: the outcome."""

    problem: str
    folder: str
    report: str
    summary: Summary
    exported: list[int]
    record: RunRecord


class Searched(Proposed):
    """`search`: the outcome, and the reason to stop."""

    strategy: str
    why: str
    unmet: Unmet | None
    last: Table
    screen: Table | None


class RunState(TypedDict):
    """The integrity of the folder of a run."""

    folder: str
    sealed: bool
    entry: int | None
    faults: list[str]


class Verified(TypedDict):
    """`verify`: what was measured on files."""

    problem: str
    spec: str | None
    engine: str
    limits: list[str]
    accepted: int
    altered: list[str]
    designs: list[Audited]
    runs: list[RunState]


class JudgedFolders(TypedDict):
    """`verify --out`: the judgement of folders."""

    folder: str
    report: str
    judged: FolderJudgements


class LedgerEntry(TypedDict):
    """`ledger show`: one event."""

    sequence: int
    time: str
    kind: str
    actor: str
    body: Any
    body_digest: str
    previous: str
    hash: str


class LedgerEntries(TypedDict):
    """`ledger list`: the newest events."""

    ledger: str
    entries: list[LedgerEntry]


class LedgerState(TypedDict):
    """`ledger check`: whether it is what was written."""

    ledger: str
    intact: bool | None
    head: str | None
    faults: list[Any]


class LedgerFile(TypedDict):
    """`ledger export` and `ledger report`: what was written."""

    file: str
    entries: int
    form: NotRequired[str]


class AccessAnswer(TypedDict):
    """`ledger access`: who may do what."""

    ledger: str
    access: list[Table]


class Signed(TypedDict):
    """`ledger sign`: the entry that was appended."""

    hash: str
    actor: str
    body: Any


class Signatures(TypedDict):
    """`ledger verify-signatures`: every sign-off, and whether it holds."""

    sign_offs: list[Table]


class Schemas(TypedDict):
    """`schema`: names of all."""

    schemas: list[str]


class Installed(TypedDict):
    """`doctor --install`: what was."""

    installed: Any


@with_config(ConfigDict(extra="allow"))
class Health(TypedDict):
    """`doctor`: what is installed, what is missing, and where things lie."""

    ingenium: str
    packages: list[Table]
    missing: dict[str, str]
    domains: list[Listing]


class Pages(TypedDict):
    """`docs`: titles by page."""

    pages: dict[str, str]


class PageText(TypedDict):
    """`docs PAGE`: one of them."""

    page: str
    text: str


class CardText(TypedDict):
    """`card model` and `card data`."""

    head: Table
    text: str
    file: str | None


class PackAnswer(TypedDict):
    """`pack`: what a conformity record found."""

    folder: str
    frameworks: list[Table]


class Published(TypedDict):
    """`publish`: whether the gate was passed."""

    published: bool
    crate: str | None
    checks: list[Table]
    principles: Table


class BookRows(TypedDict):
    """`study list`: rows of the evidence book."""

    folder: str
    counts: dict[str, int]
    rows: list[Table]


class BookState(TypedDict):
    """`study audit`: whether all stored outcomes hold."""

    folder: str
    checked: int
    faults: list[str]


FILES: dict[str, Any] = {
    "spec": Spec,
    "evidence": EvidenceRecord,
    "summary": Summary,
    "artifact": own.ArtifactAnswer,
}
ANSWERS: dict[str, Any] = {
    "list": Problems,
    "show": ShowAnswer | own.ArtifactAnswer,
    "examples": Copied,
    "ask": AskAnswer | DocumentsAnswer | Proposed,
    "fit": Fitted | own.ArtifactAnswer,
    "plan": own.PlannedLayouts,
    "roofline": own.MeasuredRoofline,
    "propose": Proposed,
    "search": Searched,
    "verify": Verified | JudgedFolders,
    "replay": own.ReplayAnswer,
    "compare": list[Table],
    "doctor": Health | Installed,
    "posterior methods": own.PosteriorMethods,
    "models families": own.ModelFamilies,
    "models people": own.PeopleTogether,
    "models read": own.ReadProcesses,
    "monitor run": own.HeardStream,
    "monitor families": own.MonitorFamilies,
    "monitor compare": dict[str, Table],
    "edge lend": own.LentGenerator,
    "docs": Pages | PageText,
    "card": CardText,
    "pack": PackAnswer,
    "publish": Published,
    "ledger list": LedgerEntries,
    "ledger show": LedgerEntry,
    "ledger check": LedgerState,
    "ledger export": LedgerFile,
    "ledger report": LedgerFile,
    "ledger access": AccessAnswer,
    "ledger sign": Signed,
    "ledger verify-signatures": Signatures,
    "schema": Schemas,
    "study list": BookRows,
    "study show": Table,
    "study run": Table,
    "study check": Table,
    "study audit": BookState,
    "error": Refused,
}
