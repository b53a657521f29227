"""What the edge remembers, in one SQLite file. Not a place for decisions."""
