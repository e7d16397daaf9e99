"""Search engines behind one interface (`base.Engine`)."""
