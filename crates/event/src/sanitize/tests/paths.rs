//! Home directories and the workspace, in every way that paths are written.

use super::super::*;
use super::{alice, check, check_untouched};

#[test]
fn home_directories_of_anybody_are_found() {
    check(
        &Sanitizer::general(),
        &[
            ("/home/bob", "[redacted:home]"),
            ("/home/bob/x/y", "[redacted:home]/x/y"),
            ("see /home/bob.", "see [redacted:home]."),
            ("(/Users/bob).", "([redacted:home])."),
            ("\"/home/bob\"", "\"[redacted:home]\""),
            (
                "PATH=/home/bob/bin:/home/eve/bin",
                "PATH=[redacted:home]/bin:[redacted:home]/bin",
            ),
            ("/home/jörg.müller/x", "[redacted:home]/x"),
            ("/home/bob-2_b.c+d/x", "[redacted:home]/x"),
            ("/home/bob@corp.example.com/x", "[redacted:home]/x"),
            ("//home//bob//x", "[redacted:home]//x"),
            ("file:///home/bob/x", "[redacted:home]/x"),
            ("file:///Users/bob/x", "[redacted:home]/x"),
            ("bob:/home/bob/x", "bob:[redacted:home]/x"),
            ("\\/home\\/bob\\/x", "[redacted:home]\\/x"),
            ("a\\n/home/bob/x", "a\\n[redacted:home]/x"),
            ("?f=%2Fhome%2Fbob%2Fx", "?f=[redacted:home]%2Fx"),
            ("**/home/bob/**", "**[redacted:home]/**"),
            ("/var/home/bob/x", "/var[redacted:home]/x"),
            ("/mnt/c/Users/bob/x", "/mnt/c[redacted:home]/x"),
            ("/c/Users/bob/x", "/c[redacted:home]/x"),
            (
                "/System/Volumes/Data/Users/bob/x",
                "/System/Volumes/Data[redacted:home]/x",
            ),
            ("ssh://box/home/bob/x", "ssh://box[redacted:home]/x"),
            (
                "\\\\wsl$\\Ubuntu\\home\\bob\\x",
                "\\\\wsl$\\Ubuntu[redacted:home]\\x",
            ),
            ("/home/bob/home/eve", "[redacted:home]/home/eve"),
            ("/home/bob /home/bob", "[redacted:home] [redacted:home]"),
        ],
    );
}

#[test]
fn home_directories_of_windows_are_found() {
    check(
        &Sanitizer::general(),
        &[
            (r"C:\Users\bob", "[redacted:home]"),
            (r"C:\Users\bob\x", r"[redacted:home]\x"),
            (r"c:\users\bob\x", r"[redacted:home]\x"),
            (r"C:\\Users\\bob\\x", r"[redacted:home]\\x"),
            ("C:/Users/bob/x", "[redacted:home]/x"),
            (r"D:\Users\Bob Van Eyck\x", r"[redacted:home]\x"),
            (r"C:\Users\José da Silva\x", r"[redacted:home]\x"),
            (
                r"C:\Users\bob and C:\Temp\x",
                r"[redacted:home] and C:\Temp\x",
            ),
            (r"\\?\C:\Users\bob\x", r"\\?\[redacted:home]\x"),
            ("file:///C:/Users/bob/x", "file:///[redacted:home]/x"),
            (r"'C:\Users\bob'", "'[redacted:home]'"),
        ],
    );
}

#[test]
fn what_only_looks_like_a_home_stays() {
    check_untouched(
        &Sanitizer::general(),
        &[
            "/home",
            "/home/",
            "/Users/",
            "~/notes",
            "~bob",
            "$HOME/x",
            "/home/<user>/x",
            "/home/$USER/x",
            "/home/${USER}",
            "/home/{user}",
            "/home/*",
            "/home/...",
            "/home/.cache",
            "/home/[redacted:login]",
            "src/home/page",
            "./home/bob",
            "../home/bob",
            "a/home/bob",
            "docs/Users/guide",
            "https://example.com/home/bob",
            "https://home/bob",
            "http://x.org/a/Users/bob",
            "/api/home/settings",
            "/home/index.html",
            "GET /Users/123",
            "GET /users/bob",
            "/home/linuxbrew/.linuxbrew/bin",
            "/Users/Shared/x",
            r"C:\Users\Public\x",
            r"C:\Users\All Users\x",
            r"C:\Users\%USERNAME%\x",
            "/root/x",
            "/homes/bob",
            "/home-bob/x",
            "/homebob",
            "Users/bob",
        ],
    );
}

