"""The audit for inspectors: of a time or a case, signed, nobody named, no break hidden."""

import json
import stat
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

import pytest

from edge.core.errors import BadInput
from edge.steps.export_audit import EXPORT_TYPE, Exported, export_audit
from edge.store.ledger import Asked, latest
from sync.envelope import key_ring, open_bytes
from tests.steps.colleagues import settled
from tests.steps.conftest import FACTS, Ground

EVERYTHING = Asked()


def exported(ground: Ground, path: Path, asked: Asked = EVERYTHING) -> tuple[Exported, list[bytes]]:
    done = export_audit(ground.site, path, asked, by="审计员")
    return done, path.read_bytes().splitlines(keepends=True)


def test_everything_is_written_in_order_and_signed_as_a_whole(
    ground: Ground, tmp_path: Path
) -> None:
    settled(ground, ground.discharged().id)
    path = tmp_path / "audit.jsonl"
    done, lines = exported(ground, path)
    header, *entries, last = (json.loads(line) for line in lines)
    assert (header["format"], header["facility"]) == ("edge-audit/1", "TJ0001")
    assert (header["chain"], header["made_by"]) == ("verifies", "审计员")
    assert [entry["seq"] for entry in entries] == list(range(1, done.entries + 1))
    assert "stay.settled" in {entry["kind"] for entry in entries}
    ring = key_ring(ground.keys.signing.public())
    said = json.loads(open_bytes(last["signed"].encode(), EXPORT_TYPE, ring))
    assert said["sha256"] == done.sha256 == sha256(b"".join(lines[:-1])).hexdigest()
    assert said["entries"] == done.entries
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    worker = FACTS["worker"]
    assert worker["id_number"].encode() not in path.read_bytes()
    assert worker["name"].encode() not in path.read_bytes()
    [entry] = latest(ground.site.store.read(), limit=1)
    assert (entry.act.kind, entry.act.operator) == ("audit.exported", "审计员")


def test_one_case_or_one_time_can_be_asked_for(ground: Ground, tmp_path: Path) -> None:
    stay = ground.discharged().id
    ground.clock.pass_time(days=1)
    later = ground.clock()
    settled(ground, stay)
    _, lines = exported(ground, tmp_path / "case", Asked(subject=stay))
    assert {json.loads(line)["subject"] for line in lines[1:-1]} == {stay}
    _, lines = exported(ground, tmp_path / "before", Asked(until=later))
    assert "stay.settled" not in {json.loads(line)["kind"] for line in lines[1:-1]}
    _, lines = exported(ground, tmp_path / "after", Asked(since=later + timedelta(days=1)))
    assert lines[1:-1] == []


def test_an_export_overwrites_nothing_and_tells_of_a_broken_chain(
    ground: Ground, tmp_path: Path
) -> None:
    ground.discharged()
    path = tmp_path / "audit.jsonl"
    exported(ground, path)
    with pytest.raises(BadInput) as refused:
        exported(ground, path)
    assert refused.value.code == "FILE_EXISTS"
    with ground.site.store.transaction() as db:
        db.execute("drop trigger ledger_is_never_changed")
        db.execute("update ledger set operator = '别人' where seq = 2")
    done, lines = exported(ground, tmp_path / "second.jsonl")
    assert done.chain.startswith("entry 2: ")
    assert json.loads(lines[0])["chain"] == done.chain
