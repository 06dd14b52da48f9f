//! Secrets: what is one, and what only begins like one.

use super::super::*;
use super::{check, check_untouched};

const BODY: &str = "0123456789abcdefghijABCDEFGHIJ0123456789abcdefghijABCDEFGHIJ0123";

#[test]
fn credentials_in_a_url_are_found() {
    check(
        &Sanitizer::general(),
        &[
            (
                "https://bob:pw@example.com/x",
                "https://[redacted:url-credentials]@example.com/x",
            ),
            (
                "https://token@example.com",
                "https://[redacted:url-credentials]@example.com",
            ),
            (
                "https://x-access-token:abc@github.com/o/r.git",
                "https://[redacted:url-credentials]@github.com/o/r.git",
            ),
            (
                "postgres://bob:p@ss@db.example.com/x",
                "postgres://[redacted:url-credentials]@db.example.com/x",
            ),
            (
                "redis://:pw@cache:6379",
                "redis://[redacted:url-credentials]@cache:6379",
            ),
            (
                "git+ssh://bob@box/x",
                "git+ssh://[redacted:url-credentials]@box/x",
            ),
            (
                "https://bob:pw@[::1]/x",
                "https://[redacted:url-credentials]@[::1]/x",
            ),
            (
                "x https://a:b@c.de, https://d:e@f.de",
                "x https://[redacted:url-credentials]@c.de, https://[redacted:url-credentials]@f.de",
            ),
            ("https:\\/\\/x", "https:\\/\\/x"),
            (
                "https://oauth2:secret/with@both@example.com/x.git",
                "https://[redacted:url-credentials]@example.com/x.git",
            ),
            (
                "https://example.com:443/@bob",
                "https://example.com:443/@bob",
            ),
        ],
    );
    check_untouched(
        &Sanitizer::general(),
        &[
            "https://example.com/x",
            "https://example.com/@bob",
            "https://example.com?x=a@b",
            "ssh://git@github.com/o/r",
            "https://<user>:<token>@example.com",
            "https://${TOKEN}@example.com",
            "://a@b",
            "https://@example.com",
            "a://b@",
        ],
    );
}

#[test]
fn tokens_of_every_shape_are_found() {
    for (prefix, least, rule) in [
        ("ghp_", 36, Rule::GithubToken),
        ("gho_", 36, Rule::GithubToken),
        ("ghu_", 36, Rule::GithubToken),
        ("ghs_", 36, Rule::GithubToken),
        ("ghr_", 36, Rule::GithubToken),
        ("github_pat_", 59, Rule::GithubToken),
        ("glpat-", 20, Rule::GitlabToken),
        ("gldt-", 20, Rule::GitlabToken),
        ("glrt-", 20, Rule::GitlabToken),
        ("glcbt-", 20, Rule::GitlabToken),
        ("glptt-", 40, Rule::GitlabToken),
        ("glft-", 20, Rule::GitlabToken),
        ("glsoat-", 20, Rule::GitlabToken),
        ("glagent-", 50, Rule::GitlabToken),
        ("AIza", 35, Rule::GoogleKey),
        ("GOCSPX-", 28, Rule::GoogleKey),
        ("ya29.", 40, Rule::GoogleKey),
        ("xoxb-", 40, Rule::SlackToken),
        ("xoxp-", 40, Rule::SlackToken),
        ("xoxa-", 40, Rule::SlackToken),
        ("xoxr-", 40, Rule::SlackToken),
        ("xoxs-", 40, Rule::SlackToken),
        ("xoxe.", 40, Rule::SlackToken),
        ("xoxe-", 40, Rule::SlackToken),
        ("xapp-", 40, Rule::SlackToken),
        ("npm_", 36, Rule::ServiceToken),
        ("pypi-AgE", 60, Rule::ServiceToken),
        ("cio", 32, Rule::ServiceToken),
        ("dckr_pat_", 27, Rule::ServiceToken),
        ("hf_", 34, Rule::ServiceToken),
        ("ATATT3x", 60, Rule::ServiceToken),
        ("SG.", 64, Rule::ServiceToken),
        ("sk-ant-", 60, Rule::ModelKey),
        ("sk-proj-", 60, Rule::ModelKey),
        ("sk-svcacct-", 60, Rule::ModelKey),
        ("sk-or-", 60, Rule::ModelKey),
        ("sk-", 48, Rule::ModelKey),
        ("gsk_", 52, Rule::ModelKey),
        ("xai-", 64, Rule::ModelKey),
        ("r8_", 37, Rule::ModelKey),
        ("pplx-", 48, Rule::ModelKey),
        ("sk_live_", 24, Rule::StripeKey),
        ("sk_test_", 24, Rule::StripeKey),
        ("rk_live_", 24, Rule::StripeKey),
        ("rk_test_", 24, Rule::StripeKey),
        ("whsec_", 32, Rule::StripeKey),
    ] {
        let token = format!("{prefix}{}", &BODY[..least]);
        let marker = rule.marker();
        check(
            &Sanitizer::general(),
            &[
                (&token, &marker),
                (&format!("x={token}."), &format!("x={marker}.")),
                (&format!("x\\n{token} y"), &format!("x\\n{marker} y")),
            ],
        );
        // Inside a word, too short, or a place for one.
        let short = format!("{prefix}{}", &BODY[..8]);
        let place = format!("{prefix}{}", "x".repeat(least));
        check_untouched(
            &Sanitizer::general(),
            &[
                &format!("x{token}"),
                &format!("x_{short}"),
                &short,
                &place,
                prefix,
            ],
        );
    }
}

