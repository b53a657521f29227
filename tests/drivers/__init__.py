"""The drivers by themselves: parsing, commands, errors and the monitor, without hardware."""
