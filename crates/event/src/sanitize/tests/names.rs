//! Logins, hosts, names and addresses, and ordinary text that they must not shred.

use super::super::*;
use super::{alice, check, check_untouched};

fn login(login: &str) -> Sanitizer {
    Sanitizer::new(&Identity {
        login: Some(login.to_owned()),
        ..Identity::default()
    })
}

fn host(host: &str) -> Sanitizer {
    Sanitizer::new(&Identity {
        host: Some(host.to_owned()),
        ..Identity::default()
    })
}

fn name(name: &str) -> Sanitizer {
    Sanitizer::new(&Identity {
        name: Some(name.to_owned()),
        ..Identity::default()
    })
}

#[test]
fn a_login_is_found_as_a_word() {
    check(
        &login("alice"),
        &[
            ("alice", "[redacted:login]"),
            (
                "ask Alice, or ALICE",
                "ask [redacted:login], or [redacted:login]",
            ),
            ("/tmp/alice-build/x", "/tmp/[redacted:login]-build/x"),
            ("alice_7", "[redacted:login]_7"),
            ("x\\nalice", "x\\n[redacted:login]"),
            ("~alice/x", "~[redacted:login]/x"),
            ("alice:x", "[redacted:login]:x"),
        ],
    );
    check_untouched(
        &login("alice"),
        &["alicechen", "malice", "alice2", "aliceé", "ali"],
    );
    check(&login("jörg"), &[("von JÖRG", "von [redacted:login]")]);
    check_untouched(&login("jörg"), &["jörgen", "öjörg"]);
    check(
        &login("CORP\\alice"),
        &[("by alice", "by [redacted:login]")],
    );
}

#[test]
fn what_everybody_is_called_is_no_login() {
    for everybodys in [
        "root",
        "user",
        "runner",
        "coordinator",
        "ubuntu",
        "git",
        "dev",
        "test",
        "admin",
        "build",
        "ci",
        "docker",
        "vagrant",
        "node",
        "app",
        "main",
        "home",
        "localhost",
        "x",
        "12345",
        "",
        " ",
    ] {
        let text = format!(
            "the {everybodys} of /var/tmp/{everybodys}/7 and {everybodys}@box says {everybodys}"
        );
        for rules in [login(everybodys), host(everybodys), name(everybodys)] {
            check_untouched(&rules, &[&text]);
        }
    }
}

#[test]
fn a_short_or_common_login_counts_where_only_a_name_stands() {
    for short in ["bob", "mark"] {
        let rules = login(short);
        check_untouched(
            &rules,
            &[
                &format!("{short} it as done, {short}-up"),
                &format!("docs/{short}/x"),
                &format!("x = {short}(1)"),
                &format!("@{short}.setter"),
                &format!("https://example.com/{short}/x"),
            ],
        );
        check(
            &rules,
            &[
                (
                    &format!("/var/tmp/{short}/x"),
                    "/var/tmp/[redacted:login]/x",
                ),
                (&format!("~{short}/x"), "~[redacted:login]/x"),
                (&format!("{short}@box"), "[redacted:login]@box"),
            ],
        );
    }
}

#[test]
fn a_host_is_found_with_and_without_its_domain() {
    check(
        &host("Alices-MacBook.local"),
        &[
            ("on alices-macbook.local now", "on [redacted:host] now"),
            ("on Alices-MacBook now", "on [redacted:host] now"),
        ],
    );
    check(
        &host("web.corp.example.com."),
        &[("at web.corp.example.com:80", "at [redacted:host]:80")],
    );
    check_untouched(&host("web.corp.example.com"), &["a web page"]);
    check_untouched(&host("localhost.localdomain"), &["localhost.localdomain"]);
    check_untouched(&host("192.168.1.7"), &["version 192"]);
    check(
        &host("box"),
        &[("alice@box: x", "alice@[redacted:host]: x")],
    );
    check_untouched(&host("box"), &["a box"]);
}