#[test]
fn hexadecimal_and_named_secrets_are_found() {
    let hex: String = BODY
        .chars()
        .map(|c| {
            if c.is_ascii_hexdigit() {
                c.to_ascii_lowercase()
            } else {
                '7'
            }
        })
        .collect();
    let key = &BODY.replace('j', "+")[..44];
    for (before, after) in [
        (format!("dop_v1_{hex}"), "[redacted:service-token]"),
        (
            format!("rubygems_{}", &hex[..48]),
            "[redacted:service-token]",
        ),
        ("AKIAIOSFODNN7EXAMPLE".to_owned(), "[redacted:aws-key]"),
        ("ASIAIOSFODNN7EXAMPLE".to_owned(), "[redacted:aws-key]"),
        (
            format!("aws_secret_access_key = {}", &key[..40]),
            "aws_secret_access_key = [redacted:aws-key]",
        ),
        (
            format!("\"SecretAccessKey\": \"{}\"", &key[..40]),
            "\"SecretAccessKey\": \"[redacted:aws-key]\"",
        ),
        (
            format!("export AWS_SECRET_ACCESS_KEY={}", &key[..40]),
            "export AWS_SECRET_ACCESS_KEY=[redacted:aws-key]",
        ),
        (
            format!("x;AccountKey={key};y"),
            "x;AccountKey=[redacted:azure-key];y",
        ),
        (
            format!("SharedAccessKey={key}"),
            "SharedAccessKey=[redacted:azure-key]",
        ),
        (
            "https://hooks.slack.com/services/T00000000/B00000000/abcdefghijklmnop".to_owned(),
            "https://hooks.slack.com/services/[redacted:slack-token]",
        ),
    ] {
        check(&Sanitizer::general(), &[(&before, after)]);
    }
    check_untouched(
        &Sanitizer::general(),
        &[
            "AKIAIOSFODNN7EXAMPLES",
            "AKIA",
            "aws_secret_access_key = ${KEY}",
            "AccountKey=x",
            "hooks.slack.com/services/x",
        ],
    );
}

