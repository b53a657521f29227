"""Why a list is not believed, in the words of whoever must act."""

from functools import partial

from sync.errors import Reason

_refused = partial(
    Reason,
    next_action="保留现有名单继续使用；联系平台技术支持核对后重新刷新",
    next_action_en="the list in use stays; call the platform's support, then refresh again",
)

LIST_SIGNATURE = _refused(
    code="LIST_SIGNATURE",
    text="名单签名无法验证",
    text_en="the list's signatures do not verify",
)
LIST_ROLLED_BACK = _refused(
    code="LIST_ROLLED_BACK",
    text="收到的名单比已安装的旧",
    text_en="the list offered is older than one already seen",
)
LIST_EXPIRED = _refused(
    code="LIST_EXPIRED",
    text="收到的名单已过有效期",
    text_en="the list offered has expired",
)
LIST_FROM_FUTURE = Reason(
    code="LIST_FROM_FUTURE",
    text="名单的签发时间晚于本机时间",
    text_en="the list was issued later than this machine's clock says it is now",
    next_action="核对本机时钟后重新刷新",
    next_action_en="check this machine's clock, then refresh again",
)
LIST_OF_ANOTHER = _refused(
    code="LIST_OF_ANOTHER",
    text="名单不是签发给本机构的",
    text_en="the list was issued to another facility",
)
LIST_DAMAGED = Reason(
    code="LIST_DAMAGED",
    text="名单文件已损坏或被改动",
    text_en="the list's file is damaged or was changed",
    next_action="重新刷新名单；反复出现时检查磁盘",
    next_action_en="refresh the list; if it happens again, check the disk",
)
LIST_UNREADABLE = _refused(
    code="LIST_UNREADABLE",
    text="名单说明无法读取",
    text_en="what the list says of itself cannot be read",
)
LIST_ROOT = Reason(
    code="LIST_ROOT",
    text="无法读取平台的名单根信任文件",
    text_en="the platform's trusted root for the list cannot be read",
    next_action="把登记时收到的文件放到 site.toml 中 lists.root 所写的位置",
    next_action_en="put the file received at registration where lists.root in site.toml says",
)
