"""People and what they presented. Identities lie sealed; a number is found by blind index only."""

from dataclasses import dataclass
from datetime import datetime

from edge.core.credential import Credential
from edge.core.errors import Conflict, NotFound, Words
from edge.core.identity import Identity
from edge.store.database import Row, Rows, marks
from edge.store.vault import Vault


@dataclass(frozen=True, slots=True, kw_only=True)
class Identification:
    """One presentation of a credential, good until ``expires_at``.

    ``reader`` is the device it came by; both it and ``desk`` may be empty. ``presentation`` is the
    one-time token of the showing: it identifies once.
    """

    id: str
    presentation: str
    person_id: str
    source: str
    reader: str
    desk: str = ""
    credential: Credential
    presented_at: datetime
    expires_at: datetime


def remember_person(db: Rows, vault: Vault, person: Identity, *, fresh: str, now: datetime) -> str:
    """Return the id of the person with this number, new (``fresh``) or known already.

    The name is the latest that a credential showed.
    """
    known = person_with(db, vault, person.number)
    person_id = known or fresh
    sealed = vault.seal_value(person, f"people.identity:{person_id}")
    db.execute(
        "insert into people (id, number_index, identity_sealed, created_at) values (?, ?, ?, ?)"
        " on conflict (id) do update set identity_sealed = excluded.identity_sealed,"
        " number_index = excluded.number_index",
        [person_id, vault.blind(person.number), sealed, now.isoformat()],
    )
    return person_id


def person_with(db: Rows, vault: Vault, number: str) -> str | None:
    """Return the id of the person with this very number, if they were ever here."""
    blinds = vault.blinds(number)
    row = db.one(f"select id from people where number_index in ({marks(blinds)})", blinds)  # noqa: S608 - question marks
    return str(row["id"]) if row else None


def seal_anew(db: Rows, vault: Vault) -> int:
    """Seal and index every person, and seal every credential, with the newest keys; count them.

    Call it inside one transaction: a person must never be findable under neither key.
    """
    count = 0
    for person_id, sealed in list(db.tuples("select id, identity_sealed from people")):
        place = f"people.identity:{person_id}"
        person = vault.open_value(sealed, Identity, place)
        db.execute(
            "update people set number_index = ?, identity_sealed = ? where id = ?",
            [vault.blind(person.number), vault.seal_value(person, place), person_id],
        )
        count += 1
    for row_id, sealed in list(db.tuples("select id, credential_sealed from identifications")):
        if vault.is_newest(sealed):
            continue
        place = f"identifications.credential:{row_id}"
        db.execute(
            "update identifications set credential_sealed = ? where id = ?",
            [vault.seal(vault.unseal(sealed, place), place), row_id],
        )
        count += 1
    return count


def identity_of(db: Rows, vault: Vault, person_id: str) -> Identity:
    """Open one person's identity. Every caller that shows it writes an audit entry."""
    row = db.one("select identity_sealed from people where id = ?", [person_id])
    if row is None:
        raise _unknown("UNKNOWN_PERSON", "person", person_id)
    return vault.open_value(row["identity_sealed"], Identity, f"people.identity:{person_id}")


def save_identification(db: Rows, vault: Vault, identification: Identification) -> None:
    """Keep one presentation.

    Raises:
        Conflict: PRESENTATION_USED, when its token identified somebody before.
    """
    if presentation_is_used(db, identification.presentation):
        raise _used()
    place = f"identifications.credential:{identification.id}"
    db.execute(
        "insert into identifications (id, presentation, person_id, source, reader, desk,"
        " credential_sealed, presented_at, expires_at) values (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            identification.id,
            identification.presentation,
            identification.person_id,
            identification.source,
            identification.reader,
            identification.desk,
            vault.seal_value(identification.credential, place),
            identification.presented_at.isoformat(),
            identification.expires_at.isoformat(),
        ],
    )


def load_identification(db: Rows, vault: Vault, identification_id: str) -> Identification:
    """Return one presentation.

    Raises:
        NotFound: UNKNOWN_IDENTIFICATION.
    """
    row = db.one("select * from identifications where id = ?", [identification_id])
    if row is None:
        raise _unknown("UNKNOWN_IDENTIFICATION", "identification", identification_id)
    return _identification(row, vault)


def presentation_is_used(db: Rows, token: str) -> bool:
    """Tell whether a presentation's one-time token has identified somebody."""
    return db.one("select 1 from identifications where presentation = ?", [token]) is not None


def desk_identified_at(db: Rows, identification_id: str | None) -> str:
    """Return the desk of an identification; empty when it had none."""
    row = db.one("select desk from identifications where id = ?", [identification_id])
    return str(row["desk"]) if row else ""


def identification_for(
    db: Rows, vault: Vault, *, person_id: str, identification_id: str | None
) -> Identification:
    """Return the named presentation, or the person's latest when none is named.

    Raises:
        NotFound: UNKNOWN_IDENTIFICATION.
        Conflict: OTHER_PERSON, when somebody else presented it.
    """
    if identification_id is None:
        latest = db.one(
            "select * from identifications where person_id = ?"
            " order by presented_at desc, id limit 1",
            [person_id],
        )
        if latest is None:
            raise _unknown("UNKNOWN_IDENTIFICATION", "identification", "")
        return _identification(latest, vault)
    identification = load_identification(db, vault, identification_id)
    if identification.person_id != person_id:
        raise Conflict(
            "OTHER_PERSON",
            Words("所读的卡不属于该住院职工", "the card belongs to somebody else"),
            Words("请出示住院职工本人的社会保障卡", "present the card of the person in this stay"),
            field="identification",
        )
    return identification


def _identification(row: Row, vault: Vault) -> Identification:
    place = f"identifications.credential:{row['id']}"
    return Identification(
        id=row["id"],
        presentation=row["presentation"],
        person_id=row["person_id"],
        source=row["source"],
        reader=row["reader"],
        desk=row["desk"],
        credential=vault.open_value(row["credential_sealed"], Credential, place),
        presented_at=datetime.fromisoformat(row["presented_at"]),
        expires_at=datetime.fromisoformat(row["expires_at"]),
    )


def _used() -> Conflict:
    return Conflict(
        "PRESENTATION_USED",
        Words("这次出示的卡或码已经用过", "what was presented has been used already"),
        Words("再读一次卡，或出示新的码", "read the card again, or show a fresh code"),
        field="presentation",
    )


def _unknown(code: str, what: str, given: str) -> NotFound:
    return NotFound(
        code,
        Words(f"找不到该记录：{given}", f"no {what} {given}"),
        Words("请重新读卡后再操作", "read the card again"),
        field=what,
    )