#[test]
fn words_that_begin_like_a_secret_stay() {
    check_untouched(
        &Sanitizer::general(),
        &[
            "sk-learn-compatible-estimators-in-one-very-long-name",
            "task-0123456789abcdefghij0123456789abcdefghij",
            "disk-usage",
            "pypi-publish-the-package-action",
            "npm_config_registry_of_this_project_is_set",
            "conscious",
            "hf_hub_download",
            "SG.x",
            "xai-grok",
            "eyJ",
            "eyJhbGciOiJIUzI1NiJ9",
            "eyJhbGciOiJIUzI1NiJ9.x",
            "github_pat_",
            "the ghp_ prefix",
            "glpat-<token>",
        ],
    );
}

#[test]
fn web_tokens_are_found() {
    const JWT: &str = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.c2lnbmF0dXJl";
    check(
        &Sanitizer::general(),
        &[
            (JWT, "[redacted:jwt]"),
            (&format!("token={JWT}."), "token=[redacted:jwt]."),
            (&format!("\"{JWT}\""), "\"[redacted:jwt]\""),
            (&format!("Bearer {JWT}"), "Bearer [redacted:jwt]"),
        ],
    );
}

#[test]
fn private_keys_are_found_with_and_without_their_end() {
    let body = &BODY[..48];
    for kind in ["", "RSA ", "EC ", "OPENSSH ", "ENCRYPTED "] {
        let key = format!(
            "-----BEGIN {kind}PRIVATE KEY-----\n{body}\n{body}==\n-----END {kind}PRIVATE KEY-----"
        );
        for key in [
            key.clone(),
            key.replace('\n', "\\n"),
            key.replace('\n', " "),
        ] {
            check(
                &Sanitizer::general(),
                &[(&format!("x {key} y"), "x [redacted:private-key] y")],
            );
        }
    }
    let torn = format!("-----BEGIN PRIVATE KEY-----\n{body}\n{body}");
    check(&Sanitizer::general(), &[(&torn, "[redacted:private-key]")]);
    let armour = format!(
        "-----BEGIN PGP PRIVATE KEY BLOCK-----\nVersion: x-1\n\n{body}\n-----END PGP PRIVATE KEY BLOCK-----"
    );
    check(
        &Sanitizer::general(),
        &[(&armour, "[redacted:private-key]")],
    );
    let old = format!(
        "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,0123\n\n{body}\n-----END RSA PRIVATE KEY-----\n"
    );
    check(&Sanitizer::general(), &[(&old, "[redacted:private-key]\n")]);
    check_untouched(
        &Sanitizer::general(),
        &[
            "it looks for `-----BEGIN PRIVATE KEY-----` and stops",
            "-----BEGIN PRIVATE KEY----- and what follows it are words of prose",
            "-----BEGIN CERTIFICATE-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASC\n-----END CERTIFICATE-----",
            &format!("-----BEGIN PUBLIC KEY-----\n{body}\n-----END PUBLIC KEY-----"),
        ],
    );
}

#[test]
fn authorization_headers_are_found() {
    check(
        &Sanitizer::general(),
        &[
            (
                "authorization: bearer 0123456789abcdef",
                "authorization: bearer [redacted:bearer]",
            ),
            (
                "-H 'Authorization: Bearer abc.def-0123456789'",
                "-H 'Authorization: Bearer [redacted:bearer]'",
            ),
            ("Basic Ym9iOmh1bnRlcjI=", "Basic [redacted:basic-auth]"),
            ("BASIC Ym9iOmh1bnRlcjI=", "BASIC [redacted:basic-auth]"),
        ],
    );
    check_untouched(
        &Sanitizer::general(),
        &[
            "a bearer token",
            "Bearer authentication-is-required",
            "Bearer <token>",
            "Bearer $TOKEN",
            "forbearer 0123456789abcdef",
            "basic authentication",
            "Basic tests",
            "basic YWJjZGVmZ2hpams=",
            "the basic 0123456789abcdef",
        ],
    );
}
