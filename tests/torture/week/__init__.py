"""Seven days of a hospital in one process: clock, network, cards and chance are held by a seed."""
