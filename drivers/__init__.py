"""Hardware only: bytes in, records out. Knows nothing of bills, law or the network's far end."""
