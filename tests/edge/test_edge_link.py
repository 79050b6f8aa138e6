"""Offloading over a network: the same designs with it, without it, and when it ends in between."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pytest
import torch
from edge_nets import case, writer

from ingenium.core.errors import InputError
from ingenium.edge.link import (
    AT_ONCE,
    DESIGNS,
    STATE,
    HelpedProposals,
    HelpedRunner,
    HelpLink,
    Lender,
    Service,
    place,
)
from ingenium.edge.parts import GraphRunner, Runner, part_of
from ingenium.edge.quantise import Scheme

FILES = "sha256:0"
COND = torch.linspace(-1, 1, 16).reshape(8, 2)


@pytest.fixture(scope="module")
def runners() -> dict[str, Runner]:
    own = {name: case(writer(), name, Scheme()).made for name in ("told", "step")}
    return {name: GraphRunner(graph) for name, graph in own.items()}


def drawn(runners: dict[str, Runner]) -> tuple[torch.Tensor, torch.Tensor]:
    """Designs, and the next number of the random generator."""
    family: Any = part_of(writer(), "toy").seated(writer(), runners)
    rng = torch.Generator().manual_seed(4)
    return family.propose(COND, rng), torch.rand(3, generator=rng)


@contextmanager
def lent(runners: dict[str, Runner]) -> Iterator[tuple[Lender, str]]:
    family: Any = part_of(writer(), "toy").seated(writer(), runners)
    lender = Lender.of(FILES, runners, family.propose)
    with lender.server("127.0.0.1", 0) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield lender, f"127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


def helped(runners: dict[str, Runner], link: HelpLink) -> dict[str, Runner]:
    return {k: HelpedRunner(own, k, link) for k, own in runners.items()}


def test_who_does_a_step_changes_no_number(runners: dict[str, Runner]) -> None:
    alone = drawn(runners)
    with lent(runners) as (lender, address):
        found = drawn(helped(runners, HelpLink(address, FILES)))
        assert lender.requested["told"] == 1
        assert lender.requested["step"] > 2
    assert all(map(torch.equal, found, alone))


def test_a_device_goes_on_when_its_help_ends(runners: dict[str, Runner]) -> None:
    with lent(runners) as (_, address):
        link = HelpLink(address, FILES)
        like = dict(runners["told"]({"cond": COND}))
        assert link.ask("told", {"cond": COND}, like) is not None
    assert link.ask("told", {"cond": COND}, like) is None
    assert all(map(torch.equal, drawn(helped(runners, link)), drawn(runners)))
    assert link.answered == 1


def test_whole_designs_come_as_if_they_had_been_drawn_here(runners: dict[str, Runner]) -> None:
    alone = drawn(runners)
    family: Any = part_of(writer(), "toy").seated(writer(), runners)
    with lent(runners) as (lender, address):
        rng = torch.Generator().manual_seed(4)
        own = HelpedProposals(family.propose, HelpLink(address, FILES, 10.0))(COND, rng)
        assert lender.requested == {DESIGNS: 1}
    assert torch.equal(own, alone[0])
    assert torch.equal(torch.rand(3, generator=rng), alone[1])


def test_what_cannot_be_run_is_answered_by_nothing(runners: dict[str, Runner]) -> None:
    like = dict(runners["told"]({"cond": COND}))
    with lent(runners) as (lender, address):
        assert HelpLink(address, FILES).ask("steal", {"cond": COND}, like) is None
        assert HelpLink(address, FILES).ask("told", {"cond": COND[:, :1]}, like) is None
        many = {"cond": COND[:1].expand(AT_ONCE + 1, -1), STATE: torch.Generator().get_state()}
        assert HelpLink(address, FILES, 10.0).ask(DESIGNS, many, like) is None
        assert lender.answer(b"\x80\x04rubbish") == lender.answer(b"")
        assert lender.requested == {}


def test_a_machine_with_other_files_does_not_help(runners: dict[str, Runner]) -> None:
    with lent(runners) as (lender, address):
        link = HelpLink(address, "sha256:1")
        assert all(map(torch.equal, drawn(helped(runners, link)), drawn(runners)))
        assert link.answered == 0
        assert link.silent_until > 0
        assert lender.requested == {}


Answer = Callable[[dict[str, torch.Tensor]], dict[str, torch.Tensor]]
LIES: dict[str, Answer] = {
    "another name": lambda reported: {f"{k}s": v for k, v in reported.items()},
    "one left out": lambda reported: dict(list(reported.items())[1:]),
    "one too many": lambda reported: {**reported, "more": COND},
    "a row less": lambda reported: {k: v[1:] for k, v in reported.items()},
    "another width": lambda reported: {k: torch.cat([v, v], -1) for k, v in reported.items()},
    "another kind": lambda reported: {k: v.double() for k, v in reported.items()},
    "not finite": lambda reported: {k: v * torch.nan for k, v in reported.items()},
    "no state": lambda reported: {**reported, STATE: torch.zeros_like(reported[STATE])},
}


def lying(honest: Service, lie: Answer) -> Service:
    return lambda given: lie(dict(honest(given)))


@pytest.mark.parametrize("lie", LIES)
def test_what_answers_something_else_does_not_help(runners: dict[str, Runner], lie: str) -> None:
    alone = drawn(runners)
    with lent(runners) as (lender, address):
        for name, honest in list(lender.services.items()):
            if lie == "no state" and name != DESIGNS:
                continue
            lender.services[name] = lying(honest, LIES[lie])
        if lie != "no state":
            link = HelpLink(address, FILES)
            assert all(map(torch.equal, drawn(helped(runners, link)), alone))
            assert link.answered == 0
        family: Any = part_of(writer(), "toy").seated(writer(), runners)
        rng = torch.Generator().manual_seed(4)
        link = HelpLink(address, FILES, 10.0)
        assert torch.equal(HelpedProposals(family.propose, link)(COND, rng), alone[0])
        assert torch.equal(torch.rand(3, generator=rng), alone[1])


def test_what_answers_byte_after_byte_is_not_waited_for(runners: dict[str, Runner]) -> None:
    ended = threading.Event()

    def trickle(server: socket.socket) -> None:
        line, _ = server.accept()
        with line, suppress(OSError):
            line.sendall((1000).to_bytes(4, "big"))
            while not ended.wait(0.05):
                line.sendall(b" ")

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=trickle, args=(server,))
        thread.start()
        link = HelpLink(f"127.0.0.1:{server.getsockname()[1]}", FILES, 0.2)
        assert link.ask("told", {"cond": COND}, {"about": COND}) is None
        ended.set()
        thread.join()


def test_what_is_no_address_is_refused() -> None:
    for wrong in ("7711", "edge:", "edge:port", "edge:0", "edge:70000"):
        with pytest.raises(InputError, match=r"192\.168\.1\.20:7711"):
            place(wrong)


def test_an_address_that_is_taken_is_told(runners: dict[str, Runner]) -> None:
    with lent(runners) as (lender, address):
        with pytest.raises(InputError, match="an address of this machine that is free"):
            lender.server(*place(address))
        with pytest.raises(InputError, match="an address of this machine that is free"):
            lender.server("203.0.113.7", 7711)  # of documents, and unassigned
