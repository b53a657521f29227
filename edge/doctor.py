"""What is ready and what is not, each finding with its fix. Changes nothing."""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from drivers.card_readers import CardReaders
from drivers.errors import DriverError
from drivers.pcsc import PcscReaders
from drivers.psam_slot import PsamInSlot
from drivers.scan_errors import ScannerBusy
from drivers.serial_line import open_line
from edge import packs
from edge.card_key import psam_plan
from edge.clock import Clock
from edge.core.dates import local_day
from edge.core.deadline import went_back
from edge.core.errors import EdgeError
from edge.documents.fonts import FAMILIES, PACKAGES, missing_fonts
from edge.settings import Place, Settings, SettingsError, load_settings
from edge.shipped import config_folder
from edge.site import clock_behind
from edge.site.opening import open_site, platform_of
from edge.site.rulebooks import rulebook_in_force
from edge.site.upgrading import require_brought_up
from edge.steps.list_status import list_status
from edge.store.agents import AgentHeard, agents_heard
from edge.store.backup_shelf import is_late, kept_in
from edge.store.books import misstated
from edge.store.catalogues import HeldVersion, held_versions
from edge.store.database import SQLITE_VERSION, Rows, Store
from edge.store.high_water import high_water
from edge.store.keys import KeyFolder, key_store_of, load_keys
from edge.store.ledger import Ledger, heads_kept
from edge.store.migrations import schema_of
from edge.store.operators import ADMINISTRATORS, operators
from edge.store.proofs import standing_of
from edge.store.quarantine import forgotten, open_quarantine
from edge.trust.certificates import named
from edge.trust.tls import ends_soon, papers_of, told
from sync.errors import SyncError
from sync.outcome import NotReceived

