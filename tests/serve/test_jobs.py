"""Jobs and folders of the tool server: once for each request, nothing outside."""

from pathlib import Path
from typing import Any

import pytest

from ingenium.core.errors import InputError
from ingenium.serve.allowed import PREVIEW, AllowedFolders
from ingenium.serve.jobs import Jobs
from ingenium.serve.tools import Tools

WAIT_S = 60.0


@pytest.fixture
def jobs(tmp_path: Path) -> Jobs:
    return Jobs(tmp_path / "jobs")


def test_a_question_is_answered_by_the_command(jobs: Jobs) -> None:
    found = jobs.state(jobs.submit(["list"]), wait_s=WAIT_S)
    assert (found["process"], found["limits_met"]) == ("done", None)  # nothing was judged
    assert "evidence_reproduced" not in found
    assert "grid.feeder_day" in str(found["answer"])


def test_wrong_input_is_refused_in_three_parts(jobs: Jobs) -> None:
    found = jobs.state(jobs.submit(["show", "grid.no_such"]), wait_s=WAIT_S)
    assert (found["process"], found["limits_met"]) == ("refused", None)
    assert "grid.no_such" in found["answer"]["error"]["got"]


def test_the_same_request_is_one_job_while_its_folder_stands(jobs: Jobs, tmp_path: Path) -> None:
    made = tmp_path / "made"
    made.mkdir()
    name = jobs.submit(["list"], made=made)
    assert jobs.submit(["list"], made=made) == name
    jobs.state(name, wait_s=WAIT_S)
    answer = jobs.folder / name / "answer.json"
    answer.write_text('{"told": "before"}')
    after = Jobs(jobs.folder)  # the server was started again
    assert after.state(after.submit(["list"], made=made))["answer"] == {"told": "before"}
    made.rmdir()
    assert after.state(after.submit(["list"], made=made), wait_s=WAIT_S)["answer"] != {
        "told": "before"
    }
    assert after.submit(["list"], spec="x = 1", made=made) != name
    after.end()


def test_a_question_is_asked_again(jobs: Jobs) -> None:
    name = jobs.submit(["list"])
    jobs.state(name, wait_s=WAIT_S)
    (jobs.folder / name / "answer.json").write_text("{}")
    assert jobs.submit(["list"]) == name
    assert "grid.feeder_day" in str(jobs.state(name, wait_s=WAIT_S)["answer"])


def test_a_long_answer_is_a_path_and_its_beginning(jobs: Jobs) -> None:
    found = jobs.state(jobs.submit(["study", "list"]), wait_s=WAIT_S)
    text = Path(found["answer_path"]).read_text()
    assert len(text) > PREVIEW
    assert text.startswith(found["preview"])
    assert not found["whole"]


def test_a_job_that_ended_while_nobody_looked_is_lost_and_can_be_asked_for_again(
    jobs: Jobs,
) -> None:
    (jobs.folder / "abc").mkdir(parents=True)
    assert jobs.state("abc")["process"] == "lost"
    for name in ("never", "../abc", ""):
        with pytest.raises(InputError, match="Submit it first"):
            jobs.state(name)


def test_stopping_ends_the_process(jobs: Jobs) -> None:
    name = jobs.submit(["mcp", "--folder", str(jobs.folder / "own")])  # waits for its input
    jobs.end()
    assert jobs.state(name)["process"] != "running"


@pytest.mark.parametrize("named", ["/etc", "..", "a/../../b", "link/x", "~/x\0"])
def test_nothing_outside_is_read_or_written(tmp_path: Path, named: str) -> None:
    inside = tmp_path / "inside"
    folders = AllowedFolders.of((inside,))
    (inside / "link").symlink_to(tmp_path)
    with pytest.raises(InputError, match="got"):
        folders.shown(named)
    tools = Tools(folders, Jobs(inside / "jobs"))
    with pytest.raises(InputError, match="got"):
        tools.propose("thin_films.coating", out=named)
    assert not (inside / "jobs").exists()


def test_files_are_shown_as_far_as_they_are_short(tmp_path: Path) -> None:
    folders = AllowedFolders.of((tmp_path,))
    contents: dict[str, bytes] = {
        "text": "a\u00e4".encode(),
        "long": b"x" * 90_000,
        "data": b"\xff\x00",
    }
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
    shown: dict[str, Any] = {name: folders.shown(name) for name in contents}
    assert (shown["text"]["preview"], shown["text"]["whole"]) == ("a\u00e4", True)
    assert (len(shown["long"]["preview"]), shown["long"]["whole"]) == (PREVIEW, False)
    assert shown["data"]["preview"] is None
    assert [e["name"] for e in folders.shown(".")["entries"]] == sorted(contents)
