"""Where each key of a TOML file is written, whatever form it is written in."""

from synapse_config.positions import nearest, positions

TEXT = '''\
# a comment, then [what = "looks"] like a table
top = """
[not.a.table]
key = 1
"""
dotted.key = { inner = 1 }

[[row]] # the first
name = [
  "a", # ] not the end
]
[row.inner]
"quoted key" = 2
[[row]]
name = 'b = 3'
[row.inner]
deep.er = 1
[[row.nested]]
one = 1
[[row.nested]]
one = 2
'''


def test_each_key_is_found_on_the_line_where_its_statement_begins() -> None:
    assert positions(TEXT) == {
        ("top",): 2,
        ("dotted",): 6,
        ("dotted", "key"): 6,
        ("dotted", "key", "inner"): 6,
        ("row", 0): 8,
        ("row", 0, "name"): 9,
        ("row", 0, "inner"): 12,
        ("row", 0, "inner", "quoted key"): 13,
        ("row", 1): 14,
        ("row", 1, "name"): 15,
        ("row", 1, "inner"): 16,
        ("row", 1, "inner", "deep"): 17,
        ("row", 1, "inner", "deep", "er"): 17,
        ("row", 1, "nested", 0): 18,
        ("row", 1, "nested", 0, "one"): 19,
        ("row", 1, "nested", 1): 20,
        ("row", 1, "nested", 1, "one"): 21,
    }


def test_what_is_not_written_is_where_its_table_is() -> None:
    found = positions(TEXT)
    assert nearest(found, ("row", 1, "inner", "absent")) == 16
    assert nearest(found, ("absent",)) == 1