#[test]
fn the_developers_own_home_is_found_wherever_it_is() {
    for (home, table) in [
        (
            "/srv/homes/alice",
            vec![
                ("in /srv/homes/alice/x", "in [redacted:home]/x"),
                ("in /srv/homes/alice", "in [redacted:home]"),
                ("/srv/homes/alice2/x", "/srv/homes/alice2/x"),
                ("/x/srv/homes/alice/x", "/x/srv/homes/alice/x"),
                ("file:///srv/homes/alice/x", "[redacted:home]/x"),
            ],
        ),
        (
            "/root",
            vec![
                ("/root/.cache", "[redacted:home]/.cache"),
                ("/rooted", "/rooted"),
            ],
        ),
        (
            r"D:\People\alice",
            vec![
                (r"d:\people\Alice\x", r"[redacted:home]\x"),
                ("D:/People/alice/x", "[redacted:home]/x"),
                ("/d/People/alice/x", "[redacted:home]/x"),
                ("/mnt/d/people/alice/x", "[redacted:home]/x"),
                (r"E:\People\alice\x", r"E:\People\alice\x"),
            ],
        ),
        // Directories that everybody has.
        ("/", vec![("/etc/x", "/etc/x")]),
        ("/app", vec![("/app/x", "/app/x")]),
        ("relative", vec![("relative/x", "relative/x")]),
    ] {
        let identity = Identity {
            home: Some(home.to_owned()),
            ..Identity::default()
        };
        check(&Sanitizer::new(&identity), &table);
    }
}

#[test]
fn paths_inside_the_workspace_become_relative() {
    check(
        &alice(),
        &[
            ("/srv/code/trail/src/main.rs", "src/main.rs"),
            ("at /srv/code/trail/src/main.rs:3", "at src/main.rs:3"),
            ("/srv/code/trail", "."),
            ("/srv/code/trail/", "./"),
            ("cd /srv/code/trail && x", "cd . && x"),
            ("in /srv/code/trail.", "in .."),
            ("file:///srv/code/trail/a.md", "a.md"),
            ("/srv/code/trail//a//b", "a//b"),
            ("\\/srv\\/code\\/trail\\/a", "a"),
            ("/srv/code/trail/**/*.rs", "**/*.rs"),
            ("/srv/code/trail/home/bob", "home/bob"),
            ("/srv/code/trail:/srv/code/trail/x", ".:x"),
        ],
    );
    check_untouched(
        &alice(),
        &[
            "/srv/code/trail-old/x",
            "/srv/code/trails",
            "/srv/code/trail.git",
            "/srv/code/other/x",
            "/mnt/srv/code/trail/x",
            "https://example.com/srv/code/trail/x",
            "srv/code/trail/x",
        ],
    );
}

#[test]
fn of_worktrees_inside_one_another_the_inner_counts() {
    let rules = Sanitizer::new(&Identity {
        home: Some("/home/alice".to_owned()),
        workspaces: vec![
            "/home/alice/t".to_owned(),
            "/home/alice/t/.worktrees/w".to_owned(),
            r"C:\code\t".to_owned(),
        ],
        ..Identity::default()
    });
    check(
        &rules,
        &[
            ("/home/alice/t/.worktrees/w/src/x", "src/x"),
            ("/home/alice/t/src/x", "src/x"),
            ("/home/alice/t/.worktrees/v/x", ".worktrees/v/x"),
            ("/home/alice/u/x", "[redacted:home]/u/x"),
            (r"c:\Code\T\src\x", r"src\x"),
            (r"C:\\code\\t\\src", "src"),
        ],
    );
}

#[test]
fn a_workspace_of_one_component_is_no_word_of_a_text() {
    let rules = Sanitizer::new(&Identity {
        workspaces: vec!["/app".to_owned(), "/".to_owned()],
        ..Identity::default()
    });
    check(&rules, &[("ran /app/src/x", "ran src/x"), ("/app", ".")]);
    check_untouched(
        &rules,
        &["the route /app is broken", "/apple/x", "/etc/passwd"],
    );
}

#[test]
fn words_that_a_path_stood_between_are_looked_at_again() {
    let rules = Sanitizer::new(&Identity {
        workspaces: vec!["/w/x".to_owned()],
        name: Some("Alice Archer".to_owned()),
        ..Identity::default()
    });
    check(&rules, &[("Alice /w/x/Archer", "[redacted:name]")]);
    assert_eq!(
        rules.line(r#"["Alice /w/x/Archer"]"#).unwrap(),
        r#"["[redacted:name]"]"#
    );
}
