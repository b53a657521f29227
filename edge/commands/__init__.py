"""The commands by subject; ``edge.__main__`` puts them on one line. Decides nothing itself."""
