"""Who people are: sign-in by OpenID Connect, and which Matrix ids are proved to be theirs."""
