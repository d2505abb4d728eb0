"""Files people can try the engine with: real agencies, invented people, invented tasks.

`make.py` writes the workbooks, `drafting.py` decides what stands in them, `grammar.py` makes the sentences of
`tasks.yaml`. May import models/ and documents/; nothing imports it but `make demo` and the tests.
"""
