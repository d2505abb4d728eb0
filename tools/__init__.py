"""What the project checks about itself beside its tests; not part of what is installed."""
