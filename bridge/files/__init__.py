"""Files between rooms and Drive: saved when somebody asks (`💾`, `!drive save`), and sent (`!drive send`)."""
