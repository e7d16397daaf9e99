"""What every answer of the API has in common: errors, authentication of services, pages of results, headers."""
