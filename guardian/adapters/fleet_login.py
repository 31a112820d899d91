"""Keeps how to log in at the fleet's server: the secret in the keyring, the rest in the settings."""

from guardian.adapters.settings_file import SettingsFile
from guardian.policy.server_address import ServerAddress
from guardian.policy.setting_values import SettingError
from guardian.protocol.i18n import _


class LoginNotKept(Exception):
    """The login was not kept, or not forgotten; the text says why and what to do."""


def keep_login(file: SettingsFile, address: ServerAddress, user: str, secret: str) -> None:
    """Keep a password for `user`, or a token where that is empty.  A locked keyring asks.  Raises LoginNotKept."""
    from guardian.adapters import secrets

    if not address.is_private:
        raise LoginNotKept(
            _("Nothing stored: over http everybody on the way could read it. Set an https address first: fleet.server")
        )
    if ":" in user or not user.isprintable():
        raise LoginNotKept(_("Nothing stored: a name to log in with has no colon and no control characters."))
    try:
        secrets.store(address.secret_name, secret)
        settings = file.read().settings.changed("fleet.user", user)
        file.write(settings.changed("fleet.login", "basic" if user else "bearer"))
    except (secrets.SecretError, SettingError) as error:
        raise LoginNotKept(str(error)) from error
    except OSError as error:
        raise LoginNotKept(_unwritten(file, error)) from error


def forget_login(file: SettingsFile, address: ServerAddress) -> bool:
    """Take the secret out of the keyring; whether there was one.  Raises LoginNotKept."""
    from guardian.adapters import secrets

    try:
        had = secrets.delete(address.secret_name)
        file.change("fleet.login", "none")
    except secrets.SecretError as error:
        raise LoginNotKept(str(error)) from error
    except OSError as error:
        raise LoginNotKept(_unwritten(file, error)) from error
    return had


def _unwritten(file: SettingsFile, error: OSError) -> str:
    words = _("Not changed: {path} cannot be written: {reason}")
    return words.format(path=file.path, reason=error.strerror or error)
