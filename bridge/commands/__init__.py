"""What people ask of the bridge: `!parvis` and a verb, each of `bridge.commands.parsing.Verb`."""
