"""What the platform says back: a receipt, a refusal with its lines, or "later". Wire form included.

Decides nothing. The codes and their sentences are listed in docs/platform-protocol.md.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from edge import codec


class Sentence(NamedTuple):
    """What a code means and what to do, Chinese then English."""

    text: str
    text_en: str
    next_action: str
    next_action_en: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """The message is kept. ``sha256`` is of the received bytes."""

    id: str
    sha256: str
    receipt: str
    received_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class LineProblem:
    """One line of the body that cannot stand."""

    id: str
    code: str
    field: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """The message is not kept, and will not be until somebody mends it."""

    code: str
    id: str = ""
    field: str = ""
    lines: tuple[LineProblem, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Later:
    """The message is not kept now, but may be once what must precede it has come."""

    code: str
    id: str = ""


@dataclass(frozen=True, slots=True)
class Absent:
    """No message with this id was ever kept or refused here."""

    id: str


Answer = Receipt | Refusal | Later | Absent


def on_the_wire(answer: Answer) -> tuple[int, bytes]:
    """Return the HTTP status and the JSON body."""
    match answer:
        case Receipt():
            return 200, codec.encode({"state": "accepted", **codec.plain(answer)})
        case Refusal():
            return 422, codec.encode({"state": "rejected", **_refusal(answer)})
        case Later():
            return 409, codec.encode({"state": "later", **_spoken(answer.code), "id": answer.id})
        case Absent():
            return 404, codec.encode({"state": "not_received", "id": answer.id})


def _refusal(refusal: Refusal) -> dict[str, object]:
    lines = [{"id": line.id, "field": line.field, **_spoken(line.code)} for line in refusal.lines]
    said = _spoken(refusal.code)
    return {**said, "id": refusal.id, "field": refusal.field, "lines": lines}


def _spoken(code: str) -> dict[str, object]:
    return {"code": code, **SENTENCES[code]._asdict()}


_MEND_BODY = ("改正后以新报文编号重新上传", "correct it and send it under a new message id")
_ASK_SUPPORT = (
    "联系平台技术支持核对登记信息",
    "ask the platform's support to check the registration",
)
_FRESH_CODE = ("刷新二维码后重新扫码", "refresh the code and scan it again")
_WAIT = ("系统会自动重发", "it is sent again by itself")

SENTENCES: dict[str, Sentence] = {
    "TOO_LARGE": Sentence("报文过大", "the message is too large", *_MEND_BODY),
    "BAD_SIGNATURE": Sentence("签名无法验证", "the signature does not verify", *_ASK_SUPPORT),
    "BAD_ENVELOPE": Sentence(
        "报文信封不符合协议", "the envelope does not follow the protocol", *_MEND_BODY
    ),
    "BAD_BATCH": Sentence(
        "批次无法拆分为报文", "the batch cannot be taken apart into messages", *_MEND_BODY
    ),
    "BAD_QUESTION": Sentence(
        "核验请求不符合协议", "the question does not follow the protocol", *_MEND_BODY
    ),
    "UNKNOWN_FACILITY": Sentence(
        "机构未在协议机构库登记", "the facility is not in the library", *_ASK_SUPPORT
    ),
    "WRONG_SIGNER": Sentence(
        "签名密钥不属于该机构", "the key is not this facility's", *_ASK_SUPPORT
    ),
    "WRONG_REGION": Sentence(
        "就医地与机构登记不符", "the treatment region is not the facility's", *_ASK_SUPPORT
    ),
    "WORKER_NOT_KNOWN": Sentence(
        "未查到该人员的参保信息",
        "no insured person with this number is known",
        "核对证件号码；仍查不到时联系参保地经办机构",
        "check the number; if it is right, call the insured region's agency",
    ),
    "E_CARD_USED": Sentence("该二维码已使用", "the code was used already", *_FRESH_CODE),
    "E_CARD_EXPIRED": Sentence("该二维码已过期", "the code has expired", *_FRESH_CODE),
    "E_CARD_UNKNOWN": Sentence("该二维码不是本平台签发", "no such code was issued", *_FRESH_CODE),
    "CARD_ALGORITHM_UNKNOWN": Sentence(
        "没有该卡算法的密钥",
        "there is no key for the card's algorithm",
        "请持卡人出示电子社保卡",
        "use the e-card",
    ),
    "MESSAGE_ID_REUSED": Sentence(
        "报文编号已用于另一条内容不同的报文", "this id already says something else", *_MEND_BODY
    ),
    "BAD_FIELD": Sentence(
        "字段缺失或不符合要求", "a field is missing or does not fit", *_MEND_BODY
    ),
    "LINES_REFUSED": Sentence("部分明细未通过校验", "some lines cannot stand", *_MEND_BODY),
    "DUPLICATE_LINE": Sentence("明细编号重复", "the line's id is repeated", *_MEND_BODY),
    "LINE_MISMATCH": Sentence(
        "明细金额不等于基金支付与个人支付之和", "amount is not fund + personal", *_MEND_BODY
    ),
    "TOTAL_MISMATCH": Sentence(
        "合计不等于各部分之和", "the total is not the sum of its parts", *_MEND_BODY
    ),
    "ALREADY_OPEN": Sentence(
        "该住院或配置业务已登记", "this stay or fitting is already open", *_MEND_BODY
    ),
    "ALREADY_SETTLED": Sentence(
        "该业务已有有效结算，请先冲正",
        "an effective settlement stands; reverse it first",
        *_MEND_BODY,
    ),
    "ALREADY_DISCHARGED": Sentence(
        "该住院已出院，不能取消入院",
        "the stay was discharged; its admission cannot be cancelled",
        *_MEND_BODY,
    ),
    "CANCELLED": Sentence(
        "该住院已取消入院", "the admission of this stay was cancelled", *_MEND_BODY
    ),
    "NOT_SETTLED": Sentence(
        "原结算不存在或已冲正", "the original is no effective settlement", *_MEND_BODY
    ),
    "HEAD_CONFLICT": Sentence(
        "账链头与已收到的不一致：账链被截断、改写或恢复了旧备份",
        "the ledger's head contradicts the one received before: it was cut, rewritten or put back",
        "停止结算，执行 edge ledger verify，联系安全管理员",
        "stop settling, run edge ledger verify, call the security administrator",
    ),
    "NOTICE_UNKNOWN": Sentence(
        "查不到该职工的核付通知单", "no such fitting notice of this worker", *_MEND_BODY
    ),
    "NOTICE_USED": Sentence(
        "该核付通知单已结算过", "a settlement stands on this fitting notice", *_MEND_BODY
    ),
    "NOT_APPROVED": Sentence(
        "所配器具不在核付通知单内", "a device is not on the fitting notice", *_MEND_BODY
    ),
    "OUT_OF_ORDER": Sentence(
        "前序报文尚未收到", "a message that must precede this one has not come", *_WAIT
    ),
}
