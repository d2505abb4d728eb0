"""Running all parts on one machine: finding Temporal, the supervisor, pid files.

Nothing of the office's work is known here: parts are commands, files and ports. Imports the standard
library alone (the Temporal SDK only in the short-lived process of sdk_child). Only cli.py
comes in: `temporal_binary.find_temporal`, `supervisor.run`, `detached.start_detached`, `stop.stop` and
`locate.running_system`; what people must hear leaves as `failures.EmbeddedFailure`.
"""
