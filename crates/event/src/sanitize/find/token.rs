//! Secrets that are known by how they begin: one row of a table each.

use super::super::chars::{before, follows_escape, run};
use super::super::rule::Rule;
use super::Found;

/// Different characters that a secret has at least: `xxxx` is a place for one.
const LEAST_DIFFERENT: u32 = 6;

/// How a secret looks.
#[derive(Debug, Clone, Copy)]
pub(in super::super) struct Shape {
    /// How it begins.
    prefix: &'static str,
    /// What finds it.
    rule: Rule,
    /// The characters of the rest.
    body: fn(u8) -> bool,
    /// How long the rest is at least, in bytes.
    least: usize,
    /// How long the rest is at most.
    most: usize,
    /// Whether the rest has a digit.
    digit: bool,
    /// Whether the prefix stays: it is the name of the secret.
    named: bool,
}

const ANY: usize = usize::MAX;

const fn shape(
    prefix: &'static str,
    rule: Rule,
    body: fn(u8) -> bool,
    least: usize,
    most: usize,
) -> Shape {
    Shape {
        prefix,
        rule,
        body,
        least,
        most,
        digit: false,
        named: false,
    }
}

const fn with_digit(shape: Shape) -> Shape {
    Shape {
        digit: true,
        ..shape
    }
}

const fn named(shape: Shape) -> Shape {
    Shape {
        named: true,
        ..shape
    }
}

fn alnum(b: u8) -> bool {
    b.is_ascii_alphanumeric()
}

fn word(b: u8) -> bool {
    b.is_ascii_alphanumeric() || b == b'_'
}

fn dashed(b: u8) -> bool {
    word(b) || b == b'-'
}

fn dotted(b: u8) -> bool {
    dashed(b) || b == b'.'
}

fn upper(b: u8) -> bool {
    b.is_ascii_uppercase() || b.is_ascii_digit()
}

fn hex(b: u8) -> bool {
    b.is_ascii_hexdigit()
}

fn base64(b: u8) -> bool {
    alnum(b) || matches!(b, b'+' | b'/' | b'=')
}

fn path(b: u8) -> bool {
    alnum(b) || b == b'/'
}

/// All shapes. A longer prefix stands before one that it begins with.
pub(in super::super) const SHAPES: &[Shape] = &[
    shape("ghp_", Rule::GithubToken, word, 30, ANY),
    shape("gho_", Rule::GithubToken, word, 30, ANY),
    shape("ghu_", Rule::GithubToken, word, 30, ANY),
    shape("ghs_", Rule::GithubToken, dotted, 30, ANY),
    shape("ghr_", Rule::GithubToken, word, 30, ANY),
    shape("github_pat_", Rule::GithubToken, word, 22, ANY),
    shape("glpat-", Rule::GitlabToken, dotted, 20, ANY),
    shape("gldt-", Rule::GitlabToken, dashed, 20, ANY),
    shape("glrt-", Rule::GitlabToken, dotted, 20, ANY),
    shape("glcbt-", Rule::GitlabToken, dashed, 20, ANY),
    shape("glptt-", Rule::GitlabToken, dashed, 20, ANY),
    shape("glft-", Rule::GitlabToken, dashed, 20, ANY),
    shape("glsoat-", Rule::GitlabToken, dashed, 20, ANY),
    shape("glagent-", Rule::GitlabToken, dashed, 20, ANY),
    shape("AKIA", Rule::AwsKey, upper, 16, 16),
    shape("ASIA", Rule::AwsKey, upper, 16, 16),
    shape("AIza", Rule::GoogleKey, dashed, 35, 35),
    shape("GOCSPX-", Rule::GoogleKey, dashed, 24, ANY),
    with_digit(shape("ya29.", Rule::GoogleKey, dotted, 20, ANY)),
    named(shape("AccountKey=", Rule::AzureKey, base64, 40, ANY)),
    named(shape("SharedAccessKey=", Rule::AzureKey, base64, 40, ANY)),
    with_digit(shape("xoxb-", Rule::SlackToken, dashed, 20, ANY)),
    with_digit(shape("xoxa-", Rule::SlackToken, dashed, 20, ANY)),
    with_digit(shape("xoxp-", Rule::SlackToken, dashed, 20, ANY)),
    with_digit(shape("xoxr-", Rule::SlackToken, dashed, 20, ANY)),
    with_digit(shape("xoxs-", Rule::SlackToken, dashed, 20, ANY)),
    with_digit(shape("xoxe.", Rule::SlackToken, dotted, 20, ANY)),
    with_digit(shape("xoxe-", Rule::SlackToken, dashed, 20, ANY)),
    with_digit(shape("xapp-", Rule::SlackToken, dashed, 20, ANY)),
    named(shape(
        "hooks.slack.com/services/",
        Rule::SlackToken,
        path,
        20,
        ANY,
    )),
    shape("npm_", Rule::ServiceToken, alnum, 36, 36),
    shape("pypi-AgE", Rule::ServiceToken, dashed, 16, ANY),
    with_digit(shape("cio", Rule::ServiceToken, alnum, 32, 32)),
    shape("rubygems_", Rule::ServiceToken, hex, 48, 48),
    shape("dckr_pat_", Rule::ServiceToken, dashed, 20, ANY),
    shape("hf_", Rule::ServiceToken, alnum, 30, ANY),
    shape("dop_v1_", Rule::ServiceToken, hex, 64, 64),
    shape(
        "ATATT3x",
        Rule::ServiceToken,
        |b| dashed(b) || b == b'=',
        40,
        ANY,
    ),
    shape("SG.", Rule::ServiceToken, dotted, 60, ANY),
    with_digit(shape("sk-ant-", Rule::ModelKey, dashed, 16, ANY)),
    with_digit(shape("sk-proj-", Rule::ModelKey, dashed, 20, ANY)),
    with_digit(shape("sk-svcacct-", Rule::ModelKey, dashed, 20, ANY)),
    with_digit(shape("sk-or-", Rule::ModelKey, dashed, 20, ANY)),
    with_digit(shape("sk-", Rule::ModelKey, alnum, 32, ANY)),
    with_digit(shape("gsk_", Rule::ModelKey, alnum, 32, ANY)),
    with_digit(shape("xai-", Rule::ModelKey, alnum, 60, ANY)),
    with_digit(shape("r8_", Rule::ModelKey, alnum, 30, ANY)),
    with_digit(shape("pplx-", Rule::ModelKey, alnum, 32, ANY)),
    shape("sk_live_", Rule::StripeKey, alnum, 16, ANY),
    shape("sk_test_", Rule::StripeKey, alnum, 16, ANY),
    shape("rk_live_", Rule::StripeKey, alnum, 16, ANY),
    shape("rk_test_", Rule::StripeKey, alnum, 16, ANY),
    shape("whsec_", Rule::StripeKey, base64, 32, ANY),
];

