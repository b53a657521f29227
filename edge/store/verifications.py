"""Verdicts as they were given, with the inputs they rest on: a replay gives the same bytes."""

from dataclasses import dataclass
from datetime import datetime

from edge import codec
from edge.core.errors import NotFound, Words
from edge.core.stay import Injury
from edge.core.verification import Facts, Verdict
from edge.store.database import Row, Rows
from edge.store.vault import Vault


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """One verdict: for whom, on which facts, on what basis (``online``, ``list``, ``none``)."""

    id: str
    identification_id: str | None
    person_id: str
    facts: Facts
    verdict: Verdict
    at: datetime
    basis: str
    as_of: datetime | None
    determinations: tuple[Injury, ...]
    """What the platform knows of; empty when it says none."""
    proof: bytes | None
    """The platform's answer, byte for byte."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Filing:
    id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _OnFiling:
    """The one part of the facts that is asked of every earlier stay."""

    filing: _Filing | None = None


def save_verification(db: Rows, vault: Vault, verification: Verification) -> None:
    """Keep a verdict and its inputs."""
    facts, verdict = verification.facts, verification.verdict
    db.execute(
        "insert into verifications (id, identification_id, person_id, service, moment, at, basis,"
        " as_of, decision, facts_sealed, verdict_sealed,"
        " determinations_sealed, proof_sealed)"
        " values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            verification.id,
            verification.identification_id,
            verification.person_id,
            facts.service,
            facts.moment,
            verification.at.isoformat(),
            verification.basis,
            verification.as_of.isoformat() if verification.as_of else None,
            verdict.decision,
            vault.seal_value(facts, f"verifications.facts:{verification.id}"),
            vault.seal(codec.encode(verdict), f"verifications.verdict:{verification.id}"),
            vault.seal_value(
                verification.determinations, f"verifications.determinations:{verification.id}"
            ),
            vault.seal(verification.proof, f"verifications.proof:{verification.id}")
            if verification.proof
            else None,
        ],
    )


def load_verification(db: Rows, vault: Vault, verification_id: str) -> Verification:
    """Return one verdict.

    Raises:
        NotFound: UNKNOWN_VERIFICATION.
    """
    row = db.one("select * from verifications where id = ?", [verification_id])
    if row is None:
        raise NotFound(
            "UNKNOWN_VERIFICATION",
            Words(f"找不到核验记录：{verification_id}", f"no verification {verification_id}"),
            Words("请先核验再继续", "verify first"),
            field="verification",
        )
    return _verification(row, vault)


def filing_of(vault: Vault, verification_id: str, facts_sealed: bytes) -> str:
    """Return the id of the filing that a verdict rests on, and read no more of it; empty: none."""
    place = f"verifications.facts:{verification_id}"
    filing = vault.open_value(facts_sealed, _OnFiling, place).filing
    return filing.id if filing else ""


@dataclass(frozen=True, slots=True)
class VerifiedEvidence:
    """A verification's inputs and verdict, byte for byte as they are stored."""

    facts: bytes
    verdict: bytes


def evidence_of_verification(
    db: Rows, vault: Vault, verification_id: str
) -> VerifiedEvidence | None:
    """Return the bytes that a replay starts from and must arrive at; None: no such verification.

    Raises:
        Fault: SEAL_BROKEN.
    """
    row = db.one(
        "select facts_sealed, verdict_sealed from verifications where id = ?", [verification_id]
    )
    if row is None:
        return None
    return VerifiedEvidence(
        facts=vault.unseal(row["facts_sealed"], f"verifications.facts:{verification_id}"),
        verdict=vault.unseal(row["verdict_sealed"], f"verifications.verdict:{verification_id}"),
    )


def latest_verification(db: Rows, vault: Vault, person_id: str) -> Verification | None:
    """Return the newest verdict about a person."""
    row = db.one(
        "select * from verifications where person_id = ? order by rowid desc limit 1", [person_id]
    )
    return _verification(row, vault) if row else None


def last_asked(db: Rows) -> tuple[datetime, str] | None:
    """Return when somebody was last asked about, and the basis of that verdict."""
    row = db.one("select at, basis from verifications order by rowid desc limit 1")
    return (datetime.fromisoformat(row["at"]), row["basis"]) if row else None


def unanswered_since(db: Rows) -> datetime | None:
    """Return when the platform was first asked in vain since it answered last; None: it does."""
    row = db.one(
        "select at from verifications where rowid > coalesce((select rowid from verifications"
        " where basis = 'online' order by rowid desc limit 1), 0) order by rowid limit 1"
    )
    return datetime.fromisoformat(row["at"]) if row else None


def _verification(row: Row, vault: Vault) -> Verification:
    facts = vault.open_value(row["facts_sealed"], Facts, f"verifications.facts:{row['id']}")
    verdict = vault.open_value(row["verdict_sealed"], Verdict, f"verifications.verdict:{row['id']}")
    return Verification(
        id=row["id"],
        identification_id=row["identification_id"],
        person_id=row["person_id"],
        facts=facts,
        verdict=verdict,
        at=datetime.fromisoformat(row["at"]),
        basis=row["basis"],
        as_of=datetime.fromisoformat(row["as_of"]) if row["as_of"] else None,
        determinations=vault.open_value(
            row["determinations_sealed"],
            tuple[Injury, ...],
            f"verifications.determinations:{row['id']}",
        ),
        proof=vault.unseal(row["proof_sealed"], f"verifications.proof:{row['id']}")
        if row["proof_sealed"]
        else None,
    )
