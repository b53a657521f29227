"""What is remembered, on real SQLite files."""