/// Returns the beginnings that a text is searched for.
pub(in super::super) fn triggers() -> impl Iterator<Item = &'static str> {
    let is_covered = |at: usize, prefix: &str| {
        let mut others = SHAPES.iter().enumerate();
        others.any(|(other, shape)| {
            other != at && prefix.starts_with(shape.prefix) && prefix != shape.prefix
        })
    };
    let prefixes = SHAPES.iter().map(|shape| shape.prefix).enumerate();
    // `sk-` finds `sk-ant-` too.
    prefixes
        .filter(move |(at, prefix)| !is_covered(*at, prefix))
        .map(|(_, prefix)| prefix)
}

impl Shape {
    fn at(&self, text: &str, at: usize) -> Option<Found> {
        if !stands_alone(text, at) {
            return None;
        }
        let from = at + self.prefix.len();
        let end = run(text, from, self.body);
        // A full stop that ends a sentence isn't part of it.
        let body = text.get(from..end)?.trim_end_matches(['.', '-']);
        let end = from + body.len();
        let fits = (self.least..=self.most).contains(&body.len())
            && (!self.digit || body.bytes().any(|b| b.is_ascii_digit()))
            && is_various(body);
        let start = if self.named { from } else { at };
        fits.then_some(Found::new(start, end, self.rule))
    }
}

/// Finds the secret whose prefix begins at a place.
pub(in super::super) fn at(text: &str, at: usize) -> Option<Found> {
    let rest = text.get(at..)?;
    SHAPES
        .iter()
        .filter(|shape| rest.starts_with(shape.prefix))
        .find_map(|shape| shape.at(text, at))
}

/// Whether a secret can begin at a place: it isn't inside a longer word.
pub(super) fn stands_alone(text: &str, at: usize) -> bool {
    before(text, at).is_none_or(|c| !(c.is_alphanumeric() || matches!(c, '_' | '-')))
        || follows_escape(text, at)
}

/// Whether a text has as many different characters as a secret has.
pub(super) fn is_various(body: &str) -> bool {
    let seen = body.bytes().fold(0_u128, |seen, b| seen | 1 << (b & 127));
    seen.count_ones() >= LEAST_DIFFERENT
}

/// Where the name of the secret half of an AWS key ends: finds the key behind it.
pub(in super::super) fn aws_secret(text: &str, name_end: usize) -> Option<Found> {
    const LENGTH: usize = 40;
    const FARTHEST: usize = 8;
    let start = run(text, name_end, |b| {
        b.is_ascii_whitespace() || matches!(b, b'"' | b'\'' | b':' | b'=' | b'>' | b'\\')
    });
    let end = run(text, start, base64);
    let fits = (1..=FARTHEST).contains(&(start - name_end)) && end - start == LENGTH;
    (fits && is_various(text.get(start..end)?)).then_some(Found::new(start, end, Rule::AwsKey))
}
