"""The shipped configuration of a group's servers: it gathers, and no campus hears another's.

The files are taken as they are; paths, addresses and the second campus are put in.
"""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from sync.group import again_subject, ask_subject, receipt_subject, up_subject
from sync.line import Silence
from sync.stream import Address, PubAck, Stream
from sync.stream_api import api
from sync.streams import (
    HUB,
    OFFICE,
    PullPlan,
    down_plan,
    group_plan,
    inbox,
    receipts_plan,
    up_plan,
)
from sync.tls import Papers, context_of
from tests.house.source import ROOT
from tests.nats_server import NatsServer, ports_of_our_own, running
from tests.sync.certificates import authority, vouched

A, B, SMALL = "TJ0001", "BJ0002", "TJ0009"
SECRETS = {
    "NATS_STORE_KEY": "k0123456789abcdef",
    "NATS_OFFICE_PASSWORD": "o0123456789",
    "NATS_EDGE_PASSWORD": "e0123456789",
    "NATS_TJ0009_PASSWORD": "s0123456789",
}
NAME = "510100198001010019"


_DENIED_S = 0.2
"""A server says nothing of what it does not pass on."""


@dataclass
class Group:
    """The office and two campuses, each at its own server."""

    office: Stream
    campuses: Mapping[str, Stream]
    folders: list[Path]
    places: Mapping[str, str]


def words(name: str, folder: Path, places: Mapping[str, str]) -> str:
    """Return a shipped file with the tests' own places in it."""
    text = (ROOT / "config/nats" / name).read_text(encoding="utf-8")
    assert [shipped for shipped in places if shipped not in text] == []
    usual = {"/etc/nats": str(folder), "/var/lib/nats": str(folder)}
    for shipped, ours in {**places, **usual}.items():
        text = text.replace(shipped, ours)
    return text


def entries(text: str) -> str:
    """Enter the second campus as the first is."""
    head, mark, rest = text.partition(f'    {{ user: "CN={A}"')
    entry, end, tail = rest.partition("    } }\n")
    whole = mark + entry + end
    return head + whole + whole.replace(A, B) + tail


def uncommented(text: str, above: str) -> str:
    """Put in force the lines that stand as a comment below the one that says ``above``."""
    before, mark, after = text.partition(above)
    lines = after.split("\n")
    end = next(n for n, line in enumerate(lines[1:], 1) if not line.strip().startswith("#"))
    block = [line.replace("# ", "", 1) for line in lines[1:end]]
    return "\n".join([before + mark + lines[0], *block, *lines[end:]])


@pytest.fixture(scope="module")
def four_ports() -> Iterator[list[int]]:
    with ports_of_our_own(4) as ports:
        yield ports


@pytest.fixture(scope="module")
def group(tmp_path_factory: pytest.TempPathFactory, four_ports: list[int]) -> Iterator[Group]:
    folder = tmp_path_factory.mktemp("group")
    ca = authority(folder, "group-ca")
    vouched(folder, "office", ca)
    door, port, *ports = four_ports
    places = {
        'listen: "127.0.0.1:4222"\n': "",
        "0.0.0.0:4222": f"127.0.0.1:{port}",
        "0.0.0.0:7422": f"127.0.0.1:{door}",
        "office.example:7422": f"127.0.0.1:{door}",
    }
    text = entries(words("hub.conf", folder, places))
    text = uncommented(uncommented(text, "# For small sites"), "# A small site")
    servers = {"": NatsServer(folder / "hub", text, port, door, SECRETS)}
    for facility, own in zip((A, B), ports, strict=True):
        papers = vouched(folder, facility, ca)
        places = {
            "127.0.0.1:4222": f"127.0.0.1:{own}",
            "office.example:7422": f"127.0.0.1:{door}",
            "/etc/nats/campus.pem": str(papers.certificate),
            "/etc/nats/campus.key": str(papers.key),
            "/var/lib/nats/campus": str(folder / f"store-{facility}"),
        }
        text = words("campus.conf", folder, places).replace(A, facility)
        servers[facility] = NatsServer(folder / f"leaf-{facility}", text, own, 0, SECRETS)
    with ExitStack() as open_now:
        for server in servers.values():
            open_now.enter_context(running(server))
        over_tls = Papers(ca=ca.certificate), f"tls://127.0.0.1:{port}"
        streams = {
            "": stream_at(*over_tls, user="office", secret="NATS_OFFICE_PASSWORD", box="_INBOX"),
            SMALL: stream_at(
                *over_tls, user=SMALL, secret="NATS_TJ0009_PASSWORD", box=inbox(SMALL)
            ),
        }
        for facility in (A, B):
            near = servers[facility].url
            streams[facility] = stream_at(
                Papers(), near, user="edge", secret="NATS_EDGE_PASSWORD", box=inbox(facility)
            )
        for stream in streams.values():
            open_now.callback(stream.close)
        folders = [folder / "office", folder / "store-TJ0001"]
        yield _declared(streams, folders, {one: servers[one].url for one in servers})


