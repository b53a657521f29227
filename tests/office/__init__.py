"""The office of a group: its books, its workers, its screens."""
