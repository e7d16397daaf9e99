"""One module a command of `parvis`."""
