"""What people can do, one function a use case, for pages, API and shell alike; and who may."""
