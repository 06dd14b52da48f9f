//! Who signs commits, and which programs git runs at them.

use super::*;

pub(crate) fn signed_with_ssh(scratch: &Scratch) -> World {
    let repo = feature(scratch);
    let key = scratch.path().join("key");
    let path = key.to_string_lossy().into_owned();
    let arguments = ["-q", "-t", "ed25519", "-N", "", "-C", "", "-f", &path];
    match repo.env().command("ssh-keygen").args(arguments).status() {
        Ok(status) if status.success() => {}
        Ok(_) | Err(_) => return World::lacking(repo, "there is no ssh-keygen"),
    }
    let public = fs::read_to_string(format!("{path}.pub")).unwrap();
    let signers = scratch.path().join("signers");
    fs::write(&signers, format!("* {public}")).unwrap();
    let signers = signers.to_string_lossy();
    repo.git(&["config", "gpg.format", "ssh"]);
    repo.git(&["config", "user.signingKey", &path]);
    repo.git(&["config", "gpg.ssh.allowedSignersFile", &signers]);
    repo.git(&["config", "commit.gpgSign", "true"]);
    World::of(repo).check(is_signed)
}

pub(crate) fn signed_with_openpgp(scratch: &Scratch) -> World {
    let repo = feature(scratch);
    // The socket of gpg's agent has to fit into 108 bytes.
    let home = scratch.path().join("g");
    fs::create_dir(&home).unwrap();
    private(&home);
    let quiet = [
        "--batch",
        "--quiet",
        "--pinentry-mode",
        "loopback",
        "--passphrase",
        "",
    ];
    let name = "Robin Example <robin@example.test>";
    let made = repo
        .env()
        .command("gpg")
        .env("GNUPGHOME", &home)
        .args(quiet)
        .args(["--quick-generate-key", name, "ed25519", "sign", "never"])
        .output();
    match made {
        Ok(made) if made.status.success() => {}
        Ok(_) | Err(_) => return World::lacking(repo, "there is no gpg that makes a key"),
    }
    // Git finds the key's home through the program that it runs.
    let program = scratch.path().join("gpg");
    let line = "exec gpg --batch --pinentry-mode loopback --passphrase '' \"$@\"";
    script(&program, &format!("GNUPGHOME='{}' {line}", home.display()));
    repo.git(&["config", "gpg.program", &program.to_string_lossy()]);
    repo.git(&["config", "user.signingKey", "robin@example.test"]);
    repo.git(&["config", "commit.gpgSign", "true"]);
    let keys = repo.clone();
    let mut world = World::of(repo).check(is_signed);
    world.keys = Some(Keys { home, repo: keys });
    world
}

fn is_signed(world: &World, done: &Written) {
    let commit = done.receipt.commit.as_ref().unwrap().as_str();
    world.repo.git(&["verify-commit", commit]);
}

pub(crate) fn hooks_of_every_kind(scratch: &Scratch) -> World {
    let repo = feature(scratch);
    let world = World::of(repo);
    let hooks = world.repo.path().join(".git/hooks");
    let trace = hooks.join("trace");
    for name in [
        "reference-transaction",
        "post-index-change",
        "pre-commit",
        "prepare-commit-msg",
        "commit-msg",
        "post-commit",
        "post-checkout",
        "pre-auto-gc",
    ] {
        script(
            &hooks.join(name),
            &format!("echo {name} >> '{}'", trace.display()),
        );
    }
    world.check(|world, _| {
        let trace = world.repo.path().join(".git/hooks/trace");
        assert!(!trace.exists(), "{:?}", fs::read_to_string(&trace));
        world
            .repo
            .git(&["commit", "-q", "--allow-empty", "-m", "by git"]);
        assert!(trace.exists());
    })
}

#[cfg(unix)]
fn private(dir: &Path) {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(dir, fs::Permissions::from_mode(0o700)).unwrap();
}

#[cfg(not(unix))]
fn private(_dir: &Path) {}

/// A program of a shell, which git for Windows runs as well.
pub(crate) fn script(file: &Path, line: &str) {
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(file, format!("#!/bin/sh\n{line}\n")).unwrap();
    private(file);
}
