"""Starts the helper, or with "enforce" the enforcer of lasting rules.  Run by the bus or by systemd, as root."""

import os
import sys

from guardian.helper.errors import HelperError


def main() -> int:
    """0 after leaving idle, 1 where it could not serve (one line on stderr)."""
    os.umask(0o077)
    os.environ.clear()
    os.environ["PATH"] = "/usr/sbin:/usr/bin:/sbin:/bin"
    try:
        if sys.argv[1:] == ["--check"]:
            import guardian.helper.enforcer
            import guardian.helper.service  # noqa: F401 - that they can be imported is the check
        elif sys.argv[1:] == ["enforce"]:
            from guardian.helper.enforcer import enforce

            enforce()
        else:
            _serve()
    except (HelperError, OSError) as error:
        sys.stderr.write(f"oom-guardian-helper: {error}\n")
        return 1
    return 0


def _serve() -> None:
    from jeepney.io.blocking import open_dbus_connection

    from guardian.helper.service import Service

    with open_dbus_connection(bus="SYSTEM") as bus:
        Service(bus).run()


if __name__ == "__main__":
    sys.exit(main())
