"""`federation.toml` is read once, and everything that is wrong in it is said with its line and what to do."""

from pathlib import Path

import pytest

from synapse_config.config import Taken, load, parse
from synapse_config.errors import BadConfig, FederationError, Problem
from synapse_config.model import Federation, Postgres, Rate, Sqlite

FILE = Path("federation.toml")
GOOD = """\
[[homeserver]]
name = "hub"
server_name = "parvis.gouv.test"
hub = true
client_port = 8420
federation_port = 8440

[[homeserver]]
name = "interieur"
server_name = "interieur.gouv.test"
client_port = 8421
federation_port = 8441
"""


def problems(text: str) -> list[Problem]:
    with pytest.raises(BadConfig) as raised:
        parse(text, FILE)
    return list(raised.value.problems)


def only_problem(text: str) -> Problem:
    (problem,) = problems(text)
    return problem


def test_the_file_of_the_repository_is_the_demo(federation: Federation) -> None:
    assert federation.server_names == ("parvis.gouv.test", "interieur.gouv.test", "culture.gouv.test")
    assert federation.hub.name == "hub"
    assert federation.bridge_id == "@parvis:parvis.gouv.test"


def test_what_is_not_said_has_a_default() -> None:
    federation = parse(GOOD, FILE)
    assert federation.gateway.port == 8404
    assert federation.appservice.user == "parvis"
    assert federation.homeserver("interieur").database == Sqlite()
    assert federation.max_upload == 1 << 30


def test_a_database_and_limits_are_read_where_they_are_said() -> None:
    text = f"""\
max_upload = "2G"
{GOOD}
[homeserver.database]
engine = "postgresql"
name = "synapse"
user = "synapse"
password_file = "secrets/synapse"
[limits]
messages = {{ per_second = 2, burst = 7 }}
"""
    federation = parse(text, FILE)
    assert federation.homeserver("interieur").database == Postgres(
        "postgresql", "synapse", "synapse", "secrets/synapse"
    )
    assert federation.homeserver("hub").database == Sqlite()
    assert federation.limits.messages == Rate(2.0, 7)
    assert federation.max_upload == 2 << 30


@pytest.mark.parametrize(
    ("wrong", "right", "line", "says", "advises"),
    [
        ('name = "interieur"', 'name = "Intérieur"', 9, "cannot be a homeserver's name", "lower-case"),
        ('name = "interieur"', 'name = "ca"', 9, "another folder", "another name"),
        ('name = "interieur"', 'name = "hub"', 9, "another homeserver's already", "its own"),
        ('"interieur.gouv.test"', '"parvis.gouv.test"', 10, "another homeserver's already", "its own"),
        ('"interieur.gouv.test"', '"Interieur.gouv.test"', 10, "not a server name", "lower-case domain"),
        ('"interieur.gouv.test"', '"interieur"', 10, "not a server name", "full"),
        ('"interieur.gouv.test"', '"-x.gouv.test"', 10, "not a server name", "full"),
        ('"interieur.gouv.test"', '"10.0.0.1"', 10, "is an address", "certificates"),
        ('"interieur.gouv.test"', '"interieur.gouv.test:8448"', 10, "has a port", "Leave the port out"),
        ("client_port = 8421", "client_port = 80", 11, "not a port", "from 1024"),
        ("client_port = 8421", 'client_port = "8421"', 11, "not a port", "without quotes"),
        ("client_port = 8421", "client_port = 8440", 11, "port of homeserver[1].federation_port", "own port"),
        ("client_port = 8421", "client_port = 8404", 11, "port of gateway.port", "own port"),
        ("client_port = 8421", "clientport = 8421", 11, "unknown", "“client_port”"),
        ("federation_port = 8441", "federation_port = 8441\nhub = true", 13, "one hub", "Take this line away"),
        ("federation_port = 8441", 'federation_port = 8441\nlogin = "oidc"', 13, "not a way to sign in", "password"),
        ("federation_port = 8441", 'federation_port = 8441\nhost = "example.org"', 13, "not an IPv4", "127.0.0.1"),
        ("federation_port = 8441", 'federation_port = 8441\npublic_url = "x"', 13, "not the address", "https://"),
        ("federation_port = 8441", "federation_port = 8441\ndatabase = 3", 13, "not one of those", "sqlite"),
    ],
)  # fmt: skip
def test_a_mistake_is_said_with_its_line_and_what_to_do(
    wrong: str, right: str, line: int, says: str, advises: str
) -> None:
    text = GOOD.replace(wrong, right)
    found = [problem for problem in problems(text) if says in problem.what]
    assert [problem.line for problem in found] == [line]
    assert advises in found[0].advice
    assert str(found[0]).startswith(f"federation.toml:{line}: ")


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("[gateway\nport = 1\n", 1),
        ("[gateway]\nport = \n", 2),
        ("[gateway]\n[gateway]\n", 2),
        ('a = """\n', 1),
        ('a = "\u2028"\nb = """\n\u2028', 3),
    ],
)
def test_what_is_not_toml_is_said_with_its_line(text: str, line: int) -> None:
    problem = only_problem(text)
    assert problem.line == line
    assert "not valid TOML" in problem.what


