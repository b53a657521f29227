"""What keeps a guarded card or its PIN from being used. Quotes no key, no answer and no PIN.

CardFault
├── KeyMissing      CARD_KEY_MISSING   nobody here holds the key that a 3.0 card asks for
├── NotGenuine      CARD_NOT_GENUINE   the card's own answer is not that of its issuer's key
├── KeyRefused      CARD_KEY_REFUSED   the card does not accept ours: 63Cx counts the tries left
└── PinFault
    ├── PinWrong    PIN_WRONG          refused, with the tries left
    ├── PinAtRisk   PIN_AT_RISK        not tried: one more wrong PIN would lock the card
    └── PinLocked   PIN_LOCKED         no try is left
"""

from enum import Enum

from drivers.errors import CardFault, Meaning, Retry


class KeyCode(Enum):
    """Every code of this vocabulary; the member's name is the stable code."""

    CARD_KEY_MISSING = Meaning(
        number=-2201,
        retry=Retry.AGAIN,
        text="3.0 版社保卡须经认证才能读取个人信息：PSAM 和平台都没有完成认证",
        text_en="a 3.0 card asks for authentication: neither a PSAM nor the platform answered",
        next_action="请职工出示电子社保卡；平台恢复后可重新读卡",
        next_action_en="use the e-card, or read the card again when the platform answers",
    )
    CARD_NOT_GENUINE = Meaning(
        number=-21,
        retry=Retry.NOT_WITH_THIS,
        text="卡片内部认证不通过，不能确认是真卡",
        text_en="the card fails its authentication: it may not be genuine",
        next_action="不要使用此卡；核对持卡人身份，请其到发卡机构检查",
        next_action_en="do not use the card; check the person, the issuer must check the card",
    )
    CARD_KEY_REFUSED = Meaning(
        number=-0x63C0,
        retry=Retry.NOT_WITH_THIS,
        text="卡片不接受认证结果",
        text_en="the card does not accept the authentication",
        next_action="不要反复重试，以免锁卡；请出示电子社保卡，并报信息科",
        next_action_en="do not try again, the card could lock; use the e-card and tell IT",
    )
    PIN_WRONG = Meaning(
        number=-51,
        retry=Retry.AGAIN,
        text="社保卡密码错误",
        text_en="the card's PIN is wrong",
        next_action="请持卡人想清楚后再输；不要猜",
        next_action_en="let the holder enter it again; do not guess",
    )
    PIN_AT_RISK = Meaning(
        number=-31,
        retry=Retry.NOT_WITH_THIS,
        text="没有再试密码：只剩最后一次，再错即锁卡",
        text_en="the PIN was not tried: one more wrong one would lock the card",
        next_action="请持卡人到发卡机构重置密码；工伤结算不需要密码",
        next_action_en="the issuer can reset the PIN; settlement does not need it",
    )
    PIN_LOCKED = Meaning(
        number=-52,
        retry=Retry.NOT_WITH_THIS,
        text="社保卡密码已锁定",
        text_en="the card's PIN is locked",
        next_action="请持卡人到发卡机构解锁；工伤结算不需要密码",
        next_action_en="the issuer can unlock it; settlement does not need it",
    )


class KeyMissing(CardFault):
    """Nobody here holds, or can ask for, the key that guards the card."""

    kind = KeyCode.CARD_KEY_MISSING


class NotGenuine(CardFault):
    """The card's answer to the internal authentication is not that of its issuer's key."""

    kind = KeyCode.CARD_NOT_GENUINE


class KeyRefused(CardFault):
    """The card refused the external authentication with ``status``; number is minus it."""

    kind = KeyCode.CARD_KEY_REFUSED

    def __init__(self, status: int) -> None:
        """Take the status word."""
        self.status = status
        super().__init__(number=-status, zh=f"状态字 {status:04X}", en=f"status {status:04X}")


class PinFault(CardFault):
    """The PIN was not accepted; ``tries_left`` counts what the card still allows."""

    def __init__(self, tries_left: int) -> None:
        """Take the tries left."""
        self.tries_left = tries_left
        super().__init__(zh=f"剩余 {tries_left} 次", en=f"tries left: {tries_left}")


class PinWrong(PinFault):
    """The card refused the PIN."""

    kind = KeyCode.PIN_WRONG


class PinAtRisk(PinFault):
    """The PIN was not tried, since too few tries are left."""

    kind = KeyCode.PIN_AT_RISK


class PinLocked(PinFault):
    """No try is left."""

    kind = KeyCode.PIN_LOCKED
