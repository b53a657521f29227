"""What can go wrong with readers and cards, in the clerk's words; a tree to catch by branch.

DriverError
├── ReaderFault         READER_FAULT        the reader, or its service, fails
│   ├── ServiceDown     SERVICE_DOWN        the PC/SC service does not answer
│   ├── ServiceRefused  SERVICE_REFUSED     the service does not let this program in
│   ├── ReaderMissing   READER_MISSING      no such reader is connected
│   ├── ReaderBusy      READER_BUSY         another program holds the reader for itself
│   └── ReaderStuck     READER_STUCK        no answer within the time allowed
└── CardFault                               the card fails, or there is none
├── NoCard          CARD_ABSENT         the reader is empty
├── CardRemoved     CARD_REMOVED        taken out, or silent, while it was read
├── CardMute        CARD_MUTE           no answer to reset
├── CardChanged     CARD_CHANGED        swapped or reset before the result could be used
├── WrongCard       CARD_WRONG          not a social-security card
├── AccessNotAllowed  ACCESS_NOT_ALLOWED  6982, though the card was authenticated
├── CardRefused     CARD_REFUSED        a status word that nothing above explains
└── BadCardData                         it was read, and must not be used
├── DamagedRecord    RECORD_DAMAGED     a record is missing or malformed
└── WrongCheckDigit  CHECK_DIGIT_WRONG  a number contradicts its check character
"""

from dataclasses import dataclass
from enum import Enum
from typing import ClassVar, Self


