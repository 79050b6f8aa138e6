"""Reader of MPS and LP by HiGHS in a separate process, which `highs.py` starts.

HiGHS 1.16 hangs on some damaged files, such as a column with one word in its line and an empty line
after it. The system ends this process after a second or two of CPU time.
"""

import json
import math
import os
import resource
import sys
from typing import Any

import highspy

SECONDS = 1  # of CPU time, for a file
KINDS = {highspy.HighsVarType.kContinuous, highspy.HighsVarType.kInteger}


def read(path: str) -> dict[str, Any] | None:
    """Return columns, rows and objective of a file.

    None if HiGHS cannot read it, or if it holds more than a linear programme: a quadratic
    objective, or variables that are zero or at least their lower bound.
    """
    one = highspy.Highs()  # type: ignore[no-untyped-call]
    one.setOptionValue("output_flag", False)
    if one.readModel(path) != highspy.HighsStatus.kOk:
        return None
    model = one.getLp()
    if one.getModel().hessian_.dim_ or not KINDS.issuperset(model.integrality_):
        return None
    matrix = model.a_matrix_
    return {
        "names": list(model.col_names_),
        "lower": list(model.col_lower_),
        "upper": list(model.col_upper_),
        "whole": [x == highspy.HighsVarType.kInteger for x in model.integrality_],
        "row_lower": list(model.row_lower_),
        "row_upper": list(model.row_upper_),
        "by_row": matrix.format_ == highspy.MatrixFormat.kRowwise,
        "start": list(matrix.start_),
        "index": list(matrix.index_),
        "value": list(matrix.value_),
        "cost": list(model.col_cost_),
        "offset": model.offset_,
        "most": model.sense_ == highspy.ObjSense.kMaximize,
    }


def main() -> None:
    """Answer each line with a line, until the pipe is closed."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # where HiGHS greets
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    for line in sys.stdin:
        used = resource.getrusage(resource.RUSAGE_SELF)
        until = math.ceil(used.ru_utime + used.ru_stime) + SECONDS
        resource.setrlimit(resource.RLIMIT_CPU, (until, hard))
        json.dump(read(json.loads(line)), answers)
        answers.write("\n")
        answers.flush()


if __name__ == "__main__":
    main()
