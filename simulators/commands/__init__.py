"""The simulators by name, a module each; ``simulators.__main__`` imports the one asked for."""
