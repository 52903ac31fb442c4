"""DefectStudio's two commands for a fresh machine; see the README or `bootstrap.py --help`.

This file keeps to words that every Python since 2.7 can read, so that an old one can say
what is missing instead of stumbling over the syntax.
"""

import os.path
import sys

if sys.version_info < (3, 11):
    sys.stderr.write(
        "DefectStudio needs Python 3.11 or newer; this is Python %d.%d (%s).\n"
        "Start it with a newer one, for example: python3.12 packaging/bootstrap.py demo\n"
        % (sys.version_info[0], sys.version_info[1], sys.executable)
    )
    sys.exit(1)

if __name__ == "__main__":
    sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))  # Python's -P leaves it out.
    from bootstrapping.main import main

    sys.exit(main(sys.argv[1:]))
