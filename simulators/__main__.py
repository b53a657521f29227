"""``python -m simulators hospital | platform | card | scanner | trace``: a far side for rehearsal.

``hospital`` is all of it with the service itself; the others stand alone, so that IT staff can
rehearse a site of their own.
"""

import argparse
import errno
import signal
import sys
import tempfile
import threading
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path

from edge import codec
from edge.clock import system_clock
from edge.core.errors import Fault
from edge.log import json_log
from edge.steps.keep_accounts import equip
from simulators.agency.api import add_agency
from simulators.agency.office import open_office
from simulators.card import command, tracing
from simulators.card.script import CardStep
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
from simulators.platform.app import build
from simulators.platform.faults import NO_FAULTS, Faults, load_script
from simulators.platform.journal import Journal
from simulators.platform.register import SAMPLE, load_register
from simulators.platform.server import ServerPapers, serve
from simulators.reader import VpcdCard
from simulators.scanner import VirtualScanner, load_scan_script
from simulators.script_file import SCRIPTS, BadFile, shipped
from sync.envelope import PublicKey, load_public


def main() -> int:
    """Run the far side that the command line names; return the exit code."""
    given = _parser().parse_args()
    act: Callable[[argparse.Namespace], int] = given.act
    try:
        return act(given)
    except BadFile as wrong:
        sys.stderr.write(f"{wrong}\n")
        return 2
    except Fault as wrong:
        sys.stderr.write(f"{wrong.reason.zh}: {wrong.next_action.zh}\n")
        sys.stderr.write(f"{wrong.reason.en}: {wrong.next_action.en}\n")
        return 1
    except OSError as wrong:
        if wrong.errno != errno.EADDRINUSE:
            raise
        sys.stderr.write("端口已被占用，请用 --port 另选（0 为任意空闲端口）\n")
        sys.stderr.write("the port is taken: choose another with --port (0 takes a free one)\n")
        return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="simulators", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    kinds = parser.add_subparsers(required=True)
    whole = kinds.add_parser("hospital", help="a whole hospital on loopback")
    whole.add_argument("--port", type=int, default=8443, help="0 takes a free one")
    whole.add_argument("--headless", action="store_true", help="run one case of each kind and end")
    whole.add_argument("--script", help="mishaps to play: a file, or the name of one that ships")
    whole.set_defaults(act=_hospital)
    platform = kinds.add_parser("platform", help="the agency's side of the wire")
    platform.add_argument("--port", type=int, default=8700)
    platform.add_argument("--register", type=Path, default=SAMPLE, help="workers and facilities")
    platform.add_argument("--script", help="faults to play: a file, or the name of one that ships")
    platform.add_argument("--journal", type=Path, help="also write what is received to this file")
    platform.add_argument(
        "--agency", type=Path, help="the agency's database, kept; without it a passing one"
    )
    platform.add_argument(
        "--key",
        action="append",
        default=[],
        metavar="FACILITY=FILE",
        help="a facility's public key (facility.pub.pem); may be given several times",
    )
    platform.add_argument("--tls-certificate", type=Path, help="serve over TLS (PEM)")
    platform.add_argument("--tls-key", type=Path, help="its private key (PEM)")
    platform.add_argument("--tls-clients", type=Path, help="CA of the only clients to be served")
    platform.set_defaults(act=_platform)
    card = kinds.add_parser("card", help="virtual cards in vpcd's readers")
    command.add_words(card)
    card.set_defaults(act=_card)
    trace = kinds.add_parser("trace", help="a masked trace of the card in a reader, or its replay")
    tracing.add_words(trace)
    trace.set_defaults(act=tracing.run)
    _add_scanner(kinds.add_parser("scanner", help="a virtual serial scanner; type codes"))
    return parser