#[test]
fn a_full_name_is_found_however_it_is_spaced() {
    check(
        &name("Alice  van der Berg"),
        &[
            ("by Alice van der Berg.", "by [redacted:name]."),
            ("ALICE\nVAN DER BERG", "[redacted:name]"),
            ("alice.van_der-berg", "[redacted:name]"),
            ("Alice%20van%20der%20Berg", "[redacted:name]"),
            ("Alice\u{a0}van der Berg", "[redacted:name]"),
        ],
    );
    check_untouched(
        &name("Alice van der Berg"),
        &["Alice", "Alice van der Bergh", "van der Berg"],
    );
    check(
        &name("Søren Ødegård"),
        &[("SØREN ØDEGÅRD", "[redacted:name]")],
    );
    check(
        &name("山田 太郎"),
        &[
            ("(山田 太郎)", "([redacted:name])"),
            ("担当は山田太郎です", "担当は[redacted:name]です"),
        ],
    );
    check_untouched(&name("Test User"), &["a test user"]);
    check_untouched(&name("A B"), &["a b"]);
    check_untouched(&name("mark"), &["mark it"]);
}

#[test]
fn addresses_are_found() {
    check(
        &alice(),
        &[
            ("bob@example.com", "[redacted:email]"),
            ("Bob <bob@example.com>, x", "Bob <[redacted:email]>, x"),
            (
                "mailto:bob.b+tag@mail.example.co.uk?x",
                "mailto:[redacted:email]?x",
            ),
            ("to bob@example.com.", "to [redacted:email]."),
            ("12345+bob@users.noreply.github.com", "[redacted:email]"),
            ("noreply@example.com", "[redacted:email]"),
            ("`bob@example.de`", "`[redacted:email]`"),
            ("jörg@müller.de", "[redacted:email]"),
            ("bob@münchen.例え", "[redacted:email]"),
            ("bob@xn--mnchen-3ya.xn--p1ai", "[redacted:email]"),
            ("bob@163.com", "[redacted:email]"),
            ("bob@mail.pl", "[redacted:email]"),
            ("bob@pošta.rs", "[redacted:email]"),
            ("?to=bob%40example.com&x", "?to=[redacted:email]&x"),
            ("x\\nbob@example.com", "x\\n[redacted:email]"),
            ("a@x.org,b@x.org", "[redacted:email],[redacted:email]"),
            ("bob@example.com:/srv", "[redacted:email]:/srv"),
            ("bob@box.local", "[redacted:email]"),
            (
                "bob@example.art bob@example.zone",
                "[redacted:email] [redacted:email]",
            ),
            // git's own, which is no address elsewhere.
            ("by alice@alicebox", "by [redacted:email]"),
            ("“bob@example.com”", "“[redacted:email]”"),
            ("'bob@example.com'", "'[redacted:email]'"),
            ("user=bob@example.com", "user=[redacted:email]"),
            ("bob@example.com/x", "[redacted:email]/x"),
            ("alice@alicebox.example.com", "[redacted:email]"),
        ],
    );
}

#[test]
fn code_with_an_at_is_no_address() {
    check_untouched(
        &Sanitizer::general(),
        &[
            "@app.command",
            "x\n@app.command('run')",
            "x\\n@pytest.mark.slow",
            "(@pytest.mark.fast,",
            "@functools.cache",
            "file@host",
            "git@github.com:org/repo.git",
            "git@github.com",
            "icon@2x.png",
            "icon@3x.en.png",
            "pkg@1.2.3",
            "pkg@v1.2.3",
            "pkg@1.2.3-beta.dev",
            "actions/checkout@v4",
            "actions/checkout@v4.io",
            "@types/node@18.0.0",
            "https://unpkg.com/react@18.2.0/x.js",
            "https://medium.com/@bob/x",
            "main@47fed302d",
            "x.yaml@067504450",
            "HEAD@{1}",
            "a@b",
            "W@X.T",
            "x@y.sum(1)",
            "review@main.rs",
            "KEEP@tracker.py:68",
            "x@lexer.rs:7",
            "run@deploy.sh",
            "user@1000.service",
            "getty@tty1.service",
            "paula-patterns@65",
            "@",
            "@@",
            "a@@b.com",
            "@example.com",
            "relay@765).",
            "foo@.com",
            "foo@-x.com",
            "[redacted:home]@example.com",
            "x@module.ts",
            "x@index.js",
        ],
    );
}
