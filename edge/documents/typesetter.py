"""The typesetter: a program of its own, so that the service does not hold its fonts and layouts.

``python -I typesetter.py FOLDER…`` sets one paper for each line of JSON that it reads, in the fonts
of the folders, and answers with a line of JSON (what was wrong, what was warned of, how long each
file is) and the files. It ends with its input. The one importer of typst; knows no paper.
"""

import json
import signal
import sys
from typing import IO, Any

import typst


def main(folders: list[str], asked: IO[bytes], said: IO[bytes]) -> None:
    """Set what is asked for until there is no more."""
    # A stop of the service reaches us too: what is being set is finished, and then our input ends.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    fonts = typst.Fonts(
        include_system_fonts=False, include_embedded_fonts=False, font_paths=folders
    )
    compiler = typst.Compiler(font_paths=fonts, ignore_system_fonts=True)
    for line in asked:
        head, files = _set(compiler, json.loads(line))
        said.write(json.dumps({**head, "sizes": [len(file) for file in files]}).encode() + b"\n")
        for file in files:
            said.write(file)
        said.flush()


def _set(compiler: typst.Compiler, asked: dict[str, Any]) -> tuple[dict[str, str], list[bytes]]:
    asked["input"] = asked["input"].encode()
    try:
        made, warned = compiler.compile_with_warnings(**asked)
    except typst.TypstError as wrong:
        return {"wrong": wrong.message}, []
    if warned:
        return {"warned": warned[0].message}, []
    return {}, [file for file in (made if isinstance(made, list) else [made]) if file]


if __name__ == "__main__":
    main(sys.argv[1:], sys.stdin.buffer, sys.stdout.buffer)
