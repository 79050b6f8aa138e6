"""Catalogues that are localised where none is given: a small program, written for this package."""

SOURCE = r"""msgid ""
msgstr ""
"Project-Id-Version: ferry 1.0\n"

msgid "Open"
msgstr ""

msgid "Open..."
msgstr ""

msgid "Save changes to %s?"
msgstr ""

msgid "Search results"
msgstr ""

#, c-format
msgid "%d file copied"
msgid_plural "%d files copied"
msgstr[0] ""
msgstr[1] ""

msgid "Page 7 of {total}"
msgstr ""

msgid "The page is within 5 miles of the port"
msgstr ""

msgid "Save as: "
msgstr ""

msgid "Buy the ticket and hit the road"
msgstr ""
"""
MEMORY = r"""msgid ""
msgstr ""
"Language: de\n"

msgid "Open"
msgstr "Öffnen"

msgid "Save changes to %s?"
msgstr "Änderungen an %s speichern?"

msgid "Search result"
msgstr "Suchergebnis"

#, c-format
msgid "%d file copied"
msgid_plural "%d files copied"
msgstr[0] "%d Datei kopiert"
msgstr[1] "%d Dateien kopiert"

msgid "Page 3 of {total}"
msgstr "Seite 3 von {total}"

msgid "Save as:"
msgstr "Speichern als:"

msgid "Delete %s"
msgstr "Löschen"
"""
