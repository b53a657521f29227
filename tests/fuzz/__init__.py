"""Bytes that nobody would send, for whatever reads bytes: only typed errors, in bounded memory."""
