"""`python -m emulator.databricks` serves a workspace by hand, with sample tables, until it is interrupted."""

from __future__ import annotations

import signal
import sys

from emulator.databricks.scene import served


def main() -> None:
    """Serve, and say which variables lead there."""
    with served(int(sys.argv[1]) if len(sys.argv) > 1 else 0) as scene:
        for name, value in {**scene.environment, **scene.settings}.items():
            print(f"export {name}={value}")
        sys.stdout.flush()
        signal.sigwait({signal.SIGINT, signal.SIGTERM})


if __name__ == "__main__":
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
    main()