DISK_FREE_MIN_MB = 500
WAL_MAX_MB = 256
AGENT_HEARD_WITHIN = timedelta(minutes=2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing looked at: whether it is well, what was seen, and what mends it."""

    name: str
    well: bool
    seen: str
    fix: str = ""


def examine(settings_file: Path, clock: Clock) -> list[Finding]:
    """Look at everything that can be looked at; a fault in one does not hide the others."""
    try:
        settings = load_settings(settings_file)
    except SettingsError as wrong:
        return [Finding(name="settings", well=False, seen=str(wrong), fix="see docs/settings.md")]
    checks: list[tuple[str, Callable[[], Iterator[Finding]]]] = [
        ("keys", lambda: _keys(settings)),
        ("certificate", lambda: _certificate(settings, clock)),
        ("database", lambda: _database(settings, clock)),
        ("disk", lambda: _disk(settings)),
        ("ownership", lambda: _ownership(settings)),
        ("backup", lambda: _backup(settings, clock)),
        ("packs", lambda: _packs(settings, clock)),
        ("catalogues", lambda: _catalogues(settings)),
        ("readers", _readers),
        ("psam", lambda: _psam(settings)),
        ("scanners", lambda: _scanners(settings)),
        ("agents", lambda: _agents(settings, clock)),
        ("fonts", _fonts),
        ("files", lambda: _files(settings)),
        ("streams", lambda: _streams(settings)),
        ("platform", lambda: _platform(settings, clock)),
        ("list", lambda: _list(settings, clock)),
    ]
    found = [Finding(name="settings", well=True, seen=str(settings_file))]
    for name, look in checks:
        found += _safely(name, look)
    return found


def _safely(name: str, look: Callable[[], Iterator[Finding]]) -> list[Finding]:
    try:
        return list(look())
    except EdgeError as wrong:
        return [Finding(name=name, well=False, seen=wrong.reason.en, fix=wrong.next_action.en)]
    except (DriverError, SyncError) as wrong:
        return [Finding(name=name, well=False, seen=wrong.text_en, fix=wrong.next_action_en)]
    except OSError as wrong:
        return [Finding(name=name, well=False, seen=str(wrong), fix="check rights and disk")]


def _keys(settings: Settings) -> Iterator[Finding]:
    store = key_store_of(settings)
    load_keys(store)
    whose = "files of this account" if isinstance(store, KeyFolder) else "given by systemd"
    seen = f"{whose}: {store.path('ledger').parent}, readable by nobody else"
    yield Finding(name="keys", well=True, seen=seen)


def _certificate(settings: Settings, clock: Clock) -> Iterator[Finding]:
    papers = papers_of(settings)
    if papers is None:
        yield Finding(name="certificate", well=True, seen="no TLS: a proxy on this machine ends it")
        return
    said = told(papers)
    unnamed = sorted(named(settings.server.allowed_hosts) - set(said.hosts))
    seen = f"for {', '.join(said.hosts)} until {said.ends_at:%Y-%m-%d}"
    seen += f", not for {', '.join(unnamed)}" if unnamed else ""
    well = not unnamed and not ends_soon(papers, clock())
    ours = "edge tls renew; the running service renews in time, so look in its log for why not"
    if unnamed:
        ours = "edge tls renew --new-ca, then give the new ca.pem to every desk"
    fix = ours if papers.ca else "get a new one from the hospital's CA and put it in its place"
    yield _judged("certificate", seen, well=well, fix=fix)


def _database(settings: Settings, clock: Clock) -> Iterator[Finding]:
    with _opened(settings) as store:
        schema = schema_of(store)
        db = store.read()
        sound = db.one("pragma quick_check") == {"quick_check": "ok"}
        library = ".".join(map(str, SQLITE_VERSION))
        seen = f"SQLite {library}, schema {schema}, {'sound' if sound else 'DAMAGED'}"
        yield _judged("database", seen, well=sound, fix="restore the last backup")
        broken = Ledger(load_keys(key_store_of(settings))).verify(db) or misstated(db)
        heads = f"the chain verifies, {heads_kept(db)} signed heads"
        seen = f"entry {broken.seq}: {broken.reason}" if broken else heads
        fix = "keep the file as evidence, edge ledger verify, call the security administrator"
        yield _judged("ledger", seen, well=broken is None, fix=fix)
        yield _clock(high_water(db), clock)
        yield _administrators(db, clock)
        yield _log_of_writes(store)
        yield from _restored(db)


@contextmanager
def _opened(settings: Settings) -> Iterator[Store]:
    """Open the database to look at it, unless that would change it."""
    path = settings.data / "edge.db"
    require_brought_up(path)
    with closing(Store(path)) as store:
        yield store


def _administrators(db: Rows, clock: Clock) -> Finding:
    found = [one for one in operators(db) if one.role in ADMINISTRATORS]
    bare = [one.name for one in found if not standing_of(db, one.id, at=clock()).second_factor]
    locked = [one.name for one in found if standing_of(db, one.id, at=clock()).locked_until]
    roles = {one.role for one in found}
    absent = sorted(role.value.replace("_", " ") for role in ADMINISTRATORS - roles)
    seen = f"{len(found)} with an account"
    seen += f"; no {' and no '.join(absent)}" if absent else ""
    seen += f"; no authenticator: {', '.join(bare)}" if bare else ""
    seen += f"; locked: {', '.join(locked)}" if locked else ""
    well = not (absent or bare or locked)
    fix = "edge users equip NAME, edge users unlock NAME; edge users add NAME --role ROLE"
    return _judged("administrators", seen, well=well, fix=fix)


def _log_of_writes(store: Store) -> Finding:
    size_mb = store.log_bytes() // 1_000_000
    fix = "restart the service: a reader that never ended keeps the log from being taken over"
    well = size_mb <= WAL_MAX_MB
    return _judged("write-ahead log", f"{size_mb} MB", well=well, fix=fix)


def _restored(db: Rows) -> Iterator[Finding]:
    """Tell what a restore has left to be done; nothing of a site that needs nothing done."""
    quarantine = open_quarantine(db)
    waiting = [one for one in forgotten(db) if one.resolved_at is None]
    if quarantine:
        seen = f"from the backup of {quarantine.backup_made_at:%Y-%m-%d %H:%M}, nothing is settled"
        yield Finding(name="restored", well=False, seen=seen, fix="edge restored reconcile")
    elif waiting:
        seen = f"{len(waiting)} acts that are not in the backup stop their cases"
        fix = "edge restored list; compare each with the paper, then edge restored resolve ID"
        yield Finding(name="restored", well=False, seen=seen, fix=fix)


def _disk(settings: Settings) -> Iterator[Finding]:
    free_mb = shutil.disk_usage(settings.data).free // 1_000_000
    well = free_mb >= DISK_FREE_MIN_MB
    yield _judged("disk", f"{free_mb} MB free", well=well, fix="free or enlarge the disk")


def _ownership(settings: Settings) -> Iterator[Finding]:
    data = settings.data
    owner = data.stat().st_uid
    found = strangers_in(data, owner)
    seen = f"{len(found)} of another account: {', '.join(found[:3])}" if found else "of one account"
    fix = f"stop the service, chown -R --reference={data} {data}, start it"
    yield _judged("ownership", seen, well=not found, fix=fix)


def strangers_in(folder: Path, owner: int) -> list[str]:
    """Return what lies in a folder and is not ``owner``'s: the service may not write it."""
    found = []
    for one in folder.rglob("*"):
        with suppress(FileNotFoundError):  # the service makes files and takes them away
            if one.lstat().st_uid != owner:
                found.append(str(one.relative_to(folder)))
    return sorted(found)


def _backup(settings: Settings, clock: Clock) -> Iterator[Finding]:
    chosen = settings.backup
    if chosen.folder is None:
        seen = "none made by itself: somebody must run edge backup"
        yield Finding(name="backup", well=True, seen=seen)
        return
    kept = kept_in(chosen.folder)
    newest = f"newest {kept[-1].made_at.isoformat()}" if kept else "none yet"
    well = not is_late(kept, clock(), timedelta(hours=chosen.every_h))
    fix = "is the service running? look in the log for backup.failed; check disk and rights"
    yield _judged("backup", f"{chosen.folder}: {len(kept)}, {newest}", well=well, fix=fix)


def _packs(settings: Settings, clock: Clock) -> Iterator[Finding]:
    shipped = packs.pack_files(config_folder() / "regions")
    with _opened(settings) as store:
        strict = settings.law.strict_terms
        rulebook = rulebook_in_force(store, shipped, clock(), strict_terms=strict)
    today = local_day(clock())
    passed = sorted({pack.name for pack in rulebook.packs if pack.term_passed(today)})
    seen = f"{len(packs.list_packs(rulebook))} packs"
    if passed:
        # Unless the site is strict, a pack applies until its successor is added (DOMAIN §3, 9).
        instead = "national applies" if strict else "still applied"
        seen += f"; stated term has passed, {instead}: {', '.join(passed)}"
    yield Finding(name="packs", well=True, seen=seen)


def _catalogues(settings: Settings) -> Iterator[Finding]:
    region = settings.facility.region
    with _opened(settings) as store:
        held = held_versions(store.read())
    seen = ", ".join(f"{_whose(one)} {one.version} ({one.row_count} rows)" for one in held)
    well = any(one.region == region for one in held)
    fix = f"edge catalogue import FILE --region {region} --version V"
    yield _judged("catalogues", seen or "none imported", well=well, fix=fix)


def _whose(held: HeldVersion) -> str:
    return f"{held.region}/{held.insurance}" if held.insurance else held.region


def _readers() -> Iterator[Finding]:
    with closing(PcscReaders()) as readers:
        slots = readers.wait((), 0.0)
    names = ", ".join(slot.name for slot in slots)
    fix = "connect a reader; check its driver package"
    yield _judged("readers", names or "no reader", well=bool(slots), fix=fix)


def _psam(settings: Settings) -> Iterator[Finding]:
    """Look for a PSAM here, where the settings expect one; the PCs of agents have their own."""
    plan = psam_plan(settings.psam)
    if plan is None:
        return
    with closing(PcscReaders()) as readers:
        cards = CardReaders(readers, plan.reader)
        cards.wait((), 0.0)
        there = cards.hidden()
        number = PsamInSlot(cards, plan).terminal
    seen = f"{there[0].name}, terminal {number or 'unknown'}" if there else "none"
    fix = f"put the PSAM into the slot that psam.reader names ({plan.reader})"
    yield _judged("psam", seen, well=bool(there), fix=fix)


def _scanners(settings: Settings) -> Iterator[Finding]:
    for place in settings.desks:
        if place.scanner and not place.agent:
            yield _scanner(place, settings.scanner.baud_rate)


def _scanner(place: Place, baud_rate: int) -> Finding:
    name, seen = f"scanner {place.name}", place.scanner
    try:
        with open_line(place.scanner, baud_rate=baud_rate, quiet_s=0.1):
            return Finding(name=name, well=True, seen=seen)
    except ScannerBusy:
        # The service itself holds it while it runs.
        return Finding(name=name, well=True, seen=f"{seen}, in use")
    except DriverError as wrong:
        fix = wrong.next_action_en
        return Finding(name=name, well=False, seen=f"{seen}: {wrong.text_en}", fix=fix)


def _agents(settings: Settings, clock: Clock) -> Iterator[Finding]:
    desks = [place.name for place in settings.desks if place.agent]
    if not desks:
        return
    with _opened(settings) as store:
        heard = agents_heard(store.read())
    for desk in desks:
        yield _agent(desk, heard.get(desk), clock)


def _agent(desk: str, heard: AgentHeard | None, clock: Clock) -> Finding:
    if heard is None:
        seen, well = "never heard", False
    else:
        # The service notes it every half minute.
        well = abs(clock() - heard.seen_at) <= AGENT_HEARD_WITHIN
        seen = f"{heard.host}, last heard {heard.seen_at.isoformat(timespec='seconds')}"
    fix = "start the agent on the desk's PC, see docs/agent.md; is the service running?"
    return _judged(f"agent {desk}", seen, well=well, fix=fix)


def _fonts() -> Iterator[Finding]:
    missing = missing_fonts()
    seen = f"no {', '.join(missing)}" if missing else ", ".join(FAMILIES)
    yield _judged("fonts", seen, well=not missing, fix=PACKAGES)


def _files(settings: Settings) -> Iterator[Finding]:
    folder = settings.files.charges
    if folder is None:
        return
    well = folder.is_dir() and os.access(folder, os.R_OK | os.W_OK | os.X_OK)
    seen = f"{folder} is watched" if well else f"{folder} cannot be read and written"
    yield _judged("files", seen, well=well, fix="make the folder and give this account its rights")


def _streams(settings: Settings) -> Iterator[Finding]:
    """Look at a campus's stream server and, behind it, at the office's."""
    if settings.sync.transport == "https":
        return
    from edge.site.group import seen_by, stream_of  # noqa: PLC0415 - nats is for campuses

    with closing(stream_of(settings, "doctor")) as stream:
        found = seen_by(stream, settings)
    for name, one in found.items():
        yield _judged(name, one.seen, well=one.well, fix=one.fix)


def _platform(settings: Settings, clock: Clock) -> Iterator[Finding]:
    key = load_keys(key_store_of(settings)).signing
    url = settings.platform.url
    with platform_of(settings, key, clock) as platform:
        standing = platform.status_of("doctor", b"")
    well = isinstance(standing, NotReceived)
    seen = f"{url} answers" if well else f"{url} does not answer as a platform"
    fix = "check platform.url and the network"
    if settings.sync.transport == "jetstream":
        seen = f"{'answers' if well else 'no answer'} through the group's office"
        fix = "is the leaf connected to the office's server (its log), does the office serve?"
    yield _judged("platform", seen, well=well, fix=fix)


def _list(settings: Settings, clock: Clock) -> Iterator[Finding]:
    if settings.lists.root is None:
        seen = "no platform root: when the platform is silent every verdict waits"
        yield Finding(name="list", well=True, seen=seen)
        return
    require_brought_up(settings.data / "edge.db")
    with open_site(settings, clock=clock) as site:
        status = list_status(site)
    seen = f"version {status.version}, {status.age_h} h old" if status.version else "no list yet"
    yield _judged("list", seen, well=status.fresh, fix="edge lists refresh")
    refused = [f"{one.kind} {one.name}: {one.why}" for one in status.files if one.why]
    seen = f"refused: {'; '.join(refused)}" if refused else f"{len(status.files)} taken"
    fix = "the platform mends the file and publishes it again"
    yield _judged("delivered files", seen, well=not refused, fix=fix)


def _clock(seen: datetime | None, clock: Clock) -> Finding:
    now = clock()
    fault = clock_behind(seen) if seen and went_back(now, seen) else None
    told = f", {fault.reason.en}" if fault else ""
    fix = fault.next_action.en if fault else ""
    return _judged("clock", now.isoformat(timespec="seconds") + told, well=fault is None, fix=fix)


def _judged(name: str, seen: str, *, well: bool, fix: str) -> Finding:
    return Finding(name=name, well=well, seen=seen, fix="" if well else fix)
