"""FastAPI: health and metrics today, the API and the pages next."""
