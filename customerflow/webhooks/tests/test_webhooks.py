"""Other systems are told what was done here: signed, in order, at least once, and nothing of what was not done."""

import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from standardwebhooks import Webhook
from standardwebhooks.webhooks import WebhookVerificationError

from customerflow.staff.roles import ADMINISTRATOR, BILLING
from customerflow.staff.tests.factories import make_user
from customerflow.webhooks import sending
from customerflow.webhooks.addresses import check_address, is_public, resolve
from customerflow.webhooks.endpoints import redeliver, send_test
from customerflow.webhooks.models import Attempt, Delivery, Endpoint
from customerflow.webhooks.outbox import Event, forget, post
from customerflow.webhooks.sending import DELAYS, KEPT_FOR, LOST_AFTER, deliver_due, prune_deliveries
from customerflow.webhooks.tests.factories import make_delivery, make_endpoint

pytestmark = pytest.mark.django_db
NOW = timezone.now()


@dataclass
class Receiver:
    """A system that is told: what came, and what it answers next."""

    url: str = ""
    came: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)

    def said(self) -> list[str]:
        return [json.loads(body)["data"]["is"] for _headers, body in self.came]


@pytest.fixture
def receiver(settings) -> Iterator[Receiver]:
    settings.WEBHOOKS_TO_PRIVATE_ADDRESSES = settings.DEBUG = True
    asked = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            asked.came.append((dict(self.headers), body))
            status = asked.answers.pop(0) if asked.answers else 204
            self.send_response(status)
            if status == 302:
                self.send_header("location", asked.url)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    asked.url = f"http://127.0.0.1:{server.server_port}/hook?from=customerflow"
    yield asked
    server.shutdown()
    server.server_close()


def say(*words: str, subject: str = "service-1", at=NOW) -> int:
    return post([Event("service.suspended", subject, {"is": word}) for word in words], at=at)


def test_a_message_arrives_once_and_the_library_verifies_it(receiver):
    endpoint = make_endpoint(url=receiver.url)
    say("off")
    assert deliver_due(NOW).received == 1
    assert deliver_due(NOW).received == 0
    [(headers, body)] = receiver.came
    said = Webhook(endpoint.secret).verify(body, headers)
    assert (said["type"], said["data"]) == ("service.suspended", {"is": "off"})
    delivery = Delivery.objects.get()
    assert (headers["webhook-id"], delivery.state, delivery.tries.get().status) == (
        delivery.message_id,
        "delivered",
        204,
    )
    with pytest.raises(WebhookVerificationError):
        Webhook(make_endpoint().secret).verify(body, headers)


def test_a_refusal_is_tried_again_later_with_the_same_id_and_then_given_up(receiver):
    receiver.answers = [500, 204]
    make_endpoint(url=receiver.url)
    say("off")
    assert deliver_due(NOW).failed == 1
    assert deliver_due(NOW + DELAYS[0] / 2) == sending.Outcome()
    assert deliver_due(NOW + DELAYS[0]).received == 1
    assert len({headers["webhook-id"] for headers, _body in receiver.came}) == 1
    receiver.answers = [503] * 20
    say("on")
    at = NOW
    for delay in (*DELAYS, timedelta()):
        assert deliver_due(at).failed == 1
        at += delay
    delivery = Delivery.objects.latest("pk")
    assert (delivery.state, delivery.tries.count()) == ("failed", len(DELAYS) + 1)
    assert "503" in delivery.tries.first().problem


def test_what_is_about_one_service_arrives_in_order_and_the_others_do_not_wait(receiver):
    receiver.answers = [400]
    make_endpoint(url=receiver.url)
    say("off", "on")
    say("off", subject="service-2")
    deliver_due(NOW)
    assert [json.loads(body)["data"]["is"] for _headers, body in receiver.came] == ["off", "off"]
    deliver_due(NOW + DELAYS[0])
    assert receiver.said() == ["off", "off", "off", "on"]


def test_an_endpoint_that_is_away_is_left_alone_for_this_time_and_others_are_told(receiver):
    make_endpoint(url="http://127.0.0.1:9/")
    make_endpoint(url=receiver.url)
    post([Event("service.suspended", f"service-{number}", {"is": "off"}) for number in range(5)], at=NOW)
    assert deliver_due(NOW) == sending.Outcome(received=5, failed=1)
    assert Attempt.objects.exclude(problem="").count() == 1


def test_an_act_that_is_rolled_back_has_told_nobody(receiver):
    make_endpoint(url=receiver.url)
    with suppress(ValueError), transaction.atomic():
        say("off")
        raise ValueError
    assert deliver_due(NOW) == sending.Outcome()
    assert not Delivery.objects.exists()


