#!/bin/sh
# Installs the product from this folder alone, without any index or network, into a folder of its own:
#     sh install.sh /opt/injury-desk-edge
# What was installed there before is replaced whole. Every wheel is held to its SHA-256.
set -eu
umask 022 # the service's account reads what root installs
here=$(cd "$(dirname "$0")" && pwd)
into=${1:?"usage: sh install.sh FOLDER"}
python=${PYTHON:-python3}

made_for=$(cat "$here/made-for")
this=$("$python" -c 'import platform, sys; print("Python %d.%d, %s" % (*sys.version_info[:2], platform.machine()))')
if [ "$this" != "$made_for" ]; then
    echo "these wheels are for $made_for, and $python is $this: set PYTHON, or make the folder for this machine" >&2
    exit 1
fi
"$python" -m venv --clear "$into"
"$into/bin/pip" install --quiet --disable-pip-version-check --isolated \
    --no-index --find-links "$here" --require-hashes --requirement "$here/requirements.txt"
"$into/bin/edge" packs check
echo "installed: $into/bin/edge"
