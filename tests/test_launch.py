"""Before `up` starts anything: where it may listen."""

import contextlib
import socket

import pytest

from cvm import launch


def test_port_of_another_program_is_refused():
    with contextlib.closing(socket.create_server(("127.0.0.1", 0))) as other:
        port = other.getsockname()[1]

        with pytest.raises(launch.PortTaken, match=f"Port {port} on 127.0.0.1 cannot be used"):
            launch.refuse_taken_port(host="127.0.0.1", port=port)


@pytest.mark.parametrize(("host", "port"), [("127.0.0.1", 99_999), ("192.0.2.1", 8505)])
def test_port_nobody_can_have_is_refused(host, port):
    with pytest.raises(launch.PortTaken, match="--port 8001"):
        launch.refuse_taken_port(host=host, port=port)


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost"])
def test_loopback_answers_to_loopback_names_only(host, settings):
    assert launch.allowed_hosts(host) == settings.ALLOWED_HOSTS


@pytest.mark.parametrize("host", ["0.0.0.0", "cvm.example"])  # noqa: S104 - a value to test
def test_open_address_answers_to_the_names_of_this_machine(host):
    assert socket.gethostname() in launch.allowed_hosts(host)
