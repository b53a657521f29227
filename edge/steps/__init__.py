"""What a clerk does, one act a file: load, decide, save, return, in one transaction."""
