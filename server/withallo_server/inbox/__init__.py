"""What came in: verified, never lost, never twice."""
