"""Sheets that come in and go out: bills, charges, claims, mappings, what is taken away."""
