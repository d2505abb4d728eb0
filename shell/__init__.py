"""What the `dondoc` command does: one module a subject. They parse, call services and print; no rule lives here."""
