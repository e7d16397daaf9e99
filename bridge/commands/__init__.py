"""What people ask of the bridge: `!parvis help | link | unlink | bind | unbind | bindings | settings | language`."""
