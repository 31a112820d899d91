"""The language of window and tray, chosen at the start and at any time later: sentences, Qt's own dialogs, numbers and dates."""

from PySide6.QtCore import QLibraryInfo, QLocale, QObject, QTranslator
from PySide6.QtWidgets import QApplication

from guardian.protocol.i18n import _, use_language


class Language(QObject):
    """What the application speaks; `speak` changes it for all that is said from then on."""

    def __init__(self, app: QApplication) -> None:
        super().__init__(app)
        self._app = app
        self._desktop = QLocale()
        self._own: QTranslator | None = None

    def speak(self, language: str) -> None:
        """Use a language, such as "zh_CN"; "" is the desktop's."""
        use_language(language or None)
        QLocale.setDefault(QLocale(language) if language else self._desktop)
        self._translate_dialogs()
        self._app.setApplicationDisplayName(_("OOM Guardian"))

    def _translate_dialogs(self) -> None:
        """Qt's own catalogue, for its standard dialogs alone."""
        if self._own is not None:
            self._app.removeTranslator(self._own)
            self._own.deleteLater()
            self._own = None
        translator = QTranslator(self)
        if translator.load(QLocale(), "qtbase", "_", QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)):
            self._app.installTranslator(translator)
            self._own = translator
        else:
            translator.deleteLater()
