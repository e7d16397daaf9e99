"""What Parvis can do on this machine, measured on fresh data with its own parts, beside a peer in the same run."""
