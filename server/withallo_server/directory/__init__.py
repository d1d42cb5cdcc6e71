"""The contact directory: who is who, on disk, searched in a few milliseconds."""
