"""The manual at /help: files made of docs/ when the release was made. Asks nobody who is reading.

It holds no secret and nothing of anybody, and whoever cannot log in needs it most: no login.
"""

from pathlib import Path

from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Receive, Scope, Send

from edge.core.errors import NotFound, Words

MANUAL_PATH = "/help"

BUILT = Path(__file__).parent / "look" / "manual"
"""Where `make docs` puts it, and a wheel has it."""


class ManualFiles(StaticFiles):
    """The manual's pages, pictures and search; browsers ask each time whether one is newer."""

    def __init__(self, folder: Path = BUILT) -> None:
        super().__init__(directory=folder, html=True, check_dir=False)
        self._cover = folder / "index.html"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request.

        Raises:
            NotFound: MANUAL_MISSING, when this installation was made without it.
        """
        if not self._cover.exists():
            raise _missing()
        await super().__call__(scope, receive, send)

    async def get_response(self, path: str, scope: Scope) -> Response:
        """Serve one file."""
        response = await super().get_response(path, scope)
        response.headers["Cache-Control"] = "no-cache"
        return response


def _missing() -> NotFound:
    return NotFound(
        "MANUAL_MISSING",
        Words("本次安装没有附带使用手册", "this installation came without the manual"),
        Words(
            "请信息科执行 make docs，或安装完整的发行包",
            "run make docs, or install a whole release",
        ),
    )
