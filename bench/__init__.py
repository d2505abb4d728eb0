"""Speed, as ratios within one run: the engine beside a bare Temporal workflow of the same shape, on the same server."""
