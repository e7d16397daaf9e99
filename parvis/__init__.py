"""The command line: everything that an operator or a developer types."""
