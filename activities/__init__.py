"""What touches the world for a workflow: commit, deliver, the canary.

No decision of their own: the rules are in models.
"""
