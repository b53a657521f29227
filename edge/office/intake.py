"""What a campus sent, checked: who signed it, whose it is, what the office's screens need of it.

Pure: no database, no network. What needs the books (a ledger's head, an id used before) is
compared in ``edge.office.kept``.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from edge.office.campus import Campus
from sync import codec
from sync.envelope import ENVELOPE_TYPE, Envelope, Kind, read_payload
from sync.errors import BadEnvelope, Reason
from sync.group import facility_of
from sync.jws import open_bytes
from sync.ledger_head import LedgerHead, open_head


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """One message as the stream gave it; ``place`` is its number in the stream."""

    subject: str
    body: bytes
    place: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What the screens need of a body, and no more: no person is named by it.

    ``fund_fen`` of a settlement, reversal or claim; ``about`` is the message that a reversal takes
    back, or a claim's month; ``happened_at`` a discharge's moment.
    """

    fund_fen: int | None = None
    about: str | None = None
    happened_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """A message that its campus signed; ``head`` when it tells of its ledger.

    ``payload`` is what was signed.
    """

    arrival: Arrival
    payload: bytes
    envelope: Envelope
    sha256: bytes
    facts: Facts
    head: LedgerHead | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """A message that is not relayed; ``message`` is its id where its campus did sign it."""

    arrival: Arrival
    facility: str
    reason: Reason
    message: str | None = None


def checked(arrival: Arrival, campuses: Mapping[str, Campus]) -> Checked | Refused:
    """Check one message against the campus whose subject it came under (by subject token)."""
    token = facility_of(arrival.subject) or ""
    campus = campuses.get(token)
    if campus is None:
        return Refused(arrival=arrival, facility=token, reason=CAMPUS_UNKNOWN)
    try:
        payload = open_bytes(arrival.body, ENVELOPE_TYPE, campus.keys)
        envelope = read_payload(payload)
    except BadEnvelope as wrong:
        return Refused(arrival=arrival, facility=campus.facility, reason=wrong.reason)
    if envelope.facility != campus.facility:
        return _refused(arrival, campus, envelope, WRONG_CAMPUS)
    try:
        head = _head(envelope, campus)
        facts = _facts(envelope)
    except BadEnvelope as wrong:
        return _refused(arrival, campus, envelope, wrong.reason)
    except codec.NotThisShape:
        return _refused(arrival, campus, envelope, UNREADABLE_BODY)
    return Checked(
        arrival=arrival,
        payload=payload,
        envelope=envelope,
        sha256=hashlib.sha256(arrival.body).digest(),
        facts=facts,
        head=head,
    )


def _refused(arrival: Arrival, campus: Campus, envelope: Envelope, reason: Reason) -> Refused:
    return Refused(arrival=arrival, facility=campus.facility, reason=reason, message=envelope.id)


_SEQ_MAX = 2**63 - 1  # what the books' integers hold


class _HeadBody(codec.Tolerant, frozen=True):
    seq: codec.Ordinal
    mac: codec.Mac
    signed: str


class _Discharge(codec.Tolerant, frozen=True):
    discharged_at: codec.Aware | None = None


class _Settlement(codec.Tolerant, frozen=True):
    fund_fen: codec.Fen


class _Reversal(codec.Tolerant, frozen=True):
    original: codec.MessageId


class _Claim(codec.Tolerant, frozen=True):
    month: codec.Month
    fund_fen: codec.Fen


def _head(envelope: Envelope, campus: Campus) -> LedgerHead | None:
    if envelope.kind is not Kind.LEDGER_HEAD:
        return None
    said = codec.decode(envelope.body, _HeadBody)
    if said.seq > _SEQ_MAX:
        raise BadEnvelope(UNREADABLE_BODY)
    head = open_head(said.signed.encode(), campus.keys)
    if (head.seq, head.mac) != (said.seq, bytes.fromhex(said.mac)):
        raise BadEnvelope(HEAD_FORGED)
    return head


def _facts(envelope: Envelope) -> Facts:
    match envelope.kind:
        case Kind.DISCHARGE:
            discharge = codec.decode(envelope.body, _Discharge)
            return Facts(happened_at=discharge.discharged_at or envelope.moment)
        case Kind.SETTLEMENT:
            return Facts(fund_fen=codec.decode(envelope.body, _Settlement).fund_fen)
        case Kind.REVERSAL:
            return Facts(about=codec.decode(envelope.body, _Reversal).original)
        case Kind.CLAIM:
            claim = codec.decode(envelope.body, _Claim)
            return Facts(about=claim.month, fund_fen=claim.fund_fen)
        case _:
            return Facts()


CAMPUS_UNKNOWN = Reason(
    code="CAMPUS_UNKNOWN",
    text="报文来自未登记的院区",
    text_en="the message comes from a campus that is not registered",
    next_action="核对 office.toml 中的 campuses；确属本集团的，登记其公钥后由院区重发",
    next_action_en="check campuses in office.toml; register its key, then the campus sends again",
)
WRONG_CAMPUS = Reason(
    code="WRONG_CAMPUS",
    text="报文内的机构与其主题所属院区不符",
    text_en="the message names another facility than the campus it came from",
    next_action="核对该院区 site.toml 中的 facility.id 与集团中心的登记",
    next_action_en="compare facility.id in the campus's site.toml with what the office registered",
)
UNREADABLE_BODY = Reason(
    code="UNREADABLE_BODY",
    text="报文内容缺少其类别必有的字段",
    text_en="the message lacks what its kind must say",
    next_action="核对院区的软件版本后，为该业务重新生成报文",
    next_action_en="compare the campus's release, then make the message anew",
)
HEAD_FORGED = Reason(
    code="HEAD_FORGED",
    text="账链头与其签名内容不一致",
    text_en="the ledger's head is not the one that was signed",
    next_action="视为篡改：封存该院区账册，通知安全管理员核查",
    next_action_en="treat it as tampering: secure that campus's ledger, call the security office",
)
HEAD_CHANGED = Reason(
    code="HEAD_CHANGED",
    text="同一序号的账链头前后不同：该院区的账册被改动过",
    text_en="an entry that was told before has another MAC now: the campus's ledger was changed",
    next_action="封存该院区账册与备份，通知安全管理员；执行 edge ledger verify",
    next_action_en="secure that ledger and its backups, call the security office; run edge ledger"
    " verify there",
)
HEAD_CUT = Reason(
    code="HEAD_CUT",
    text="账链头的序号倒退：该院区的账册被截断或恢复到较早的备份",
    text_en="the head's number went back: the campus's ledger was cut, or an older backup restored",
    next_action="向该院区核实是否恢复过备份；未恢复过的按篡改处理",
    next_action_en="ask whether a backup was restored there; if not, treat it as tampering",
)
