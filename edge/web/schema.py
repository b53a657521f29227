"""JSON schemas as OpenAPI can show them. Knows no endpoint."""

from typing import Any


def spelt_out(schema: Any, parts: dict[str, Any]) -> Any:  # noqa: ANN401 - any node of a schema
    """Put each part where it is referred to: OpenAPI does not look into ``$defs``."""
    match schema:
        case {"$ref": str(place)}:
            return spelt_out(parts[place.rpartition("/")[2]], parts)
        case dict():
            return {k: spelt_out(v, parts) for k, v in schema.items() if k != "$defs"}
        case list():
            return [spelt_out(node, parts) for node in schema]
        case _:
            return schema
