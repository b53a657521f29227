"""One suite for each seam, run on the real thing and on its stand-in."""
