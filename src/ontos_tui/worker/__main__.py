"""`python -m ontos_tui.worker JOB_ID --home DIR`: one job of a workspace, to its end."""

from __future__ import annotations

import sys

from ontos_tui.worker.process import main

if __name__ == "__main__":
    sys.exit(main())
