//! The text of each hook: a POSIX shell script that calls the user's own hook first.

use std::path::Path;

use super::Hook;

/// Tells a hook of ours; the second line of each.
pub(super) const MARK: &str = "# pawtrail hooks: ";
/// What is put behind the name of the hook that was there.
pub(super) const BEFORE: &str = ".before-pawtrail";

/// Returns the text of a hook that runs `program`, which it names, because the programs that run git may know no
/// search path.
pub(super) fn script(hook: Hook, program: &Path) -> String {
    let program = program.to_string_lossy().replace('\\', "/");
    let program = program.replace('\'', r"'\''");
    let head = format!(
        "#!/bin/sh\n\
         {MARK}`pawtrail hooks install` wrote this file, `pawtrail hooks remove` takes it away.\n\
         before=\"$0{BEFORE}\"\n"
    );
    let body = match hook {
        Hook::PreCommit => guard(hook.name(), &program),
        Hook::PostCommit | Hook::PostMerge => notice(hook.name(), &program),
        Hook::PostRewrite => notice_of_input(hook.name(), &program),
    };
    head + &body
}

/// A hook whose exit code counts: the user's refusal is the end, and ours refuses too.
fn guard(name: &str, program: &str) -> String {
    format!(
        "if [ -x \"$before\" ]; then\n    \"$before\" \"$@\" || exit $?\nfi\n\
         for pawtrail in '{program}' pawtrail; do\n    \
         if command -v \"$pawtrail\" >/dev/null 2>&1; then\n        \
         exec \"$pawtrail\" hooks run {name} -- \"$@\" </dev/null\n    fi\ndone\n\
         echo 'pawtrail is not to be found, so nobody looked for private data in this commit' >&2\n"
    )
}

/// Runs our part of a hook after which git has nothing left to ask: silent where the program is gone.
fn ours(name: &str, program: &str) -> String {
    format!(
        "ours() {{\n    for pawtrail in '{program}' pawtrail; do\n        \
         if command -v \"$pawtrail\" >/dev/null 2>&1; then\n            \
         \"$pawtrail\" hooks run {name} -- \"$@\" || :\n            return\n        fi\n    done\n}}\n"
    )
}

/// A hook that only hears of what git did: the user's exit code stays, ours is always good.
fn notice(name: &str, program: &str) -> String {
    let ours = ours(name, program);
    format!(
        "{ours}status=0\n\
         if [ -x \"$before\" ]; then\n    \"$before\" \"$@\" || status=$?\nfi\n\
         ours \"$@\" </dev/null\n\
         exit $status\n"
    )
}

/// The same where git says on standard input what it did: both hooks read all of it, byte for byte.
fn notice_of_input(name: &str, program: &str) -> String {
    let ours = ours(name, program);
    format!(
        "{ours}if [ ! -x \"$before\" ]; then\n    ours \"$@\"\n    exit 0\nfi\n\
         input=$(cat; echo .)\n\
         input=${{input%.}}\n\
         status=0\n\
         printf '%s' \"$input\" | \"$before\" \"$@\" || status=$?\n\
         printf '%s' \"$input\" | ours \"$@\"\n\
         exit $status\n"
    )
}
