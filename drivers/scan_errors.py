"""What keeps a scanner, or a code that was scanned, from being used. Neither reads nor judges one.

    DriverError
    ├── ScannerFault          SCANNER_FAULT    the line to the scanner fails
    │   ├── ScannerMissing    SCANNER_MISSING  unplugged, or never plugged in
    │   ├── ScannerBusy       SCANNER_BUSY     another program holds the device
    │   └── ScannerRefused    SCANNER_REFUSED  this program may not open the device
    └── BadScan                                there is no code that can be used
        ├── NoScan            SCAN_ABSENT      nothing was scanned, or it was taken already
        ├── ScanTooLong       SCAN_TOO_LONG    more than any code holds
        ├── ScanUnreadable    SCAN_UNREADABLE  torn, or not text
        ├── EVoucherShown     SCAN_E_VOUCHER   the medical-insurance e-voucher
        └── UnknownCode       SCAN_UNKNOWN     some other code

None of them quotes what was scanned: an e-card's code is a secret for as long as it lives.
"""

from enum import Enum

from drivers.errors import DriverError, Meaning, Retry


class ScanCode(Enum):
    """Every code a scanner's driver can raise; the member's name is the stable code."""

    SCANNER_FAULT = Meaning(
        number=-11,
        retry=Retry.BY_ITSELF,
        text="扫码器通信失败",
        text_en="the scanner does not work as it should",
        next_action="重新插拔扫码器后再扫；仍不行请联系信息科，或改用社会保障卡",
        next_action_en="reconnect the scanner and scan again; else call IT, or use the card",
    )
    SCANNER_MISSING = Meaning(
        number=-11,
        retry=Retry.BY_ITSELF,
        text="没有找到扫码器",
        text_en="the scanner is not connected",
        next_action="接好扫码器的 USB 线；接好后自动恢复，无需重启本系统",
        next_action_en="connect the scanner's USB cable; we go on by ourselves",
    )
    SCANNER_BUSY = Meaning(
        number=-12,
        retry=Retry.BY_ITSELF,
        text="扫码器正被另一个程序独占",
        text_en="another program holds the scanner for itself",
        next_action="关闭占用扫码器串口的程序；释放后自动恢复",
        next_action_en="close the other program; we go on by ourselves",
    )
    SCANNER_REFUSED = Meaning(
        number=-12,
        retry=Retry.BY_ITSELF,
        text="本程序无权打开扫码器的设备",
        text_en="this program may not open the scanner's device",
        next_action="请信息科把服务账号加入 dialout 组，或改正设备权限",
        next_action_en="have IT add the service's account to the group dialout",
    )
    SCAN_ABSENT = Meaning(
        number=-32,
        retry=Retry.AFTER_REINSERTING,
        text="没有扫到码，或所扫的码已使用、已放置过久",
        text_en="nothing was scanned, or the code was taken or has lain too long",
        next_action="请职工刷新电子社保卡的二维码后重新扫码",
        next_action_en="have the worker refresh the e-card's code, and scan it",
    )
    SCAN_TOO_LONG = Meaning(
        number=-33,
        retry=Retry.NOT_WITH_THIS,
        text="扫到的内容过长，不是电子社保卡的码",
        text_en="what was scanned is longer than any e-card's code",
        next_action="请出示电子社保卡的二维码，一次只扫一个码",
        next_action_en="scan the e-card's code, one code at a time",
    )
    SCAN_UNREADABLE = Meaning(
        number=-23,
        retry=Retry.AFTER_REINSERTING,
        text="扫到的内容残缺或不是文字",
        text_en="what was scanned is torn or no text",
        next_action="对准二维码重新扫；每次都这样时请信息科核对扫码器的波特率与前后缀",
        next_action_en="scan again; if it always fails, IT checks baud rate, prefix and suffix",
    )
    SCAN_E_VOUCHER = Meaning(
        number=-1,
        retry=Retry.NOT_WITH_THIS,
        text="这是医保电子凭证，不是电子社保卡",
        text_en="this is the medical-insurance e-voucher, not the e-card",
        next_action="请职工打开“电子社保卡”的二维码，或出示社会保障卡",
        next_action_en="have the worker open the e-card's code, or use the card",
    )
    SCAN_UNKNOWN = Meaning(
        number=-1,
        retry=Retry.NOT_WITH_THIS,
        text="这不是电子社保卡的码",
        text_en="this is not an e-card's code",
        next_action="请职工打开“电子社保卡”的二维码，或出示社会保障卡",
        next_action_en="have the worker open the e-card's code, or use the card",
    )


class ScannerFault(DriverError):
    """The line to the scanner fails; ``field`` is the device."""

    kind = ScanCode.SCANNER_FAULT


class ScannerMissing(ScannerFault):
    """The scanner is not connected."""

    kind = ScanCode.SCANNER_MISSING


class ScannerBusy(ScannerFault):
    """Another program holds the device for itself."""

    kind = ScanCode.SCANNER_BUSY


class ScannerRefused(ScannerFault):
    """We may not open the device."""

    kind = ScanCode.SCANNER_REFUSED


class BadScan(DriverError):
    """There is no code that can be used."""


class NoScan(BadScan):
    """Nothing was scanned, or it was taken already, or it has lain too long."""

    kind = ScanCode.SCAN_ABSENT


class ScanTooLong(BadScan):
    """What was scanned is longer than any code."""

    kind = ScanCode.SCAN_TOO_LONG


class ScanUnreadable(BadScan):
    """What was scanned is torn or no text."""

    kind = ScanCode.SCAN_UNREADABLE


class EVoucherShown(BadScan):
    """The medical-insurance e-voucher was shown."""

    kind = ScanCode.SCAN_E_VOUCHER


class UnknownCode(BadScan):
    """Some code that is neither."""

    kind = ScanCode.SCAN_UNKNOWN