@pytest.mark.parametrize("after_it_arrived", [False, True])
def test_what_a_sender_had_begun_when_it_was_killed_is_sent_again(receiver, monkeypatch, after_it_arrived):
    make_endpoint(url=receiver.url)
    say("off")

    class KilledError(BaseException):
        pass

    call = sending._call

    def die(delivery):
        if after_it_arrived:
            call(delivery)
        raise KilledError

    monkeypatch.setattr(sending, "_call", die)
    with pytest.raises(KilledError):
        deliver_due(NOW)
    monkeypatch.setattr(sending, "_call", call)
    assert deliver_due(NOW) == sending.Outcome()
    assert deliver_due(NOW + LOST_AFTER + timedelta(seconds=1)).received == 1
    assert len(receiver.came) == 1 + after_it_arrived
    assert len({headers["webhook-id"] for headers, _body in receiver.came}) == 1


def test_only_who_asked_for_an_event_is_told_and_only_while_switched_on(receiver):
    make_endpoint(url=receiver.url, events=["service.resumed"])
    make_endpoint(url=receiver.url, is_active=False)
    assert say("off") == 0
    make_endpoint(url=receiver.url, events=["service.suspended"])
    assert say("off") == 1


def test_a_redirect_is_not_followed(receiver):
    receiver.answers = [302]
    make_endpoint(url=receiver.url)
    say("off")
    assert deliver_due(NOW).failed == 1
    assert len(receiver.came) == 1


def test_a_test_call_and_a_message_that_is_delivered_again_arrive(receiver):
    endpoint = make_endpoint(url=receiver.url)
    delivery = send_test(endpoint=endpoint, at=NOW)
    with pytest.raises(ValidationError, match="already"):
        redeliver(delivery=delivery, at=NOW)
    call_command("deliver_webhooks")
    redeliver(delivery=delivery, at=NOW)
    call_command("deliver_webhooks")
    assert len({headers["webhook-id"] for headers, _body in receiver.came}) == 1
    assert len(receiver.came) == 2


def test_what_takes_too_long_is_cut_and_the_command_goes_on(receiver, monkeypatch, capsys):
    make_endpoint(url=receiver.url)
    say("off", "on")
    monkeypatch.setattr(sending, "LONGEST_TURN", -1)
    assert deliver_due(NOW) == sending.Outcome(is_cut=True)
    monkeypatch.setattr(sending, "LONGEST_TURN", 60)
    call_command("deliver_webhooks")
    assert "received: 2" in capsys.readouterr().out


def test_what_was_sent_is_forgotten_in_the_end_and_what_waits_is_not(receiver):
    make_endpoint(url=receiver.url)
    say("off")
    deliver_due(NOW)
    say("on")
    assert prune_deliveries(NOW + KEPT_FOR) == 0
    assert prune_deliveries(NOW + KEPT_FOR + timedelta(days=1)) == 1
    assert [delivery.state for delivery in Delivery.objects.all()] == ["waiting"]
    assert not Attempt.objects.exists()


def test_what_was_erased_is_sent_no_more(receiver):
    make_endpoint(url=receiver.url)
    say("off")
    assert forget(["service-1"]) == 1
    deliver_due(NOW)
    assert not receiver.came
    with pytest.raises(ValidationError, match="erased"):
        redeliver(delivery=Delivery.objects.get(), at=NOW)


@pytest.mark.parametrize(
    "url",
    [
        "ftp://a.example",
        "https://",
        "https://user:word@a.example/",
        "https://a.example/#x",
        "https://a b/",
        "https://[::1",
        "",
    ],
)
def test_what_is_no_address_is_refused(url):
    with pytest.raises(ValidationError):
        check_address(url)


def test_plain_http_is_for_development_alone(settings):
    settings.DEBUG = False
    with pytest.raises(ValidationError, match="https"):
        check_address("http://network.example.com/hook")
    assert check_address("https://network.example.com:8443/hook").port == 8443


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.1.2.3",
        "169.254.169.254",
        "192.168.1.1",
        "::1",
        "fe80::1%eth0",
        "::ffff:10.0.0.1",
        "0.0.0.0",  # noqa: S104
        "224.0.0.1",
        "100.64.0.1",
        "fd00::1",
        "2002:7f00:1::",
    ],
)
def test_what_is_in_our_own_network_is_not_public(address):
    assert not is_public(address)


def test_a_name_that_leads_into_our_own_network_is_refused_unless_the_operator_allows_it(settings, receiver):
    settings.WEBHOOKS_TO_PRIVATE_ADDRESSES = False
    with pytest.raises(OSError, match="not public"):
        resolve("localhost", 443)
    make_endpoint(url=receiver.url)
    say("off")
    assert deliver_due(NOW).failed == 1
    assert not receiver.came
    assert is_public("93.184.215.14")


