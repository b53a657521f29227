"""The far sides, for rehearsal: card, reader, platform, and a whole hospital on loopback."""
