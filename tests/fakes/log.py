"""A log that keeps what it is told."""

from dataclasses import dataclass, field


@dataclass(slots=True)
class Log:
    """``told`` holds (level, event, fields)."""

    told: list[tuple[str, str, dict[str, object]]] = field(default_factory=list)

    def info(self, event: str, **fields: object) -> None:
        """Keep it."""
        self.told.append(("info", event, fields))

    def warning(self, event: str, **fields: object) -> None:
        """Keep it."""
        self.told.append(("warning", event, fields))

    def error(self, event: str, **fields: object) -> None:
        """Keep it."""
        self.told.append(("error", event, fields))
