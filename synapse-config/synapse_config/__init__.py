"""The federation as data: renders what each Synapse needs from one file, and checks it from outside."""
