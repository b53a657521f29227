"""The hash of a synthetic password, made with the least work that Argon2id knows.

A hash says what it was made with, so the product verifies this one as any other, in a
thousandth of the time. What the product's own hashes cost is tests/store/test_operators' to show.
"""

from functools import cache

from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from simulators.hospital import Hospital
from simulators.hospital.ground import PASSWORD


@cache
def quick_hash(password: str) -> str:
    """Return the hash in PHC form."""
    kdf = Argon2id(salt=bytes(16), length=32, iterations=1, lanes=1, memory_cost=8)
    return kdf.derive_phc_encoded(password.encode())


def quicken(place: Hospital) -> None:
    """Hash anew the password that everybody in a demo hospital has."""
    with place.desk.site.store.transaction() as db:
        db.execute("update operators set password_hash = ?", [quick_hash(PASSWORD)])
