"""Faults on purpose: what must survive them, and broken variants that must be caught."""
