"""What a call without an answer means: for a message on its way, and for the desk's question."""

from datetime import datetime

from sync.errors import Reason
from sync.line import Cause, Silence
from sync.outcome import RetryAt, Unknown, not_sent, sent_without_answer
from sync.question import unreachable


def undelivered(now: datetime, silence: Silence) -> RetryAt | Unknown:
    """Return the outcome of a message that got no answer."""
    match silence.cause:
        case Cause.PLATFORM_CERTIFICATE:
            return RetryAt(at=now, reason=PLATFORM_CERTIFICATE, whole_platform=True)
        case Cause.OUR_CERTIFICATE:
            # Nothing said over a refused handshake is read; but asking first costs nothing.
            return Unknown(at=now, reason=CLIENT_CERTIFICATE, whole_platform=True)
        case _ if silence.sent:
            return sent_without_answer(now, silence.what)
        case _:
            return not_sent(now, silence.what)


def unanswered(silence: Silence) -> Reason:
    """Return why the desk's question got no answer."""
    match silence.cause:
        case Cause.PLATFORM_CERTIFICATE:
            return PLATFORM_CERTIFICATE
        case Cause.OUR_CERTIFICATE:
            return CLIENT_CERTIFICATE
        case _:
            return unreachable(silence.what)


PLATFORM_CERTIFICATE = Reason(
    code="PLATFORM_CERTIFICATE",
    text="平台的证书不可信（已过期、域名不符或不是所设 CA 签发），未发送任何内容",
    text_en="the platform's certificate is not trusted (expired, another name or CA); nothing sent",
    next_action="请信息科核对 platform.ca 与平台证书；报文保留，证书更正后自动重发",
    next_action_en="check platform.ca and the platform's certificate; messages wait and go by then",
)
CLIENT_CERTIFICATE = Reason(
    code="CLIENT_CERTIFICATE",
    text="平台握手后即断开：不接受本机构的客户端证书（未提供、已过期或 CA 不符）",
    text_en="the platform hangs up on our client certificate (none shown, expired, or another CA)",
    next_action="请信息科核对 platform.client_certificate；报文保留，更正后自动查询并重发",
    next_action_en="check platform.client_certificate; messages wait and go by then",
)
