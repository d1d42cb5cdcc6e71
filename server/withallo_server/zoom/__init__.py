"""Calls and conversations as resources: summaries, transcripts, subtitles and audio."""