class Retry(Enum):
    """When the same act may be tried again; its value is the stable word for it."""

    AGAIN = "again"
    """At once, as everything stands."""
    AFTER_REINSERTING = "after_reinserting"
    """Once the card was taken out and inserted, or the code shown, anew."""
    BY_ITSELF = "by_itself"
    """Nobody need ask: we try until what fails is mended, and then read what is presented."""
    NOT_WITH_THIS = "not_with_this"
    """Not with this card or code: another one is needed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Meaning:
    """What an error tells people, its ``iReadCardBas`` number, and when to try again."""

    number: int
    retry: Retry
    text: str
    text_en: str
    next_action: str
    next_action_en: str


class DriverCode(Enum):
    """Every code a driver can raise; the member's name is the stable code."""

    READER_FAULT = Meaning(
        number=-11,
        retry=Retry.AFTER_REINSERTING,
        text="读卡器通信失败",
        text_en="the reader does not work as it should",
        next_action="重新插拔读卡器后再读卡；仍不行请联系信息科",
        next_action_en="reconnect the reader and read again; if it persists call IT",
    )
    SERVICE_DOWN = Meaning(
        number=-5,
        retry=Retry.BY_ITSELF,
        text="读卡服务（pcscd）没有运行",
        text_en="the card service (pcscd) is not running",
        next_action="请信息科启动 pcscd；恢复后自动重连，无需重启本系统",
        next_action_en="have IT start pcscd; we reconnect by ourselves",
    )
    SERVICE_REFUSED = Meaning(
        number=-12,
        retry=Retry.BY_ITSELF,
        text="读卡服务拒绝本程序访问",
        text_en="the card service does not let this program in",
        next_action="请信息科安装随附的 polkit 规则",
        next_action_en="have IT install the polkit rule that ships with this program",
    )
    READER_MISSING = Meaning(
        number=-11,
        retry=Retry.BY_ITSELF,
        text="没有找到读卡器",
        text_en="the reader is not connected",
        next_action="接好读卡器的 USB 线，等待指示灯亮",
        next_action_en="connect the reader's USB cable and wait for its light",
    )
    READER_BUSY = Meaning(
        number=-12,
        retry=Retry.AGAIN,
        text="读卡器正被另一个程序独占",
        text_en="another program holds the reader for itself",
        next_action="关闭占用读卡器的程序，然后重新读卡",
        next_action_en="close the other program, then read again",
    )
    READER_STUCK = Meaning(
        number=-32,
        retry=Retry.AFTER_REINSERTING,
        text="读卡超时，没有应答",
        text_en="no answer within the time allowed",
        next_action="取出卡片重新插入；仍无应答时重新插拔读卡器",
        next_action_en="take the card out and insert it again; else reconnect the reader",
    )
    CARD_ABSENT = Meaning(
        number=-2,
        retry=Retry.BY_ITSELF,
        text="读卡器中没有卡",
        text_en="there is no card in the reader",
        next_action="请插入社会保障卡",
        next_action_en="insert the social-security card",
    )
    CARD_REMOVED = Meaning(
        number=-2,
        retry=Retry.AFTER_REINSERTING,
        text="卡片在读取中被取出或停止应答",
        text_en="the card was taken out, or fell silent, while it was read",
        next_action="重新插卡，读完之前不要取出",
        next_action_en="insert the card again and leave it until it is read",
    )
    CARD_MUTE = Meaning(
        number=-4,
        retry=Retry.AFTER_REINSERTING,
        text="卡片没有应答，可能插反或芯片损坏",
        text_en="the card does not answer: inserted the wrong way, or its chip is broken",
        next_action="把卡翻面、擦净芯片后重新插入",
        next_action_en="turn the card over or wipe the chip, and insert it again",
    )
    CARD_CHANGED = Meaning(
        number=-22,
        retry=Retry.AGAIN,
        text="卡片在读取期间被更换或重置",
        text_en="the card was swapped or reset while it was read",
        next_action="确认是同一张卡后重新读卡",
        next_action_en="make sure it is the right card and read again",
    )
    CARD_WRONG = Meaning(
        number=-1,
        retry=Retry.NOT_WITH_THIS,
        text="这不是社会保障卡",
        text_en="this is not a social-security card",
        next_action="请出示社会保障卡（不是银行卡或其他证卡）",
        next_action_en="ask for the social-security card, not a bank or other card",
    )
    ACCESS_NOT_ALLOWED = Meaning(
        number=-0x6982,
        retry=Retry.NOT_WITH_THIS,
        text="卡已通过认证，仍不允许读取该记录",
        text_en="the card was authenticated and still guards this record",
        next_action="请出示电子社保卡；持卡人可到发卡机构检查该卡",
        next_action_en="use the e-card; the issuer can check the card",
    )
    CARD_REFUSED = Meaning(
        number=-0x6F00,
        retry=Retry.AFTER_REINSERTING,
        text="卡片拒绝了读取命令",
        text_en="the card refused a command",
        next_action="重新插卡再读；仍不行请持卡人到发卡机构检查",
        next_action_en="insert the card again; else its issuer must check it",
    )
    RECORD_DAMAGED = Meaning(
        number=-23,
        retry=Retry.AFTER_REINSERTING,
        text="卡内记录不完整或格式不对",
        text_en="a record on the card is missing or malformed",
        next_action="重新插卡再读；仍不行请持卡人到发卡机构检查",
        next_action_en="insert the card again; else its issuer must check it",
    )
    CHECK_DIGIT_WRONG = Meaning(
        number=-15,
        retry=Retry.NOT_WITH_THIS,
        text="卡内号码的校验位不符",
        text_en="a number on the card contradicts its check character",
        next_action="不要使用该号码；请持卡人到发卡机构检查",
        next_action_en="do not use the number; the issuer must check the card",
    )


class Flaw(Enum):
    """Why a record cannot be used: (number, Chinese, English)."""

    MISSING = (-23, "缺失", "missing")
    TRUNCATED = (-33, "长度不足", "too short")
    OVERLONG = (-33, "长度超出", "too long")
    OTHER_TAG = (-34, "标签不符", "another tag")
    NOT_DIGITS = (-23, "不是数字", "not digits")
    NOT_TEXT = (-23, "不是有效文字", "not text")
    OTHER_CHARSET = (-23, "文字编码不是 GB18030", "text in another charset than GB18030")
    NOT_A_DATE = (-23, "不是有效日期", "not a date")
    UNEXPECTED = (-23, "内容不合规定", "not what the standard allows")
    NOT_A_CARD_ID = (-20, "卡识别码格式不对", "not a card id")
    OTHER_REGION = (-22, "与芯片的发卡地区和序列号不符", "not the chip's region and serial")
    CONTRADICTORY = (-22, "与卡内另一记录矛盾", "contradicts another record")