def stream_at(papers: Papers, url: str, *, user: str, secret: str, box: str) -> Stream:
    address = Address(
        servers=(url,),
        name=user,
        user=user,
        password=SECRETS[secret],
        tls=context_of(papers),
        inbox=box,
    )
    return Stream(address)


def _declared(streams: dict[str, Stream], folders: list[Path], places: Mapping[str, str]) -> Group:
    office = streams.pop("")
    for facility in (A, B):
        assert streams[facility].declare(up_plan(facility)) is None
    receipts = map(receipts_plan, (A, B, SMALL))
    assert office.declare(group_plan([A, B], [SMALL]), down_plan(), OFFICE, *receipts) is None
    return Group(office, streams, folders, places)


def bodies(stream: Stream, plan: PullPlan, count: int, domain: str = "") -> list[bytes]:
    found: list[bytes] = []
    while len(found) < count:
        came = stream.fetch(plan, batch=count, wait_s=5.0, domain=domain)
        assert isinstance(came, list)
        assert came
        for one in came:
            found.append(one.body)
            one.ack()
    return found


def test_over_tls_the_office_gathers_all_and_each_campus_hears_its_own(group: Group) -> None:
    for facility, campus in group.campuses.items():
        kept = campus.publish(up_subject(facility, "stay-1"), facility.encode(), f"{facility}-1")
        assert isinstance(kept, PubAck)
        group.office.publish(receipt_subject(facility), b"for " + facility.encode(), f"{facility}")
    assert set(bodies(group.office, OFFICE, 3)) == {one.encode() for one in group.campuses}
    for facility, campus in group.campuses.items():
        assert bodies(campus, receipts_plan(facility), 1, HUB) == [b"for " + facility.encode()]


def test_a_campus_reaches_the_offices_stream_past_its_own(group: Group) -> None:
    campus = group.campuses[A]
    kept = campus.publish(again_subject(A, "stay-1"), b"once more", "a-again")
    assert isinstance(kept, PubAck)
    assert kept.stream == "GROUP"
    assert bodies(group.office, OFFICE, 1) == [b"once more"]


@pytest.mark.parametrize("who", [A, SMALL])
def test_a_campus_neither_speaks_in_anothers_name_nor_hears_what_is_anothers(
    group: Group, who: str
) -> None:
    group.office.publish(receipt_subject(B), b"not for you", f"b-9-{who}")
    assert group.office.serve("ask.*", "office", lambda _asked: b"answered") is None
    spy = group.campuses[who]
    told = spy.request(ask_subject(who), b"", 5.0)
    while isinstance(told, Silence):  # the leaf hears of a new listener a moment later
        told = spy.request(ask_subject(who), b"", 5.0)
    tried = [
        spy.request(ask_subject(B), b"", _DENIED_S),
        spy.fetch(receipts_plan(B), batch=1, wait_s=_DENIED_S, domain=HUB),
        spy.publish(receipt_subject(B), b"forged", f"f-1-{who}", _DENIED_S),
        spy.publish(up_subject(B, "stay-1"), b"forged", f"f-2-{who}", _DENIED_S),
        spy.publish(again_subject(B, "stay-1"), b"forged", f"f-3-{who}", _DENIED_S),
        spy.request(api(HUB, "CONSUMER.DURABLE.CREATE.DOWN.spy"), b"{}", _DENIED_S),
    ]
    assert told == b"answered"
    assert [type(one) for one in tried] == [Silence] * len(tried)
    assert bodies(group.campuses[B], receipts_plan(B), 1, HUB) == [b"not for you"]


def test_who_has_not_the_password_is_told_so_and_nothing_is_sent(group: Group) -> None:
    near = group.places[A]
    stranger = stream_at(Papers(), near, user="edge", secret="NATS_STORE_KEY", box=inbox(A))
    with closing(stranger):
        told = stranger.request(ask_subject(A), b"", 0.5)
        assert told == Silence(sent=False, what="no connection")
        assert stranger.trouble()


def test_no_identity_lies_in_plain_text_in_the_stores(group: Group) -> None:
    campus = group.campuses[A]
    assert isinstance(campus.publish(up_subject(A, "stay-2"), NAME.encode(), "m-2"), PubAck)
    assert bodies(group.office, OFFICE, 1) == [NAME.encode()]
    written = [one for folder in group.folders for one in folder.rglob("*") if one.is_file()]
    assert any(one.suffix == ".blk" for one in written)
    assert [one for one in written if NAME.encode() in one.read_bytes()] == []
