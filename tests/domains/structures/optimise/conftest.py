"""Import of pymoto, which requests a window system and must come before any other."""

import matplotlib
import pytest

with pytest.MonkeyPatch.context() as patch:
    patch.setattr(matplotlib, "use", lambda *_, **__: None)
    import pymoto  # noqa: F401
