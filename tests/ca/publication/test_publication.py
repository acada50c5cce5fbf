"""What is due reaches its publishers; a directory; and inspections that find each planted difference."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select, text, update

from ca.authorities import ACTOR, NAME, SETTINGS, Authorities, found, order, revocation
from ca.conftest import Clock
from gmpki.asn1.rfc5280 import ReasonCode
from gmpki.ca.interfaces import Issued, PublicationKind, Published, Publisher
from gmpki.ca.publication.again import make_all_due
from gmpki.ca.publication.directory import DirectoryPublisher
from gmpki.ca.publication.inspect import Inspection, inspect
from gmpki.ca.publication.queue import publish_due
from gmpki.ca.publication.tree import media_type, place_of, serial_of, tree_addresses
from gmpki.ca.revocation.lists import issue_list
from gmpki.ca.revocation.schedule import make_due
from gmpki.ca.store.schema import due_publications, revocations
from gmpki.ca.store.store import Store
from gmpki.errors import InvalidInputError, InvalidTypeError, PublicationError

TREE = "tree"


@pytest.fixture
def made(store: Store) -> Authorities:
    return found(store)


@pytest.fixture
def tree(tmp_path: Path) -> DirectoryPublisher:
    return DirectoryPublisher(tmp_path / "tree", name=TREE)


@pytest.fixture
def issued(made: Authorities, tree: DirectoryPublisher) -> Issued:
    """Give a revoked pair; all lists are made, and everything is published."""
    pair = made.authority.issue(order(1), actor=ACTOR)
    made.authority.issue(order(2), actor=ACTOR)
    made.authority.revoke(revocation(pair, ReasonCode.SUPERSEDED), actor=ACTOR)
    make_lists(made)
    publish_due(made.store, [tree])
    return pair


def make_lists(made: Authorities) -> None:
    make_due(made.store, made.authority.list_issuers(), publishers=[TREE])


def waiting(store: Store) -> int:
    with store.reading() as connection:
        return connection.scalar(select(func.count()).select_from(due_publications)) or 0


class Failing:
    """A publisher that cannot be reached, or that fails at one thing."""

    name = TREE

    def __init__(self, fails: Callable[[Published], bool] = lambda _: True) -> None:
        self.fails = fails
        self.asked = 0
        self.there: dict[str, bytes] = {}

    def publish(self, what: Published) -> None:
        self.asked += 1
        if self.fails(what):
            raise PublicationError("out of reach")
        self.there[place_of(what)] = what.content

    def find(self, what: Published) -> bytes | None:
        return self.there.get(place_of(what))


class TestQueue:
    def test_everything_is_carried_once(self, made: Authorities, issued: Issued, tree: DirectoryPublisher) -> None:
        del issued
        assert waiting(made.store) == 0
        files = sorted(file.relative_to(tree.path).parts[0] for file in tree.path.rglob("*.c*"))
        assert files == ["ca", *["certs"] * 4, *["crl"] * 4]
        assert publish_due(made.store, [tree]).done == 0

    def test_revocations_are_published_when_the_last_publisher_has_them(
        self, made: Authorities, issued: Issued
    ) -> None:
        del issued
        with made.store.reading() as connection:
            assert None not in set(connection.scalars(select(revocations.c.published_at)))

    def test_what_fails_is_tried_again_later(self, made: Authorities, tree: DirectoryPublisher, clock: Clock) -> None:
        made.authority.issue(order(1), actor=ACTOR)
        failing = Failing()
        assert isinstance(failing, Publisher)
        done = publish_due(made.store, [failing])
        assert (done.done, done.failed, done.problems) == (0, 3, {TREE: "out of reach"})
        assert failing.asked == 1  # who is out of reach is asked once in a run
        assert publish_due(made.store, [tree]).done == 0
        clock.move(seconds=10)
        assert publish_due(made.store, [tree]).done == 3
        assert waiting(made.store) == 0

    def test_it_waits_longer_and_longer(self, made: Authorities, clock: Clock) -> None:
        waits = []
        for _ in range(12):
            assert publish_due(made.store, [Failing()]).failed == 1
            with made.store.reading() as connection:
                due_at = connection.scalar(select(due_publications.c.due_at)) or 0
            waits.append(due_at - int(clock.at.timestamp()))
            clock.move(seconds=waits[-1])
        assert waits == [10, 20, 40, 80, 160, 320, 640, 1280, 2560, 3600, 3600, 3600]

    def test_who_dies_on_the_way_leaves_it_due(self, made: Authorities, tree: DirectoryPublisher, clock: Clock) -> None:
        class Dying(Failing):
            def publish(self, what: Published) -> None:
                raise KeyboardInterrupt(what.kind)

        with pytest.raises(KeyboardInterrupt):
            publish_due(made.store, [Dying()])
        assert publish_due(made.store, [tree]).done == 0  # somebody may still be carrying it
        clock.move(seconds=300)
        assert publish_due(made.store, [tree]).done == 1

    def test_other_publishers_are_left_alone(self, made: Authorities, tmp_path: Path) -> None:
        other = DirectoryPublisher(tmp_path, name="other")
        before = waiting(made.store)
        assert publish_due(made.store, [other]).done == 0
        assert waiting(made.store) == before > 0

    def test_an_old_list_never_takes_the_place_of_a_newer(self, made: Authorities, tree: DirectoryPublisher) -> None:
        (issuer,) = made.authority.list_issuers()
        for _ in range(2):
            issue_list(made.store, issuer, 1, publishers=[TREE])
        publish_due(made.store, [tree], most=2)
        assert inspect(made.store, made.authority, [tree]).counts.get("stale", 0) == 0
        assert waiting(made.store) == 1

    def test_a_certificate_that_was_changed_is_not_published(self, made: Authorities, tree: DirectoryPublisher) -> None:
        made.authority.issue(order(1), actor=ACTOR)
        with made.store.transaction() as tx:
            tx.connection.execute(text("UPDATE certificates SET not_after = 5"))
        done = publish_due(made.store, [tree])
        assert (done.done, done.failed) == (1, 2)

    def test_arguments(self, made: Authorities, tree: DirectoryPublisher) -> None:
        for publishers in (None, [1], ["tree"]):
            with pytest.raises(InvalidTypeError):
                publish_due(made.store, publishers)  # type: ignore[arg-type]
        with pytest.raises(InvalidInputError):
            publish_due(made.store, [tree, tree])
        with pytest.raises(InvalidInputError):
            publish_due(made.store, [tree], most=0)


class TestAgain:
    def test_what_was_lost_comes_back(self, made: Authorities, issued: Issued, tree: DirectoryPublisher) -> None:
        del issued
        for path in tree.path.rglob("*.*"):
            if path.is_file():
                path.unlink()
        looked = inspect(made.store, made.authority, [tree])
        assert looked.counts == {"missing": looked.looked_at["published"]}
        count = make_all_due(made.store, made.authority, [TREE])
        assert count == waiting(made.store) == looked.looked_at["published"]
        assert make_all_due(made.store, made.authority, [TREE]) == 0
        assert publish_due(made.store, [tree]).failed == 0
        assert inspect(made.store, made.authority, [tree]).is_clean

    def test_a_publisher_that_comes_later(self, made: Authorities, issued: Issued, tmp_path: Path) -> None:
        del issued
        later = DirectoryPublisher(tmp_path / "later", name="later")
        make_all_due(made.store, made.authority, ["later"])
        publish_due(made.store, [later])
        assert inspect(made.store, made.authority, [later]).is_clean

    def test_what_nobody_may_read_stays(self, made: Authorities) -> None:
        made.authority.issue(order(1), actor=ACTOR)
        with made.store.transaction() as tx:
            tx.connection.execute(text("DELETE FROM due_publications"))
            tx.connection.execute(text("UPDATE certificates SET state = 'cancelled'"))
        make_all_due(made.store, made.authority, [TREE])
        with made.store.reading() as connection:
            kinds = connection.scalars(select(due_publications.c.kind).distinct()).all()
        assert PublicationKind.CERTIFICATE not in kinds

    def test_no_authority(self, made: Authorities) -> None:
        wrong: Any = "ca"
        with pytest.raises(InvalidTypeError):
            make_all_due(made.store, wrong, [TREE])


class TestInspection:
    def look(self, made: Authorities, tree: Any) -> Inspection:
        found_out = inspect(made.store, made.authority, [tree])
        assert all(isinstance(line, str) for line in found_out.lines())
        assert found_out.authority in found_out.to_json()
        return found_out

    def test_nothing_to_find(self, made: Authorities, issued: Issued, tree: DirectoryPublisher) -> None:
        del issued
        report = self.look(made, tree)
        assert (report.is_clean, report.findings) == (True, ())
        assert report.looked_at.pop("entries of the audit log") > 0
        assert report.looked_at == {"certificates": 4, "entries": 2, "pairs": 0, "published": 9}

    def test_missing_differing_stale_extra(self, made: Authorities, issued: Issued, tree: DirectoryPublisher) -> None:
        del issued
        certificates = sorted(tree.path.glob("certs/*/*/*.cer"))
        certificates[0].unlink()
        certificates[1].write_bytes(b"something else")
        (certificates[2].parent / "abcdef.cer").write_bytes(b"nobody knows it")
        lists = sorted(tree.path.glob("crl/*.crl"))
        old = lists[0].read_bytes()
        (issuer,) = made.authority.list_issuers()
        issue_list(made.store, issuer, 1, publishers=[TREE])
        publish_due(made.store, [tree])
        lists[0].write_bytes(old)
        lists[1].write_bytes(b"no list")
        report = self.look(made, tree)
        assert report.counts == {"missing": 1, "differing": 2, "stale": 1, "extra": 1}
        assert {finding.place for finding in report.findings} == {TREE}

    def test_what_is_due_is_not_missing(self, made: Authorities, tree: DirectoryPublisher) -> None:
        made.authority.issue(order(1), actor=ACTOR)
        make_lists(made)
        report = self.look(made, tree)
        assert report.is_clean
        assert set(report.counts) == {"waiting"}

    def test_revoked_and_not_on_the_list(self, made: Authorities, issued: Issued, tree: DirectoryPublisher) -> None:
        del issued
        with made.store.transaction() as tx:
            tx.connection.execute(text("DELETE FROM revocations"))
        report = self.look(made, tree)
        assert report.counts == {"tampered": 2, "listed": 2}

    def test_on_the_store_and_not_on_the_list(
        self, made: Authorities, issued: Issued, tree: DirectoryPublisher
    ) -> None:
        del issued
        with made.store.transaction() as tx:
            tx.connection.execute(update(revocations).values(serial="7"))
        assert self.look(made, tree).counts == {"tampered": 2, "not-listed": 2, "listed": 2}

    def test_a_list_that_somebody_changed(self, made: Authorities, issued: Issued, tree: DirectoryPublisher) -> None:
        del issued
        with made.store.transaction() as tx:
            tx.connection.execute(text("UPDATE crl_pieces SET piece = x'3000' WHERE crl_id = 1"))
        assert self.look(made, tree).counts == {"tampered": 1, "differing": 1}

    def test_lists_that_ran_out(
        self, made: Authorities, issued: Issued, tree: DirectoryPublisher, clock: Clock
    ) -> None:
        del issued
        clock.move(days=3)
        assert self.look(made, tree).counts == {"stale": 4}

    def test_no_lists(self, made: Authorities, tree: DirectoryPublisher) -> None:
        publish_due(made.store, [tree])
        assert self.look(made, tree).counts == {"missing": 4}

    def test_out_of_reach(self, made: Authorities, issued: Issued) -> None:
        class Unreachable(Failing):
            def find(self, what: Published) -> bytes | None:
                raise PublicationError(f"out of reach: {what.kind}")

        del issued
        assert self.look(made, Unreachable()).counts == {"unreachable": 1}

    def test_types(self, store: Store, made: Authorities) -> None:
        with pytest.raises(InvalidTypeError):
            inspect(store, "authority")  # type: ignore[arg-type]
        with pytest.raises(InvalidTypeError):
            inspect(store, made.authority, [1])  # type: ignore[list-item]


class TestDirectory:
    def test_it_is_a_publisher(self, tree: DirectoryPublisher) -> None:
        assert isinstance(tree, Publisher)

    @pytest.mark.parametrize("name", ["a", "示例", "..", "../../etc", "/etc", "a/b", "a\\b", "%2E", "\0"])
    def test_names_lead_nowhere_else(self, tmp_path: Path, name: str) -> None:
        tree = DirectoryPublisher(tmp_path / "tree")
        for kind in (PublicationKind.CRL, PublicationKind.AUTHORITY):
            what = Published(kind, name, 1, lambda: iter((b"one", b"two")))
            tree.publish(what)
            assert tree.find(what) == b"onetwo"
        assert list(tree.serial_numbers(name)) == []
        assert {path.name for path in tmp_path.iterdir()} == {"tree"}
        assert len([path for path in tmp_path.rglob("*") if path.is_file()]) == 2

    def test_names_that_are_alike_are_two_places(self) -> None:
        names = ["a/b", "a%2Fb", "a\\b", ".a", "%2Ea", "a"]
        places = {place_of(Published(PublicationKind.CRL, name, 1, lambda: iter(()))) for name in names}
        assert len(places) == len(names)

    def test_a_directory_that_cannot_be_written(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_bytes(b"")
        tree = DirectoryPublisher(tmp_path / "file")
        what = Published(PublicationKind.CRL, "a", 1, lambda: iter((b"x",)))
        for call in (tree.publish, tree.find):
            with pytest.raises(PublicationError):
                call(what)

    def test_readers_never_see_half_a_list(self, tree: DirectoryPublisher) -> None:
        def half() -> Any:
            yield b"half of"
            raise PublicationError("the store was lost")

        whole = Published(PublicationKind.CRL, "a", 1, lambda: iter((b"whole",)))
        tree.publish(whole)
        with pytest.raises(PublicationError):
            tree.publish(Published(PublicationKind.CRL, "a", 1, half))
        assert tree.find(whole) == b"whole"
        assert len([path for path in tree.path.rglob("*") if path.is_file()]) == 1

    @pytest.mark.parametrize("kind", ["", "seal", "certificate"])
    def test_kinds_without_a_place(self, tree: DirectoryPublisher, kind: str) -> None:
        with pytest.raises(InvalidInputError):
            tree.publish(Published(kind, "a", 1, lambda: iter(())))

    def test_foreign_files_have_no_number(self) -> None:
        names = ["x.cer", "AB.cer", "ab.crl", ".cer", "ab", "-1.cer", "1" * 41 + ".cer"]
        assert [serial_of(Path(name)) for name in names] == [None] * len(names)
        assert serial_of(Path("1f.cer")) == 0x1F

    def test_types(self) -> None:
        with pytest.raises(InvalidTypeError):
            DirectoryPublisher(5)  # type: ignore[arg-type]
        with pytest.raises(InvalidTypeError):
            place_of("x")  # type: ignore[arg-type]
        with pytest.raises(InvalidInputError):
            DirectoryPublisher("")

    def test_media_types(self) -> None:
        named = {"a.cer": "application/pkix-cert", "a.crl": "application/pkix-crl", "a.b.cer": "application/pkix-cert"}
        assert {name: media_type(name) for name in named} == named
        assert media_type("a") == media_type("a.exe") == "application/octet-stream"

    def test_addresses_lead_to_the_places(self) -> None:
        addresses = tree_addresses("http://pki.example.cn/", "示例/1", parts=2)
        assert addresses.crl_uris == ("http://pki.example.cn/crl/%E7%A4%BA%E4%BE%8B%252F1-{generation}-{part}.crl",)
        assert SETTINGS.crl_parts == 4
        assert NAME == "示例"
