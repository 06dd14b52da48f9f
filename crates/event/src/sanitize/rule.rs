//! The rules, each with its name and one row of the table that the documentation shows.

/// What is taken out of an event, and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Rule {
    /// A key of [`super::PRIVATE_KEYS`] with its value.
    PrivateField,
    /// A clock time of a session.
    SessionTime,
    /// Containers nested deeper than any reader of events goes.
    Depth,
    /// A home directory.
    Home,
    /// An absolute path inside the workspace.
    Workspace,
    /// The host name.
    Host,
    /// The developer's login.
    Login,
    /// git's user name.
    Name,
    /// An e-mail address.
    Email,
    /// User and password in a URL.
    UrlCredentials,
    /// A token of GitHub.
    GithubToken,
    /// A token of GitLab.
    GitlabToken,
    /// A key of Amazon Web Services.
    AwsKey,
    /// A key of Google.
    GoogleKey,
    /// A key of Microsoft Azure.
    AzureKey,
    /// A token or a webhook of Slack.
    SlackToken,
    /// A token of a package registry or of another cloud.
    ServiceToken,
    /// A key of a model vendor.
    ModelKey,
    /// A key of Stripe.
    StripeKey,
    /// A JSON Web Token.
    Jwt,
    /// A private key.
    PrivateKey,
    /// The token of an `Authorization: Bearer` header.
    Bearer,
    /// User and password of an `Authorization: Basic` header.
    BasicAuth,
}

/// One row of the table of rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Row {
    /// The rule.
    pub rule: Rule,
    /// Its name, as in its marker `[redacted:<name>]`.
    pub name: &'static str,
    /// What it finds.
    pub finds: &'static str,
    /// Something that it acts on. Of values that need an identity, the developer is Alice Archer, `alice`, on
    /// `alicebox`, at work in `/srv/code/trail`.
    pub before: &'static str,
    /// What comes out.
    pub after: &'static str,
}

