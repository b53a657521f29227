"""Calls over plain HTTP on loopback."""

import ssl

NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""Trusts nobody: a client of httpx2 loads every authority of the world otherwise, 40 ms each."""
