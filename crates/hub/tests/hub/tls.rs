//! TLS that the hub speaks: handshakes that cost themselves only, and certificates that change.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use pawtrail_hub::{Certificate, Timing};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

use crate::support::{PATIENCE, Server, ack, commit, eventually};
use crate::visitor::{FIRST, SECOND, Visitor, behind_proxy, over_tls, write_pair};

fn hub(timing: Timing) -> (tempfile::TempDir, Server, Visitor) {
    let dir = tempfile::tempdir().unwrap();
    let (server, visitor) = over_tls(dir.path(), timing);
    (dir, server, visitor)
}

fn silent(server: &Server) -> TcpStream {
    let stream = TcpStream::connect(server.address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream
}

/// Waits for the hub to end a connection that it sent nothing to.
fn ended(mut stream: TcpStream) {
    let mut rest = Vec::new();
    match stream.read_to_end(&mut rest) {
        Ok(_) => {}
        Err(error) => assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset),
    }
    assert_eq!(rest, b"");
}

/// Far more than a client needs that gets on with it.
const ENOUGH: Duration = Duration::from_secs(3);

const NEVER: Timing = Timing {
    ping_every: Duration::from_secs(20),
    silence: Duration::from_secs(60),
    slow_send: Duration::from_secs(10),
    shutdown: Duration::from_secs(120),
    head: Duration::from_secs(3_600),
    handshake: Duration::from_secs(3_600),
    certificate: Duration::from_secs(3_600),
    wrong_token: Duration::ZERO,
};

#[test]
fn a_handshake_that_hangs_ends_in_time() {
    let (_dir, server, visitor) = hub(Timing {
        handshake: ENOUGH,
        ..Timing::default()
    });
    ended(silent(&server));
    assert_eq!(visitor.get("/api/v1/health", None).status, 200);
}

#[test]
fn a_request_that_never_comes_to_its_end_ends_in_time() {
    let dir = tempfile::tempdir().unwrap();
    let timing = Timing {
        head: ENOUGH,
        ..NEVER
    };
    let (server, visitor) = behind_proxy(dir.path(), timing);
    for begun in ["", "GET / HTTP/1.1\r\nHost: hub.exam"] {
        let mut stream = silent(&server);
        stream.write_all(begun.as_bytes()).unwrap();
        ended(stream);
    }
    assert_eq!(visitor.get("/api/v1/health", None).status, 200);
}

#[test]
fn hanging_handshakes_give_way_to_those_that_come_later() {
    let (_dir, server, visitor) = hub(NEVER);
    let mut hanging: Vec<TcpStream> = (0..300).map(|_| silent(&server)).collect();
    assert_eq!(visitor.get("/api/v1/health", None).status, 200);
    ended(hanging.remove(0));
    // The youngest still has its time.
    let youngest = hanging.pop().unwrap();
    youngest
        .set_read_timeout(Some(Duration::from_millis(50)))
        .unwrap();
    let waits = (&youngest).read(&mut [0]).unwrap_err();
    assert!(matches!(
        waits.kind(),
        std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut
    ));
}

#[test]
fn what_is_no_handshake_costs_itself_only() {
    let (_dir, server, visitor) = hub(NEVER);
    for bytes in [
        &b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"[..],
        &[0_u8; 400],
    ] {
        let mut stream = silent(&server);
        stream.write_all(bytes).unwrap();
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        // An alert of TLS at most, and nothing of the hub.
        assert!(answer.len() < 16, "{answer:?}");
        assert_eq!(visitor.get("/api/v1/health", None).status, 200);
    }
}

#[test]
fn hanging_handshakes_do_not_hold_up_a_stop() {
    let (_dir, server, _visitor) = hub(NEVER);
    let _hanging = [silent(&server), silent(&server)];
    let took = server.stop();
    assert!(took < NEVER.shutdown, "{took:?}");
}

#[test]
fn a_renewed_certificate_is_shown_to_new_connections_and_old_ones_go_on() {
    let (dir, server, visitor) = hub(Timing {
        certificate: Duration::from_millis(20),
        ..Timing::default()
    });
    let der = |pair: [&[u8]; 2]| CertificateDer::from_pem_slice(pair[0]).unwrap().to_vec();
    let mut clone = visitor.clone_of(&server.token()).unwrap();
    clone.receive();
    assert_eq!(visitor.shown(), der(FIRST));

    // Half of a renewal, and rubbish: what was shown before is shown on.
    for half in [SECOND[0], b"rubbish"] {
        write_pair(dir.path(), [half, FIRST[1]]);
        std::thread::sleep(Duration::from_millis(200));
        assert_eq!(visitor.shown(), der(FIRST));
    }
    write_pair(dir.path(), SECOND);
    eventually("the new certificate is shown", || {
        visitor.shown() == der(SECOND)
    });
    clone.send(&commit(1));
    assert_eq!(clone.receive(), ack(1, "accepted"));
}

#[test]
fn files_that_can_not_be_used_are_named_with_the_reason() {
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name);
    write_pair(dir.path(), FIRST);
    let cut = &FIRST[1][..FIRST[1].len() - 40];
    let encrypted: &[u8] =
        b"-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n";
    let damaged: &[u8] = b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n";
    let large = vec![b'#'; 1024 * 1024 + 1];
    for (name, bytes) in [
        ("other.key", SECOND[1]),
        ("cut.key", cut),
        ("encrypted.key", encrypted),
        ("damaged.key", damaged),
        ("empty", b""),
        (
            "damaged.pem",
            &b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"[..],
        ),
        ("large", &large),
    ] {
        std::fs::write(path(name), bytes).unwrap();
    }
    for (certificate, key, code, named, reason) in [
        ("missing", "hub.key", "HUB_TLS_FILE", "missing", ""),
        ("hub.pem", "missing", "HUB_TLS_FILE", "missing", ""),
        (".", "hub.key", "HUB_TLS_FILE", "", ""),
        (
            "empty",
            "hub.key",
            "HUB_TLS_FILE",
            "empty",
            "no certificate",
        ),
        (
            "hub.key",
            "hub.key",
            "HUB_TLS_FILE",
            "hub.key",
            "no certificate",
        ),
        (
            "hub.pem",
            "hub.pem",
            "HUB_TLS_FILE",
            "hub.pem",
            "no private key",
        ),
        ("hub.pem", "cut.key", "HUB_TLS_FILE", "cut.key", "cut off"),
        (
            "hub.pem",
            "encrypted.key",
            "HUB_TLS_FILE",
            "encrypted.key",
            "password",
        ),
        ("hub.pem", "damaged.key", "HUB_TLS_FILE", "damaged.key", ""),
        ("damaged.pem", "hub.key", "HUB_TLS_FILE", "damaged.pem", ""),
        ("large", "hub.key", "HUB_TLS_FILE", "large", "1 MiB"),
        (
            "hub.pem",
            "other.key",
            "HUB_TLS_KEY_OTHER",
            "other.key",
            "hub.pem",
        ),
    ] {
        let error = Certificate::open(&path(certificate), &path(key)).unwrap_err();
        let said = error.to_string();
        assert_eq!((error.code(), error.exit_code()), (code, 1), "{said}");
        assert!(said.contains(&path(named).display().to_string()), "{said}");
        assert!(said.contains(reason), "{certificate} {key}: {said}");
        assert!(!said.contains("AAAA"), "{said}");
        assert!(error.next_step().is_some());
    }
    assert!(Certificate::open(&path("hub.pem"), &path("hub.key")).is_ok());
}