/// All rules, in the order of [`Rule`].
pub const TABLE: [Row; 23] = [
    row(
        Rule::PrivateField,
        "private-field",
        "the keys `machine_name`, `hostname`, `workspace_path`, `developer_name` and `developer_email` with their values",
        r#"{"hostname":"alicebox","n":1}"#,
        r#"{"n":1}"#,
    ),
    row(
        Rule::SessionTime,
        "session-time",
        "`session_started_at` and `session_ended_at`; where both stand together they become `session_duration_s`",
        r#"{"session_ended_at":"2026-06-01T07:01:30Z","session_started_at":"2026-06-01T07:00:00Z"}"#,
        r#"{"session_duration_s":90}"#,
    ),
    row(
        Rule::Depth,
        "depth",
        "what is nested deeper than 127 levels, in a value; a line is refused beyond 100,000",
        "128 levels of arrays",
        "127 levels of arrays around the marker",
    ),
    row(
        Rule::Home,
        "home",
        "the developer's home directory, and any below `/home`, `/Users` or `C:\\Users`",
        "saved in /home/bob/notes/a.md",
        "saved in [redacted:home]/notes/a.md",
    ),
    row(
        Rule::Workspace,
        "workspace",
        "absolute paths inside a worktree; they become relative, its root `.`",
        "wrote /srv/code/trail/src/main.rs",
        "wrote src/main.rs",
    ),
    row(
        Rule::Host,
        "host",
        "the host name, with or without its domain",
        "ran on alicebox",
        "ran on [redacted:host]",
    ),
    row(
        Rule::Login,
        "login",
        "the name of the developer's account",
        "/var/tmp/alice/cache",
        "/var/tmp/[redacted:login]/cache",
    ),
    row(
        Rule::Name,
        "name",
        "git's `user.name`",
        "approved by Alice Archer",
        "approved by [redacted:name]",
    ),
    row(
        Rule::Email,
        "email",
        "e-mail addresses, git's `user.email` among them",
        "ask bob@example.com",
        "ask [redacted:email]",
    ),
    row(
        Rule::UrlCredentials,
        "url-credentials",
        "user and password, or token, in a URL",
        "https://bob:hunter2@example.com/x.git",
        "https://[redacted:url-credentials]@example.com/x.git",
    ),
    row(
        Rule::GithubToken,
        "github-token",
        "`ghp_`, `gho_`, `ghu_`, `ghs_`, `ghr_` and `github_pat_` tokens",
        "ghp_0123456789abcdefghijABCDEFGHIJ012345",
        "[redacted:github-token]",
    ),
    row(
        Rule::GitlabToken,
        "gitlab-token",
        "`glpat-` and its kin (`gldt-`, `glrt-`, `glcbt-`, `glptt-`, `glft-`, `glsoat-`, `glagent-`)",
        "glpat-0123456789abcdefghij",
        "[redacted:gitlab-token]",
    ),
    row(
        Rule::AwsKey,
        "aws-key",
        "access key ids (`AKIA`, `ASIA`), and the secret key where it is named",
        "AKIAIOSFODNN7EXAMPLE",
        "[redacted:aws-key]",
    ),
    row(
        Rule::GoogleKey,
        "google-key",
        "`AIza` keys, `GOCSPX-` client secrets and `ya29.` access tokens",
        "AIzaSy0123456789abcdefghijABCDEFGHIJ012",
        "[redacted:google-key]",
    ),
    row(
        Rule::AzureKey,
        "azure-key",
        "`AccountKey=` and `SharedAccessKey=` of connection strings",
        "SharedAccessKey=MDEyMzQ1Njc4OWFiY2RlZmdoaWprbG1ub3BxcnN0dXY=",
        "SharedAccessKey=[redacted:azure-key]",
    ),
    row(
        Rule::SlackToken,
        "slack-token",
        "`xoxb-` and its kin, `xapp-`, and incoming webhooks",
        "xoxb-1234567890-abcdefghijkl",
        "[redacted:slack-token]",
    ),
    row(
        Rule::ServiceToken,
        "service-token",
        "tokens of npm, PyPI, crates.io, RubyGems, Docker Hub, Hugging Face, DigitalOcean, Atlassian and SendGrid",
        "npm_0123456789abcdefghijABCDEFGHIJ012345",
        "[redacted:service-token]",
    ),
    row(
        Rule::ModelKey,
        "model-key",
        "keys of model vendors: `sk-`, `sk-ant-`, `sk-proj-`, `sk-or-`, `gsk_`, `xai-`, `r8_`, `pplx-`",
        "sk-proj-0123456789abcdefghijABCDEFGHIJ",
        "[redacted:model-key]",
    ),
    row(
        Rule::StripeKey,
        "stripe-key",
        "`sk_live_`, `sk_test_`, `rk_live_`, `rk_test_` and `whsec_` keys",
        "rk_test_0123456789abcdefghijklmn",
        "[redacted:stripe-key]",
    ),
    row(
        Rule::Jwt,
        "jwt",
        "JSON Web Tokens",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.c2lnbmF0dXJl",
        "[redacted:jwt]",
    ),
    row(
        Rule::PrivateKey,
        "private-key",
        "private keys in PEM and OpenPGP armour, with or without their end",
        "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASC\n-----END PRIVATE KEY-----",
        "[redacted:private-key]",
    ),
    row(
        Rule::Bearer,
        "bearer",
        "the token after `Bearer`",
        "Authorization: Bearer 0123456789abcdef",
        "Authorization: Bearer [redacted:bearer]",
    ),
    row(
        Rule::BasicAuth,
        "basic-auth",
        "the user and password after `Basic`",
        "Authorization: Basic Ym9iOmh1bnRlcjI=",
        "Authorization: Basic [redacted:basic-auth]",
    ),
];

const fn row(
    rule: Rule,
    name: &'static str,
    finds: &'static str,
    before: &'static str,
    after: &'static str,
) -> Row {
    Row {
        rule,
        name,
        finds,
        before,
        after,
    }
}

/// What every marker begins with.
pub(super) const MARKER: &str = "[redacted:";

impl Rule {
    /// Returns the name, as it stands in the marker `[redacted:<name>]`.
    pub fn name(self) -> &'static str {
        // The table is in the order of the rules; a test says so.
        TABLE.get(self as usize).map_or("", |row| row.name)
    }

    /// Returns what stands in place of what was found.
    pub fn marker(self) -> String {
        format!("{MARKER}{}]", self.name())
    }
}
