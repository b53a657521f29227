"""Mutual TLS over a real loopback: whoever is not who they should be learns and is told nothing."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from simulators.platform.journal import Journal
from simulators.platform.server import ServerPapers, serve
from sync.breaker import Breaker
from sync.errors import PlatformMisplaced, PlatformUnreachable
from sync.platform import Platform, Wire
from sync.tls import Papers, context_of
from tests.sync.certificates import Pair, authority, vouched
from tests.sync.far_end import far_end
from tests.sync.sender import Sender, line_to, message, relay_of
from tests.sync.test_platform import question


@pytest.fixture(scope="session")
def papers(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Pair]:
    """Make an authority, a stranger's authority, and what both vouched for."""
    folder = tmp_path_factory.mktemp("papers")
    ours, strangers = authority(folder, "ours"), authority(folder, "strangers")
    return {
        "ours": ours,
        "strangers": strangers,
        "platform": vouched(folder, "platform", ours),
        "facility": vouched(folder, "facility", ours),
        "expired": vouched(folder, "expired", ours, expired=True),
        "impostor": vouched(folder, "impostor", strangers),
    }


@contextmanager
def demanding(
    sender: Sender, papers: dict[str, Pair], journal: Journal, platform: str = "platform"
) -> Iterator[str]:
    """Serve the simulator over TLS, to holders of our authority's certificates only."""
    app, _ = far_end(sender.key, sender.clock, journal)
    own = papers[platform]
    shown = ServerPapers(
        certificate=own.certificate, key=own.key, clients=papers["ours"].certificate
    )
    with serve(app, papers=shown) as url:
        yield url


def tls_line(
    url: str, sender: Sender, papers: dict[str, Pair], *, ca: str = "ours", client: str = ""
) -> Platform:
    pair = papers[client] if client else None
    given = Papers(
        ca=papers[ca].certificate,
        certificate=pair.certificate if pair else None,
        key=pair.key if pair else None,
    )
    wire = Wire(batch_max=20, tls=context_of(given), breaker=Breaker(sender.clock))
    return Platform(url, facility="TJ0001", key=sender.key, clock=sender.clock, wire=wire)


def test_who_shows_the_right_papers_is_served(sender: Sender, papers: dict[str, Pair]) -> None:
    journal = Journal()
    sender.put(message("m-1"))
    with (
        demanding(sender, papers, journal) as url,
        tls_line(url, sender, papers, client="facility") as line,
    ):
        assert line.ask(question()).facts["worker"]["name"] == "张合成"
        relay_of(sender, line).run_once()
    assert sender.state("m-1") == "accepted"
    assert len(journal.kept()) == 1


@pytest.mark.parametrize("client", ["", "expired", "impostor"])
def test_without_the_right_client_certificate_nothing_is_taken_and_the_message_waits(
    sender: Sender, papers: dict[str, Pair], client: str
) -> None:
    journal = Journal()
    sender.put(message("m-1"), message("m-2", stay="stay-2"))
    with demanding(sender, papers, journal) as url:
        with tls_line(url, sender, papers, client=client) as line:
            with pytest.raises(PlatformUnreachable) as refused:
                line.ask(question())
            assert refused.value.code == "CLIENT_CERTIFICATE"
            relay = relay_of(sender, line)
            relay.run_once()
            assert relay.quiet_until()
        with sender.store.transaction() as db:
            shown = sender.outbox.get(db, "m-1")
        assert shown.state == "unknown"
        assert shown.reason is not None
        assert shown.reason.code == "CLIENT_CERTIFICATE"
        assert journal.kept() == ()
        sender.clock.forward(seconds=60)
        with tls_line(url, sender, papers, client="facility") as line:
            relay_of(sender, line).run_once()
    assert sorted(one.receipt.id for one in journal.kept()) == ["m-1", "m-2"]


@pytest.mark.parametrize(
    ("platform", "ca"), [("platform", "strangers"), ("expired", "ours"), ("impostor", "ours")]
)
def test_a_platform_that_cannot_prove_itself_is_told_nothing_and_the_message_waits(
    sender: Sender, papers: dict[str, Pair], platform: str, ca: str
) -> None:
    journal = Journal()
    sender.put(message("m-1"))
    with (
        demanding(sender, papers, journal, platform) as url,
        tls_line(url, sender, papers, ca=ca, client="facility") as line,
    ):
        with pytest.raises(PlatformUnreachable) as refused:
            line.ask(question())
        assert refused.value.code == "PLATFORM_CERTIFICATE"
        relay_of(sender, line).run_once()
    with sender.store.transaction() as db:
        shown = sender.outbox.get(db, "m-1")
    assert shown.state == "pending"
    assert shown.reason is not None
    assert shown.reason.code == "PLATFORM_CERTIFICATE"
    assert journal.kept() == ()


def test_without_papers_the_systems_authorities_count(
    sender: Sender, papers: dict[str, Pair]
) -> None:
    assert context_of(Papers()) is None
    with (
        demanding(sender, papers, Journal()) as url,
        line_to(url, sender) as line,
        pytest.raises(PlatformUnreachable) as refused,
    ):
        line.ask(question())
    assert refused.value.code == "PLATFORM_CERTIFICATE"


def test_papers_that_cannot_be_used_are_named(papers: dict[str, Pair], tmp_path: Path) -> None:
    own, other = papers["facility"], papers["impostor"]
    open_to_all = tmp_path / "open.key"
    open_to_all.write_bytes(own.key.read_bytes())
    open_to_all.chmod(0o644)
    missing = tmp_path / "none.pem"
    for given, field in (
        (Papers(ca=missing), "ca"),
        (Papers(ca=own.key), "ca"),
        (Papers(certificate=missing, key=own.key), "client_certificate"),
        (Papers(certificate=own.certificate, key=other.key), "client_certificate"),
        (Papers(key=own.key), "client_certificate"),
        (Papers(certificate=own.certificate, key=open_to_all), "client_key"),
    ):
        with pytest.raises(PlatformMisplaced) as refused:
            context_of(given)
        assert (refused.value.code, refused.value.field) == ("PLATFORM_TLS", field)
