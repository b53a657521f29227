"""The site's keys at the terminal: a newer one takes over."""

from typing import Annotated

import typer

from edge.commands.terminal import SITE_FILE, WHO, Config, faults_told, opened

app = typer.Typer(no_args_is_help=True, help="The keys that seal and index identities.")


@app.command("rotate")
def rotate(
    name: Annotated[str, typer.Argument(metavar="identity | index")],
    config: Config = SITE_FILE,
) -> None:
    """Make a new key and seal every person anew; the service must be stopped.

    The older key file stays: settlements and messages, which never change, are opened with it.
    """
    from edge.settings import load_settings
    from edge.site.opening import closed_to_others
    from edge.steps.rotate_keys import rotate_keys
    from edge.store.keys import ROTATED, add_version, key_store_of

    if name not in ROTATED:
        raise typer.BadParameter(f"{name}: not one of {', '.join(ROTATED)}")
    with faults_told():
        settings = load_settings(config)
        # A running service would go on with the keys that it read at its start.
        with closed_to_others(settings.data):
            version = add_version(key_store_of(settings), name)
    with opened(config) as site:
        count = rotate_keys(site, name, version, by=WHO)
    typer.echo(f"{name} key {version} in force, {count} rows sealed anew")
    typer.echo(f"keep a copy of the folder {settings.data / 'keys'} elsewhere, now")
