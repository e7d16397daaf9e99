"""The bridge: encrypted Matrix rooms on one side, the workspace on the other."""
