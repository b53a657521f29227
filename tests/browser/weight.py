"""What a page weighs on the wire."""

from typing import Any

from tests.browser.window import Window

PAGE_BYTES_MAX = 60_000


def weight(window: Window, path: str) -> int:
    """Return the bytes on the wire of a page and all that it asks for, nothing from the cache.

    A part that news made it fetch again meanwhile counts once.
    """
    network = window.page.context.new_cdp_session(window.page)
    network.send("Network.enable")
    network.send("Network.setCacheDisabled", {"cacheDisabled": True})
    parts: dict[str, str] = {}
    sizes: dict[str, float] = {}

    def weigh(done: dict[str, Any]) -> None:
        part = parts.get(done["requestId"], "")
        sizes[part] = max(sizes.get(part, 0), done["encodedDataLength"])

    network.on(
        "Network.responseReceived",
        lambda come: parts.update({come["requestId"]: come["response"]["url"]}),
    )
    network.on("Network.loadingFinished", weigh)
    window.open(path)
    window.page.wait_for_load_state("networkidle")
    network.detach()
    return round(sum(sizes.values()))
