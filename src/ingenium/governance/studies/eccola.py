"""What the components of ECCOLA could be shown by, as the chapter names them.

A component has its artefact where all that is named here is there. Nothing is named where
no record, file or test of this project is about it.

Source: Vakkuri, Kemell and Abrahamsson, ECCOLA, SEAA 2020, by the chapter's list of its themes.
"""

from collections.abc import Mapping
from types import MappingProxyType

What = Mapping[str, str]  # as `governance.pack.look` takes it

COMPONENTS: Mapping[str, tuple[What, ...]] = MappingProxyType(
    {
        "transparency, explainability, traceability": (
            {"part": "ledger.jsonl"},
            {"part": "model_card"},
            {"run": "origin.code"},
            {"run": "origin.data"},
        ),
        "communication": (
            {"file": "README.md"},
            {"file": "docs/reference/output.md"},
            {"file": "CHANGELOG.md"},
        ),
        "documented trade-offs": (),
        "reliability": ({"run": "cross_check"}, {"test": "tests/test_replay.py"}),
        "privacy and quality of data": (
            {"part": "data_card"},
            {"run": "privacy"},  # no run says how near its designs come to known ones
        ),
        "accessibility": (),
        "agency and oversight": ({"entry": "sign-off"}, {"entry": "publish"}),
        "safety and security": ({"study": "37.17"}, {"study": "34.14"}),
        "fairness": (),
        "participation": (),
        "social and environmental impact": ({"run": "energy"},),
        "accountability": ({"entry": "sign-off"}, {"part": "record.json"}),
        "redress": (),
        "minimised harm": (
            {"study": "37.17"},
            {"test": "tests/domains/molecules/test_safety.py"},
        ),
    }
)
