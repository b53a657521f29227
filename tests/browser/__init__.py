"""What only a real browser can show, in Chromium."""
