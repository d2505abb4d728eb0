"""The API: everything that people can do and ask, as resources for other systems."""
