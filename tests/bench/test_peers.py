"""The peers do the work that they stand for: the same sums, every message, the worker's record."""

from decimal import Decimal
from itertools import count
from pathlib import Path

import pytest

from bench.listed import RECORD_BYTES
from bench.works.peer_posts import post_each, posts
from bench.works.peer_scan import written
from bench.works.peer_settle import Peer, filled
from bench.works.settle import bills
from bench.works.sync import backlog, drafted, travelling
from sync.envelope import key_ring, open_signed
from sync.frame import messages_in, plain


def test_the_usual_service_comes_to_the_sums_that_are_settled(tmp_path: Path) -> None:
    with bills(((60, 20),), 50, {60: 1}) as made:
        [(_, bill)] = made
        bill.ours()
        peer = Peer(filled(tmp_path / "peer.db", bill.catalogue), bill.request, count(1))
        total, fund = peer.settle()
        settled = bill.site.store.read().one("select total_fen, fund_fen from settlements")
        kept = peer.store.read().one("select count(*) as lines from bill_lines")
        peer.store.close()
    assert settled == {"total_fen": int(total * 100), "fund_fen": int(fund * 100)}
    assert Decimal(0) < fund < total
    assert kept == {"lines": 60}


def test_a_connection_for_each_hundred_lines_brings_every_line() -> None:
    with backlog(3, 5, batch_max=10) as waiting:
        assert post_each(waiting.port, posts(waiting, 6)) == 6
        kept = messages_in(plain((waiting.folder / "kept").read_bytes()))
    assert len(kept) == 6


def test_a_scan_finds_whoever_stands_in_the_list_and_nobody_else(tmp_path: Path) -> None:
    scanned = written(tmp_path / "list.csv", ["SYN1", "SYN2"], 10)
    assert len(scanned.path.read_bytes().splitlines()) == 10
    assert scanned.found("SYN1") == scanned.found("SYN2") == b"x" * RECORD_BYTES
    with pytest.raises(LookupError):
        scanned.found("SYN3")


def test_drafts_of_settled_bills_are_made_and_delivered_as_they_lie_ready_for_the_floor() -> None:
    with drafted(3, 6, batch_max=10) as waiting:
        kept = waiting.folder / "kept"
        waiting.ours()
        ours = messages_in(plain(kept.read_bytes()))
        waiting.floor()
        both = messages_in(plain(kept.read_bytes()))
        weighed = travelling(waiting, "three bills")
    ring = key_ring(waiting.key.public())
    assert len(ours) == len(waiting.frames) == 6
    assert sorted(ours) == sorted(both[6:])
    assert {open_signed(one, ring).order_key for one in ours} == {"6-0", "6-1", "6-2"}
    assert 0 < weighed.ours_bytes < weighed.floor_bytes
