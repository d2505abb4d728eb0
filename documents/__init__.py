"""Files and texts that come in and go out: workbooks, mails, sentences in Vietnamese and English.

Nothing here reads or writes the database.
"""
