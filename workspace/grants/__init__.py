"""What people allow applications to do for them, and the keys of minutes that those get for one act each."""
