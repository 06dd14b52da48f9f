//! Finds processes of a scratch area that are still alive, by the variable they all carry.

use std::path::Path;

/// A process that a test left behind.
#[derive(Debug, Clone)]
pub(crate) struct Leftover {
    pub(crate) pid: u32,
    pub(crate) command: String,
}

#[cfg(target_os = "linux")]
pub(crate) fn find(root: &Path) -> Vec<Leftover> {
    use std::os::unix::ffi::OsStrExt;

    let mut marker = format!("{}=", crate::env::MARKER).into_bytes();
    marker.extend_from_slice(root.as_os_str().as_bytes());
    let marked = |environ: Vec<u8>| environ.split(|byte| *byte == 0).any(|var| var == marker);
    let entries = std::fs::read_dir("/proc").expect("/proc");
    entries
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<u32>().ok())
        .filter(|pid| *pid != std::process::id())
        .filter(|pid| std::fs::read(format!("/proc/{pid}/environ")).is_ok_and(marked))
        .filter_map(|pid| {
            // Empty for one that has ended and that nobody has waited for yet.
            let words = std::fs::read(format!("/proc/{pid}/cmdline")).ok()?;
            let command = String::from_utf8_lossy(&words).replace('\0', " ");
            let command = command.trim().to_owned();
            (!command.is_empty()).then_some(Leftover { pid, command })
        })
        .collect()
}

#[cfg(all(unix, not(target_os = "linux")))]
pub(crate) fn find(root: &Path) -> Vec<Leftover> {
    let marker = format!("{}={}", crate::env::MARKER, root.display());
    let listed = std::process::Command::new("ps")
        .args(["axeww", "-o", "pid=,command="])
        .output()
        .expect("ps");
    String::from_utf8_lossy(&listed.stdout)
        .lines()
        .filter(|line| line.split_whitespace().any(|word| word == marker))
        .filter_map(|line| {
            let (pid, command) = line.trim().split_once(' ')?;
            Some(Leftover {
                pid: pid.parse().ok()?,
                command: command.chars().take(200).collect(),
            })
        })
        .collect()
}

/// Windows shows no other process's environment; there a leftover is found by the files it holds
/// open, which make the removal of the scratch directory fail.
#[cfg(not(unix))]
pub(crate) fn find(_root: &Path) -> Vec<Leftover> {
    Vec::new()
}

/// Ends a leftover, after it has been reported.
pub(crate) fn end(leftover: &Leftover) {
    kill(leftover.pid);
}

/// Ends a process at once.
pub(crate) fn kill(pid: u32) {
    let pid = pid.to_string();
    // It may have ended in between.
    let _ = std::process::Command::new("kill")
        .args(["-9", &pid])
        .status();
}
