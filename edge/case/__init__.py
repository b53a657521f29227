"""One worker's case as several steps see it: what is known, the verdict, the bill, what is told."""
