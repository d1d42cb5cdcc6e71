"""The record of everything sent: committed before a request leaves, settled after."""
