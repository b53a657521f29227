"""``python -m simulators hospital``: all far sides with the service itself, on loopback."""

import argparse
import sys
import tempfile
import threading
from pathlib import Path

from edge import codec
from edge.log import json_log
from edge.steps.keep_accounts import equip
from edge.trust.certificates import told_by
from simulators.card.script import CardStep
from simulators.commands.card import told
from simulators.commands.ending import told_to_stop
from simulators.hospital import Hospital, hospital, rehearse
from simulators.hospital.attendant import attending
from simulators.hospital.ground import DESKS, IT_STAFF, PASSWORD, STAFF
from simulators.hospital.script import (
    NO_MISHAPS,
    Mishaps,
    load_hospital_script,
    play_card,
    play_scanner,
    playing,
)
from simulators.script_file import SCRIPTS, shipped


def add_words(parser: argparse.ArgumentParser) -> None:
    """Add what the command line may say."""
    parser.add_argument("--port", type=int, default=8443, help="0 takes a free one")
    parser.add_argument("--headless", action="store_true", help="run one case of each kind and end")
    parser.add_argument("--script", help="mishaps to play: a file, or the name of one that ships")


def run(given: argparse.Namespace) -> int:
    """Open the hospital until told to stop, or run its cases; 0 only if each ended as it should."""
    mishaps = NO_MISHAPS
    if given.script:
        mishaps = load_hospital_script(shipped(given.script, SCRIPTS / "hospital"))
    with tempfile.TemporaryDirectory(prefix="injury-desk-demo-") as folder:
        if given.headless:
            return _told(Path(folder), mishaps)
        return _open(Path(folder), given.port, mishaps)


def _told(folder: Path, mishaps: Mishaps) -> int:
    ended = False
    with hospital(folder / "site", log=json_log(), script=mishaps.platform) as place:
        calm = threading.Event()
        play_card(place, mishaps, lambda step: _pass_time(calm, step))
        play_scanner(place, mishaps, calm)
        for step in rehearse(place):
            sys.stdout.buffer.write(codec.encode(step) + b"\n")
            sys.stdout.flush()
            ended = bool(step.get("ok"))
    return 0 if ended else 1


def _pass_time(calm: threading.Event, step: CardStep) -> None:
    calm.wait(step.seconds)


def _open(folder: Path, port: int, mishaps: Mishaps) -> int:
    ending = told_to_stop()
    with (
        hospital(folder / "site", port=port, log=json_log(), script=mishaps.platform) as place,
        attending(place),
    ):
        _welcome(place)
        sys.stdout.flush()
        with playing(place, mishaps, told(ending), ending):
            threading.Thread(target=_scan_at_enter, args=(place,), daemon=True).start()
            ending.wait()
    return 0


def _scan_at_enter(place: Hospital) -> None:
    """Show a fresh e-card to the demo's scanner at each Enter."""
    for _ in sys.stdin:
        place.scanner.scan(place.show_e_card())


def _welcome(place: Hospital) -> None:
    accounts = "\n".join(f"    {person.name}  {person.role.value}" for person in STAFF)
    factor = equip(place.desk.site, IT_STAFF.name, by=IT_STAFF.name)
    fingerprint = told_by(place.ca.with_name("server.pem").read_bytes()).fingerprint
    missing = place.virtual.missing
    reader = (
        f"没有真实 PC/SC（{missing.reason.zh}），使用进程内读卡器 / "
        f"no PC/SC here ({missing.reason.en}): in-process reader"
        if missing
        else f"{place.virtual.name}（pcscd + vpcd）"
    )
    sys.stdout.write(f"""
演示医院已启动 / the demo hospital is open:  {place.url}/
    浏览器会提示证书未受信任：请核对指纹后继续，或导入 CA。
    Your browser warns of a certificate it does not know: compare it, or import the CA.
    CA: {place.ca}
    SHA-256: {fingerprint}

账号 / accounts (密码 / password: {PASSWORD}):
{accounts}
    {IT_STAFF.name}另需动态口令 / also needs an authenticator's code: {factor}

读卡器 / reader: {reader}
可以尝试 / try this:
    1. 以“入院员”登录（选窗口“{DESKS[0]}”），卡已插好，按 F9 核验，填住院号等，按 F9 入院。
       Log in as 入院员 at {DESKS[0]}; the card is in: F9 verifies; fill the form, F9 admits.
    2. 费用由模拟的医院系统自动上传，页面自行更新。
       The simulated hospital system sends 30 charge lines; the page follows by itself.
    3. 以“出院员”登录，打开该住院记录，F9 出院，再按 F9 结算，看报文送达平台。
       As 出院员 open the stay: F9 discharges, F9 settles; watch the messages arrive.
    4. 电子社保卡：在此终端按回车，职工即在 {DESKS[0]} 的虚拟扫码器上扫一个新码，
       原业务随即清除；或由医院系统提交 {{"qr": "…"}}，示例码（10 分钟内一次有效）：
       The e-card: press Enter in this terminal, and a fresh code is scanned at {DESKS[0]},
       which clears the case before it; or POST {{"qr": "…"}} to /api/v1/identifications.
       A sample, good once within ten minutes:  {place.show_e_card()}
    5. 经办机构（模拟）：审核、拨付、暂停、备案，结果会自行回到本院。
       The agency behind the platform: what it decides comes down by itself:  {place.agency_url}

Ctrl-C 结束并清除数据 / Ctrl-C ends it and removes its data.
""")
