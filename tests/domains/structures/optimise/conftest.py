"""pymoto asks for a window system when it is imported, which only works before any other."""

import matplotlib
import pytest

with pytest.MonkeyPatch.context() as patch:
    patch.setattr(matplotlib, "use", lambda *_, **__: None)
    import pymoto  # noqa: F401
