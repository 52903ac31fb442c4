#!/bin/sh
# Installs DefectStudio from this folder without a network: sh install.sh [FOLDER]
exec "python$(sed -n 's/.*"python": "\([0-9.]*\)".*/\1/p' "$(dirname "$0")/bundle.json")" \
    "$(dirname "$0")/install.py" "$@"