def test_an_administrator_sets_a_webhook_up_and_who_may_only_look_does_not_see_the_secret(client):
    client.force_login(make_user(ADMINISTRATOR))
    values = {
        "name": "RADIUS",
        "url": "https://radius.example.com/hook",
        "events": ["service.suspended"],
        "is_active": "on",
    }
    bad = client.post(reverse("webhooks:endpoint_create"), {**values, "url": "gopher://radius"})
    assert "This is no address" in bad.content.decode()
    assert client.post(reverse("webhooks:endpoint_create"), values).status_code == 302
    endpoint = Endpoint.objects.get()
    page = reverse("webhooks:endpoint_detail", args=[endpoint.pk])
    assert endpoint.secret in client.get(page).content.decode()
    client.post(reverse("webhooks:endpoint_secret", args=[endpoint.pk]), {"version": endpoint.version})
    assert Endpoint.objects.get().secret != endpoint.secret
    client.post(reverse("webhooks:endpoint_test", args=[endpoint.pk]), {"version": endpoint.version + 1})
    delivery = Delivery.objects.get()
    assert delivery.event == "test"
    assert "Not tried yet" in client.get(reverse("webhooks:delivery_detail", args=[delivery.pk])).content.decode()
    client.force_login(make_user("Technician"))
    assert Endpoint.objects.get().secret not in client.get(page).content.decode()
    client.force_login(make_user(BILLING))
    assert client.get(page).status_code == 403


def test_a_delivery_is_found_by_what_it_is_about(client):
    client.force_login(make_user(ADMINISTRATOR))
    make_delivery(subject="service-7")
    make_delivery(subject="service-8")
    rows = client.get(reverse("webhooks:delivery_list"), {"q": "service-7"}).context["page"].rows
    assert [row.subject for row in rows] == ["service-7"]


@pytest.fixture
def program(settings, tmp_path):
    """A program that writes down what it gets, in a folder of its own, and does what a file beside it says."""
    folder = tmp_path / "network"
    folder.mkdir()
    file = folder / "tell"
    file.write_text(
        '#!/bin/sh\ncat >> messages; echo "$WEBHOOK_ID ${SECRET_KEY-none}" >> ids\nif [ -e then ]; then . ./then; fi\n'
    )
    file.chmod(0o700)
    settings.NETWORK_COMMAND = str(file)
    return folder


def test_a_program_gets_each_message_on_its_standard_input_and_none_of_our_secrets(program, monkeypatch):
    monkeypatch.setenv("SECRET_KEY", "hunter2")
    endpoint = make_endpoint(url="command:")
    say("off", "on")
    assert deliver_due(NOW) == sending.Outcome(received=2)
    first, second = endpoint.deliveries.order_by("pk")
    assert (program / "messages").read_text() == first.body + second.body
    assert (program / "ids").read_text().splitlines() == [f"{each.message_id} none" for each in (first, second)]
    assert (first.state, first.tries.get().status) == ("delivered", 0)


def test_an_exit_code_is_tried_again_later_and_holds_up_only_what_is_about_the_same_service(program):
    (program / "then").write_text("echo No such login >&2; exit 3")
    endpoint = make_endpoint(url="command:")
    say("off", "on")
    say("off", subject="service-2")
    assert deliver_due(NOW) == sending.Outcome(failed=2)
    failed = endpoint.deliveries.earliest("pk").tries.get()
    assert (failed.status, failed.problem) == (3, "Exit code 3. No such login")
    (program / "then").unlink()
    assert deliver_due(NOW + DELAYS[0]).received == 3


@pytest.mark.parametrize(("then", "problem"), [("sleep 60", "no answer in time"), ("kill -9 $$", "by signal 9")])
def test_a_program_that_does_not_end_or_is_killed_has_not_told_anybody(program, settings, then, problem):
    settings.WEBHOOK_TIMEOUT = 1
    (program / "then").write_text(then)
    endpoint = make_endpoint(url="command:")
    say("off")
    assert deliver_due(NOW).failed == 1
    tried = endpoint.deliveries.get().tries.get()
    assert tried.status is None
    assert problem in tried.problem
    assert tried.milliseconds < 20_000


def test_a_program_that_is_gone_or_named_no_more_is_a_failed_attempt(program, settings):
    endpoint = make_endpoint(url="command:")
    say("off")
    (program / "tell").unlink()
    assert deliver_due(NOW).failed == 1
    settings.NETWORK_COMMAND = ""
    assert deliver_due(NOW + DELAYS[0]).failed == 1
    named, gone = endpoint.deliveries.get().tries.values_list("problem", flat=True)
    assert "NETWORK_COMMAND" in named
    assert "No such file" in gone


def test_the_program_is_an_address_only_where_the_server_names_one(client, program, settings):
    client.force_login(make_user(ADMINISTRATOR))
    values = {"name": "Network", "url": "command:", "is_active": "on"}
    settings.NETWORK_COMMAND = ""
    assert "There is no program to run" in client.post(reverse("webhooks:endpoint_create"), values).content.decode()
    settings.NETWORK_COMMAND = str(program / "tell")
    assert client.post(reverse("webhooks:endpoint_create"), values).status_code == 302
    page = client.get(Endpoint.objects.get().get_absolute_url()).content.decode()
    assert str(program / "tell") in page
    assert "New secret" not in page