@pytest.mark.parametrize("bracket", ["[", "{b="])
def test_brackets_without_end_are_said_with_their_line(bracket: str) -> None:
    problem = only_problem("# deep\na = " + bracket * 100_000)
    assert problem.line == 2
    assert "brackets" in problem.what


def test_everything_wrong_is_said_at_once_in_the_order_of_the_lines() -> None:
    text = GOOD.replace("hub = true", "hub = 1").replace("8421", "true").replace('"interieur"', "[]")
    text += "[homeserver.database]\nengine = 'mysql'\n[limits]\nmessages = {per_second = -1, bursts = 2}\n[gatway]\n"
    found = problems(text)
    assert [problem.line for problem in found] == sorted(problem.line for problem in found)
    assert {problem.key for problem in found} == {
        "homeserver",
        "homeserver[1].hub",
        "homeserver[2].name",
        "homeserver[2].client_port",
        "homeserver[2].database.engine",
        "limits.messages",
        "limits.messages.per_second",
        "limits.messages.bursts",
        "gatway",
    }


def test_a_federation_needs_a_hub() -> None:
    assert "no homeserver is the hub" in only_problem(GOOD.replace("hub = true\n", "")).what


@pytest.mark.parametrize(
    "text", ["", "homeserver = 3", "homeserver = [3]", "[homeserver]\nname = 'hub'", "homeserver = []"]
)
def test_a_file_without_homeservers_is_refused(text: str) -> None:
    assert problems(text)


def test_a_missing_key_names_what_to_add() -> None:
    problem = only_problem(GOOD.replace("client_port = 8421\n", ""))
    assert (problem.line, problem.key) == (8, "homeserver[2]")
    assert "“client_port” is missing" in problem.what


def test_a_file_that_cannot_be_read_is_a_problem_like_the_others(tmp_path: Path) -> None:
    with pytest.raises(BadConfig, match=r"none\.toml:1: cannot be read"):
        load(tmp_path / "none.toml")
    (tmp_path / "latin.toml").write_bytes(b"# caf\xe9\n")
    with pytest.raises(BadConfig, match="not UTF-8"):
        load(tmp_path / "latin.toml")
    (tmp_path / "latin.toml").write_bytes(b"# a\r\n# b\n# caf\xe9\n")
    with pytest.raises(BadConfig, match=r"latin\.toml:3: "):
        load(tmp_path / "latin.toml")
    with pytest.raises(BadConfig, match="Is a directory"):
        load(tmp_path)


@pytest.mark.parametrize("separator", ["\u2028", "\x85"])
def test_only_a_new_line_begins_a_line(separator: str) -> None:
    text = GOOD.replace("[[homeserver]]", f"# a{separator}b{separator}c\n[[homeserver]]", 1)
    assert only_problem(text.replace("8421", '"8421"')).line == 12


def test_lines_may_end_as_on_windows(tmp_path: Path) -> None:
    path = tmp_path / "federation.toml"
    path.write_bytes(GOOD.replace("8421", '"8421"').replace("\n", "\r\n").encode())
    with pytest.raises(BadConfig, match=r"federation\.toml:11: homeserver\[2\]\.client_port"):
        load(path)


def test_what_other_programs_of_the_machine_have_is_not_given_away_twice() -> None:
    taken = Taken(users={"find": "the bot"}, ports={8421: "the workspace"})
    text = GOOD + '[appservice]\nuser = "find"\nhost = "10.0.0.7"\nport = 8421\n'
    with pytest.raises(BadConfig) as raised:
        parse(text, FILE, taken)
    assert [(problem.line, problem.key) for problem in raised.value.problems] == [
        (11, "homeserver[2].client_port"),
        (14, "appservice.user"),
    ]
    assert "the workspace" in str(raised.value)
    assert "the bot" in str(raised.value)
    assert "own" in raised.value.problems[0].advice


def test_shifting_moves_every_port_of_ours_and_nothing_else() -> None:
    federation = parse(GOOD, FILE)
    moved = federation.shifted(1000)
    assert [port for _, _, port in moved.sockets()] == [port + 1000 for _, _, port in federation.sockets()]
    assert moved.shifted(-1000) == federation
    with pytest.raises(FederationError, match="choose another shift"):
        federation.shifted(60_000)


def test_a_part_of_a_federation_keeps_its_hub() -> None:
    federation = parse(GOOD, FILE)
    assert federation.only().server_names == ("parvis.gouv.test",)
    assert federation.only("interieur") == federation
    with pytest.raises(FederationError, match=r"no homeserver “justice”.*hub, interieur"):
        federation.only("justice")
