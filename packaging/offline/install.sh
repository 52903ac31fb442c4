#!/bin/sh
# Installs DefectStudio from this folder without a network: sh install.sh [FOLDER]
if ! command -v python@PYTHON@ >/dev/null; then
    echo "DefectStudio needs Python @PYTHON@ here: install it, then start this again." >&2
    exit 1
fi
exec python@PYTHON@ "$(dirname "$0")/install.py" "$@"
