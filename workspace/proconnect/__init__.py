"""A provider of OpenID Connect for development, which behaves as ProConnect does.

PKCE, state and nonce are asked for, unknown parameters are refused, tokens are short, userinfo is a signed JWT. There
are no passwords: whoever can reach it chooses who they are. It listens on loopback only.
"""