def _add_scanner(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--device", type=Path, default=Path("virtual-scanner"), help="the link")
    parser.add_argument("--script", help="faults to play before codes are typed: a file or a name")
    parser.add_argument("--prefix", default="", help="sent before each code")
    parser.add_argument("--suffix", default="", help="sent after each code")
    parser.set_defaults(act=_scanner)


def _hospital(given: argparse.Namespace) -> int:
    mishaps = NO_MISHAPS
    if given.script:
        mishaps = load_hospital_script(shipped(given.script, SCRIPTS / "hospital"))
    with tempfile.TemporaryDirectory(prefix="injury-desk-demo-") as folder:
        if given.headless:
            return _told(Path(folder), mishaps)
        return _open(Path(folder), given.port, mishaps)


def _platform(given: argparse.Namespace) -> int:
    keys = dict(map(_registered, given.key))
    named = shipped(given.script, SCRIPTS / "platform") if given.script else None
    faults = Faults(load_script(named) if named else NO_FAULTS)
    with (
        tempfile.TemporaryDirectory(prefix="injury-desk-agency-") as passing,
        closing(Journal(given.journal)) as also,
        open_office(
            given.agency or Path(passing) / "agency.db",
            load_register(given.register),
            system_clock,
            also=also,
        ) as office,
    ):
        platform = build(office.registry, system_clock, keys, faults, office.journal)
        add_agency(platform, office, keys)
        key_file = (given.agency or Path("agency")).with_suffix(".pub.pem")
        key_file.write_bytes(office.downward.public_key.pem())
        with serve(platform, port=given.port, papers=_papers(given)) as url:
            workers = len(office.registry.workers)
            sys.stdout.write(f"platform simulator: {url}  ({workers} workers)\n")
            sys.stdout.write(f"agency: {url}/agency   platform.keys: {key_file.absolute()}\n")
            _until_told_to_stop()
    return 0


def _papers(given: argparse.Namespace) -> ServerPapers | None:
    if given.tls_certificate is None:
        return None
    key = given.tls_key or given.tls_certificate
    return ServerPapers(certificate=given.tls_certificate, key=key, clients=given.tls_clients)


def _card(given: argparse.Namespace) -> int:
    command.run(given, _told_to_stop(), VpcdCard)
    return 0


def _scanner(given: argparse.Namespace) -> int:
    device = given.device.absolute()
    script = None
    if given.script:
        script = load_scan_script(shipped(given.script, SCRIPTS / "scanner"))
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with (
        suppress(KeyboardInterrupt),
        VirtualScanner(device, prefix=given.prefix, suffix=given.suffix) as scanner,
    ):
        sys.stdout.write(f"scanner simulator: {device}; type a code and Enter to scan it\n")
        sys.stdout.flush()
        if script:
            scanner.play(script)
        for line in sys.stdin:
            scanner.scan(line.rstrip("\r\n"))
    return 0


def _registered(given: str) -> tuple[str, PublicKey]:
    facility, _, file = given.partition("=")
    return facility, load_public(Path(file).read_bytes())


def _until_told_to_stop() -> None:
    """Wait for Ctrl-C or SIGTERM."""
    sys.stdout.flush()
    _told_to_stop().wait()


def _told_to_stop() -> threading.Event:
    """Return what Ctrl-C or SIGTERM sets."""
    ending = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ending.set())
    return ending


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
    ending = _told_to_stop()
    with (
        hospital(folder / "site", port=port, log=json_log(), script=mishaps.platform) as place,
        attending(place),
    ):
        _welcome(place)
        sys.stdout.flush()
        with playing(place, mishaps, command.told(ending), ending):
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
    missing = place.virtual.missing
    reader = (
        f"没有真实 PC/SC（{missing.reason.zh}），使用进程内读卡器 / "
        f"no PC/SC here ({missing.reason.en}): in-process reader"
        if missing
        else f"{place.virtual.name}（pcscd + vpcd）"
    )
    sys.stdout.write(f"""
演示医院已启动 / the demo hospital is open:  {place.url}/

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

Ctrl-C 结束并清除数据 / Ctrl-C ends it and removes its data.
""")


if __name__ == "__main__":
    sys.exit(main())
