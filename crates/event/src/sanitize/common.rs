//! Names that say nothing about a person or a machine, and those that are ordinary words too.

/// Accounts, hosts and placeholders that everybody has: never a login, a host or a name.
const EVERYBODYS: &str = "\
    actions admin administrator agent alpine app approver arch architect arm64 assistant author aws azure azureuser \
    backend bash basic bearer bin bot bots branch build buildbot builder cache centos chatgpt ci circleci claude \
    client cloud cluster code coder codespace codespaces codex commit committer computer config container contributor \
    coordinator copilot core curator cursor daemon data debian default demo deploy deployer depth desktop dev \
    devcontainer devel develop developer development docker docs domain ec2 ec2-user email example false fedora field \
    file files frontend ftp gateway gcp gemini generic git gitea github gitlab gitpod google gpt group guest hermes \
    home host hostname http https human implementer index internal issue java jenkins job jwt kali key kitty lab \
    laptop lib lima linux llm local localdomain localhost log login logs mac macbook macbook-air macbook-pro machine \
    macos mail main maintainer manager master me merge mint mission mobile model my myname name nixos nobody node \
    node-1 none null office openai operator ops opt orchestrator owner package path pawtrail pc pi planned planner \
    podman postgres private pro prod production project public python raspberrypi redacted release remote repo \
    repository reviewer rocky root router run runner rust sandbox scheduler script server service session shell site \
    source spec src staging start status step studio sudo supervisor support sync sys system task team temp test \
    tester testing tests time tmp token tool tools travis true ubuntu unix unknown url user username users vagrant \
    value var virtual virtualbox vm vscode web windows work worker workspace workspaces workstation worktree www \
    www-data you your yourname";

/// Logins and hosts that are words or given names in ordinary text: they count in a path or an address only.
const WORDS: &str = "\
    able also amber angel apollo april archer ares atlas august autumn baker bell bill bishop blue book brook \
    brown buck butler carter case chance charm chase chip christian cliff cloudy colt cook cooper crystal dale \
    dash dawn dean delta destiny dream drew duke eagle earl east echo edge ember faith field fire fisher flash \
    flint ford forest fox frank galaxy gamma gene ghost glen gold good grace grant gray green grey hand harmony \
    hazel heath hero hill holly hope hunter iris iron ivory jack jade jewel journey just justice king knight lance \
    land lane laurel light link lion long love major mark marshal marshall mason matrix mars mercury melody miles \
    miller moon moss neat north nova olive omega opal orion page paris park parker patience pearl penny phoenix \
    pierce pike porter prince prompt quest queen quick rain ranger raven ready reed rich ridge river robin rock \
    rose ruby rusty sage sand sandy saturn scout shadow shell sierra silver sky skip slate small smart snow sole \
    south spark spring star sterling stone storm story summer sunny swift terra thor tiger titan trace venus \
    victor violet wade walker ward wave west white will winter wise wolf wood young zeus";

/// The shortest login or host that counts in ordinary text, in characters.
const SHORTEST_WORD: usize = 4;
/// The shortest that counts at all, in bytes.
const SHORTEST: usize = 3;

/// How far a login or a host can be told from ordinary text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Weight {
    /// It says nothing.
    Never,
    /// It counts as a component of a path, or beside the `@` of an address.
    InPlace,
    /// It counts wherever it is a word.
    Anywhere,
}

/// Weighs a login or a host in lower case.
pub(super) fn weigh(folded: &str) -> Weight {
    let length = folded.chars().count();
    if folded.len() < SHORTEST || is_everybodys(folded) || !folded.chars().any(char::is_alphabetic)
    {
        Weight::Never
    } else if length < SHORTEST_WORD || has(WORDS, folded) {
        Weight::InPlace
    } else {
        Weight::Anywhere
    }
}

/// Whether a word in lower case says nothing about anybody.
pub(super) fn is_everybodys(folded: &str) -> bool {
    has(EVERYBODYS, folded)
}

/// Whether a list has a word.
fn has(list: &str, word: &str) -> bool {
    list.split_ascii_whitespace().any(|one| one == word)
}