class DriverError(Exception):
    """The root. ``code`` is stable; ``text`` and ``next_action`` are for the clerk.

    ``number`` is the ``iReadCardBas`` number, ``retry`` the rule for trying again. ``field`` names
    the record (``EF05.07 card_number``) or the reader, never what a record holds.
    """

    kind: ClassVar[Enum]
    """Its value is a `Meaning`: a member of `DriverCode`, or of a vocabulary beside it."""

    def __init__(
        self, *, field: str = "", number: int | None = None, zh: str = "", en: str = ""
    ) -> None:
        """Take the record or reader; ``zh`` and ``en`` add a detail to the text."""
        meaning: Meaning = self.kind.value
        self.code = self.kind.name
        self.number = meaning.number if number is None else number
        self.retry = meaning.retry
        self.text = f"{meaning.text}（{zh}）" if zh else meaning.text
        self.text_en = f"{meaning.text_en} ({en})" if en else meaning.text_en
        self.next_action = meaning.next_action
        self.next_action_en = meaning.next_action_en
        self.field = field
        super().__init__(f"{self.code} {field}: {self.text_en}".replace(" :", ":"))

    @classmethod
    def told(cls, *, field: str, number: int, text: str, text_en: str) -> Self:
        """Return the error that another program met, as it told it."""
        error = cls.__new__(cls)
        DriverError.__init__(error, field=field, number=number)
        error.text, error.text_en = text, text_en
        return error


class ReaderFault(DriverError):
    """The reader, or its service, fails."""

    kind = DriverCode.READER_FAULT


class ServiceDown(ReaderFault):
    """The PC/SC service does not answer."""

    kind = DriverCode.SERVICE_DOWN


class ServiceRefused(ReaderFault):
    """The PC/SC service does not let this program in."""

    kind = DriverCode.SERVICE_REFUSED


class ReaderMissing(ReaderFault):
    """No such reader is connected."""

    kind = DriverCode.READER_MISSING


class ReaderBusy(ReaderFault):
    """Another program holds the reader for itself."""

    kind = DriverCode.READER_BUSY


class ReaderStuck(ReaderFault):
    """No answer within the time allowed."""

    kind = DriverCode.READER_STUCK


class CardFault(DriverError):
    """The card fails, or there is none."""


class NoCard(CardFault):
    """The reader is empty."""

    kind = DriverCode.CARD_ABSENT


class CardRemoved(CardFault):
    """The card was taken out, or fell silent, while it was read."""

    kind = DriverCode.CARD_REMOVED


class CardMute(CardFault):
    """The card gave no answer to reset."""

    kind = DriverCode.CARD_MUTE


class CardChanged(CardFault):
    """The card was swapped or reset before the result could be used."""

    kind = DriverCode.CARD_CHANGED


class WrongCard(CardFault):
    """Not a social-security card; ``zh`` and ``en`` say what it is, where we know."""

    kind = DriverCode.CARD_WRONG


class AccessNotAllowed(CardFault):
    """Status 6982: the record stays guarded after the authentication that 3.0 cards ask for."""

    kind = DriverCode.ACCESS_NOT_ALLOWED


class CardRefused(CardFault):
    """The card answered with ``status``, which no other error explains; number is minus it."""

    kind = DriverCode.CARD_REFUSED

    def __init__(self, status: int, *, field: str = "") -> None:
        """Take the status word."""
        self.status = status
        super().__init__(
            field=field,
            # 0000 is no status word, and nought would read as success.
            number=-status or self.kind.value.number,
            zh=f"状态字 {status:04X}",
            en=f"status {status:04X}",
        )


class BadCardData(CardFault):
    """The card was read, and what it says must not be used."""


class DamagedRecord(BadCardData):
    """A record is missing or malformed: ``flaw`` says how."""

    kind = DriverCode.RECORD_DAMAGED

    def __init__(self, field: str, flaw: Flaw) -> None:
        """Take the record's name and what is wrong with it."""
        self.flaw = flaw
        number, zh, en = flaw.value
        super().__init__(field=field, number=number, zh=zh, en=en)


class WrongCheckDigit(BadCardData):
    """A number contradicts its check character."""

    kind = DriverCode.CHECK_DIGIT_WRONG
