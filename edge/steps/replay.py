"""Decide a stored settlement or verification again, and say whether the same comes out.

Changes nothing. Decides by the very packs of then; with one that is not here it does not pretend:
it names it.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import assert_never

from edge import codec
from edge.core.adjudication import Bill, ruled_by_law
from edge.core.errors import BadInput
from edge.core.rules import Rulebook
from edge.core.verification import Facts, PackUsed, Verdict, verify
from edge.digest import sha256
from edge.site import Site
from edge.site.rulebooks import rulebook_by_hash
from edge.store.database import Rows
from edge.store.settlements import Evidence, Settlement, evidence_of, load_settlement
from edge.store.verifications import VerifiedEvidence, evidence_of_verification

_SUMS = ("total_fen", "fund_fen", "personal_fen")
_SHOWN_MAX = 80


@dataclass(frozen=True, slots=True)
class Same:
    """Verdict and ruling came out byte for byte as they were stored."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that is not as it was: ``what`` names it, ``kept`` is stored, ``now`` came out."""

    what: str
    kept: str
    now: str


@dataclass(frozen=True, slots=True)
class Differs:
    """What is not as it was; never empty."""

    what: tuple[Difference, ...]


def replay(site: Site, decided: str) -> Same | Differs:
    """Decide the stored inputs of a settlement or a verification again, by the packs of then.

    A pack that was changed since is taken from what the site has kept. One that was never kept
    here is told, and nothing else: its law is not here to decide by.

    Args:
        site: whose store it is.
        decided: the id of a settlement or of a verification.

    Raises:
        NotFound: UNKNOWN_SETTLEMENT, when it is neither.
        Fault: SEAL_BROKEN, when a stored input was tampered with.
    """
    db = site.store.read()
    verified = evidence_of_verification(db, site.vault, decided)
    if verified:
        return _verified_again(site, db, verified)
    settlement = load_settlement(db, site.vault, decided)
    evidence = evidence_of(db, site.vault, settlement)
    used = _packs_used(settlement, evidence)
    rulebook = rulebook_by_hash(db, site.rulebook, (pack.sha256 for pack in used))
    found = tuple(_missing_packs(used, rulebook))
    found = found or tuple(_changed_outcome(settlement, evidence, rulebook))
    return Differs(found) if found else Same()


def _verified_again(site: Site, db: Rows, evidence: VerifiedEvidence) -> Same | Differs:
    used = codec.decode(evidence.verdict, Verdict).packs
    rulebook = rulebook_by_hash(db, site.rulebook, (pack.sha256 for pack in used))
    found = tuple(_missing_packs(used, rulebook))
    found = found or tuple(_changed_verdict(evidence.facts, evidence.verdict, rulebook))
    return Differs(found) if found else Same()


def said(outcome: Same | Differs) -> str:
    """Return the outcome as lines for a terminal."""
    match outcome:
        case Same():
            return "✓ the same, byte for byte"
        case Differs(what):
            return "\n".join(f"✗ {one.what}: {one.kept} → {one.now}" for one in what)
        case _:
            assert_never(outcome)


def _packs_used(settlement: Settlement, evidence: Evidence) -> list[PackUsed]:
    decided_by = (*codec.decode(evidence.verdict, Verdict).packs, *settlement.packs)
    return list(dict.fromkeys(decided_by))


def _missing_packs(packs: Iterable[PackUsed], rulebook: Rulebook) -> Iterator[Difference]:
    """Find each pack by its hash: equal version numbers prove nothing."""
    for used in packs:
        files = {
            f"{pack.version} {pack.sha256}" for pack in rulebook.packs if pack.region == used.region
        }
        kept = f"{used.version} {used.sha256}"
        if kept not in files:
            what = f"pack {used.region} ({used.side})"
            yield Difference(what, kept, ", ".join(sorted(files)) or "not here")


def _changed_outcome(
    settlement: Settlement, evidence: Evidence, rulebook: Rulebook
) -> Iterator[Difference]:
    bill = codec.decode(evidence.bill, Bill)
    ruling = _outcome(lambda: ruled_by_law(bill, rulebook))
    yield from _changed_verdict(evidence.facts, evidence.verdict, rulebook)
    yield from _difference("ruling", evidence.ruling, ruling)
    ruled = codec.decode(evidence.ruling, dict[str, object])
    for name, kept, now in (
        *((name, getattr(settlement, name), ruled.get(name)) for name in _SUMS),
        ("catalogue", settlement.catalogue_sha256, _hash_of_rows(evidence.bill)),
    ):
        yield from _parting(f"settlement.{name}", kept, now)


def _hash_of_rows(bill: bytes) -> str:
    """Hash the rows as they were stored: what a later release adds to a row is not in them."""
    return sha256(codec.encode(codec.decode(bill, dict[str, object])["catalogue"]))


def _changed_verdict(facts: bytes, kept: bytes, rulebook: Rulebook) -> Iterator[Difference]:
    verdict = _outcome(lambda: verify(codec.decode(facts, Facts), rulebook))
    yield from _difference("verdict", kept, verdict)


def _outcome(decide: Callable[[], object]) -> bytes:
    """Return what is decided; a release that refuses the inputs decides otherwise too."""
    try:
        return codec.encode(decide())
    except BadInput as refused:
        return codec.encode(f"refused: {refused.code} {refused.field}")


def _difference(what: str, kept: bytes, now: bytes) -> Iterator[Difference]:
    if kept != now:
        before, after = (codec.decode(data, object) for data in (kept, now))
        yield next(_parting(what, before, after), Difference(what, "bytes", "other bytes"))


def _parting(path: str, kept: object, now: object) -> Iterator[Difference]:
    """Walk both values and yield each place where they part."""
    match kept, now:
        case dict(), dict():
            for key in sorted({*kept, *now}):
                yield from _parting(f"{path}.{key}", kept.get(key), now.get(key))
        case list(), list() if len(kept) == len(now):
            for place, (one, other) in enumerate(zip(kept, now, strict=True)):
                yield from _parting(f"{path}[{place}]", one, other)
        case _:
            if kept != now:
                yield Difference(path, _short(kept), _short(now))


def _short(value: object) -> str:
    text = codec.encode(value).decode()
    return text if len(text) <= _SHOWN_MAX else f"{text[:_SHOWN_MAX]}…"
