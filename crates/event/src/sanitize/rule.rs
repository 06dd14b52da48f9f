//! The rules, each with its name and one row of the table that the documentation shows.

/// What is taken out of an event, and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Rule {
    /// A key of [`super::PRIVATE_KEYS`] with its value.
    PrivateKey,
    /// A clock time of a session.
    SessionTime,
    /// Containers nested deeper than any reader of events goes.
    Depth,
    /// A home directory.
    Home,
    /// An absolute path inside the workspace, which becomes relative.
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
    /// A token or webhook of Slack.
    SlackToken,
    /// A token of a package registry or another cloud.
    ServiceToken,
    /// A key of a model vendor.
    ModelKey,
    /// A key of Stripe.
    StripeKey,
    /// A JSON Web Token.
    Jwt,
    /// A private key.
    PrivateKeyBlock,
    /// The token of an `Authorization: Bearer` header.
    Bearer,
    /// The user and password of an `Authorization: Basic` header.
    BasicAuth,
}

/// One row of the table of rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Row {
    /// The rule.
    pub rule: Rule,
    /// Its name, as in its marker `[redacted:<name>]`.
    pub name: &'static str,
}

/// All rules.
pub const TABLE: [Row; 23] = [
    row(Rule::PrivateKey, "private-key-name"),
    row(Rule::SessionTime, "session-time"),
    row(Rule::Depth, "depth"),
    row(Rule::Home, "home"),
    row(Rule::Workspace, "workspace"),
    row(Rule::Host, "host"),
    row(Rule::Login, "login"),
    row(Rule::Name, "name"),
    row(Rule::Email, "email"),
    row(Rule::UrlCredentials, "url-credentials"),
    row(Rule::GithubToken, "github-token"),
    row(Rule::GitlabToken, "gitlab-token"),
    row(Rule::AwsKey, "aws-key"),
    row(Rule::GoogleKey, "google-key"),
    row(Rule::AzureKey, "azure-key"),
    row(Rule::SlackToken, "slack-token"),
    row(Rule::ServiceToken, "service-token"),
    row(Rule::ModelKey, "model-key"),
    row(Rule::StripeKey, "stripe-key"),
    row(Rule::Jwt, "jwt"),
    row(Rule::PrivateKeyBlock, "private-key"),
    row(Rule::Bearer, "bearer"),
    row(Rule::BasicAuth, "basic-auth"),
];

const fn row(rule: Rule, name: &'static str) -> Row {
    Row { rule, name }
}

impl Rule {
    /// Returns the name, as it stands in the marker `[redacted:<name>]`.
    pub fn name(self) -> &'static str {
        TABLE
            .iter()
            .find(|row| row.rule == self)
            .map_or("", |row| row.name)
    }
}
