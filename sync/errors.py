"""What can go wrong on the wire, each with a code, a sentence and the next step, in two languages.

A refusal by the platform is an outcome, never one of these (see ``sync.outcome``).

    SyncError
    ├── BadEnvelope          bytes that cannot be trusted or read, or a value that cannot be sent
    ├── PlatformUnreachable  no answer in time; nothing is known
    │   └── CodeUnresolved   an e-card's code, which cannot be resolved off line
    ├── CodeRefused          the platform does not honour an e-card's code
    ├── PlatformUnsure       an answer came, but it does not settle the question
    ├── PlatformMisplaced    the configured address cannot be used
    ├── ListRefused          a cached list that is not to be believed
    └── OutboxConflict       the message is not in a state that allows this, or does not exist
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """A stable ``code``, what happened, and what to do next: Chinese, English beside it."""

    code: str
    text: str
    text_en: str
    next_action: str
    next_action_en: str


class SyncError(Exception):
    """The root. ``code`` is stable; the sentences are for the clerk and hold no identity."""

    def __init__(self, reason: Reason, *, field: str = "") -> None:
        super().__init__(f"{reason.code} {field}: {reason.text_en}".replace(" :", ":"))
        self.reason = reason
        self.field = field
        self.code = reason.code
        self.text = reason.text
        self.text_en = reason.text_en
        self.next_action = reason.next_action
        self.next_action_en = reason.next_action_en


class BadEnvelope(SyncError):
    """Bytes that cannot be trusted or read, or a value that cannot be sent."""


class PlatformUnreachable(SyncError):
    """No answer in time; nothing is known (code PLATFORM_UNREACHABLE)."""


class CodeUnresolved(PlatformUnreachable):
    """An e-card's code was shown while no platform answers (code E_CARD_OFFLINE)."""


class CodeRefused(SyncError):
    """The platform does not honour an e-card's code: used, expired, unknown."""


class PlatformUnsure(SyncError):
    """An answer came, but it does not settle the question (code PLATFORM_UNSURE)."""


class PlatformMisplaced(SyncError):
    """The configured address cannot be used (code PLATFORM_ADDRESS)."""


class ListRefused(SyncError):
    """A cached list that is not to be believed, or cannot be read (``sync.lists.reasons``)."""


class OutboxConflict(SyncError):
    """The message is not in a state that allows this, or does not exist."""


MESSAGE_ID_REUSED = Reason(
    code="MESSAGE_ID_REUSED",
    text="该报文编号已用于另一条内容不同的报文",
    text_en="this message id already says something else",
    next_action="为新的业务生成新的报文编号",
    next_action_en="make a new id for a new intent",
)
MESSAGE_NOT_FOUND = Reason(
    code="MESSAGE_NOT_FOUND",
    text="没有该编号的报文",
    text_en="there is no message with this id",
    next_action="刷新列表后重新选择",
    next_action_en="reload the list and choose again",
)
MESSAGE_STATE = Reason(
    code="MESSAGE_STATE",
    text="报文当前状态不允许此操作",
    text_en="the message's state does not allow this now",
    next_action="刷新后查看最新状态；结果未知的报文由系统查询，不能人工了结",
    next_action_en="reload and look; an unknown outcome is asked for, not decided by hand",
)
NOTE_MISSING = Reason(
    code="NOTE_MISSING",
    text="须填写处理情况",
    text_en="say how it was settled",
    next_action="填写处理结果和依据后再提交",
    next_action_en="write what was done and on what ground",
)
SEAL_BROKEN = Reason(
    code="SEAL_BROKEN",
    text="报文无法解密，可能被改动或密钥不符",
    text_en="the stored message cannot be opened: it was changed, or the key is another",
    next_action="请信息科核对密钥并从备份恢复，勿重复结算",
    next_action_en="check the key and restore from the backup; do not settle again",
)
INTERRUPTED = Reason(
    code="INTERRUPTED",
    text="程序在发送途中中断，结果未知",
    text_en="the program stopped while sending; the outcome is not known",
    next_action="系统将按报文编号向平台查询",
    next_action_en="the platform will be asked by the message's id",
)
NOTHING_TO_REVERSE = Reason(
    code="NOTHING_TO_REVERSE",
    text="原结算未被平台受理且已人工处理，本冲正不再上传",
    text_en="the platform never took the settlement, and a person resolved it: nothing to reverse",
    next_action="若已在平台手工录入该结算，请在平台手工撤销",
    next_action_en="if the settlement was typed in at the platform by hand, undo it there by hand",
)
PREDECESSOR_RESOLVED = Reason(
    code="PREDECESSOR_RESOLVED",
    text="平台等待前序报文，而前序报文已登记为人工处理，不会再上传",
    text_en="the platform waits for an earlier message, which a person resolved and nobody sends",
    next_action="在平台补录前序业务后重发本报文；或登记本报文的处理结果",
    next_action_en="enter the earlier act at the platform and retry; or resolve this message, too",
)
