//! A headless Chromium: opens pages, runs expressions in them, and hears their errors.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::devtools::DevTools;
use crate::process::{self, Running};
use crate::scratch::Scratch;

/// Tried in this order, on `PATH`.
const NAMES: &[&str] = &["chromium", "chromium-browser", "google-chrome"];

const FLAGS: &[&str] = &[
    "--headless",
    // Containers have no user namespaces for its sandbox; the pages are our own.
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--disable-breakpad",
    "--no-first-run",
    "--no-default-browser-check",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-extensions",
    "--window-size=1280,900",
    "--remote-debugging-port=0",
];

/// A running browser, closed when dropped.
pub struct Browser {
    tools: DevTools,
    running: Running,
}

/// One open page.
pub struct Page<'a> {
    browser: &'a mut Browser,
    session: String,
}

impl Browser {
    /// Starts a browser with a fresh profile in the scratch area.
    ///
    /// # Panics
    /// When none is installed, or it doesn't start within 30 seconds.
    pub fn start(scratch: &Scratch) -> Self {
        Self::start_with(scratch, &[])
    }

    /// Starts a browser that trusts certificates with this key: the base64 of the SHA-256 of its public half.
    ///
    /// # Panics
    /// As [`Browser::start`].
    pub fn trusting(scratch: &Scratch, key: &str) -> Self {
        let trust = format!("--ignore-certificate-errors-spki-list={key}");
        Self::start_with(scratch, &[&trust])
    }

    fn start_with(scratch: &Scratch, flags: &[&str]) -> Self {
        let program = find().unwrap_or_else(|| {
            panic!("no browser on PATH (looked for {NAMES:?}); on Debian: apt-get install chromium")
        });
        let profile = tempfile::Builder::new()
            .prefix("browser-")
            .tempdir_in(scratch.path())
            .expect("profile directory")
            .keep();
        let running = Running::start(
            scratch
                .env()
                .command(program)
                .args(FLAGS)
                .args(flags)
                .arg(format!("--user-data-dir={}", profile.display()))
                .arg("about:blank")
                .stdout(Stdio::null())
                .stderr(Stdio::null()),
        );
        let (port, path) = wait_for_port(&profile.join("DevToolsActivePort"));
        Self {
            tools: DevTools::connect(port, &path),
            running,
        }
    }

    /// Opens a page and waits until it has loaded.
    ///
    /// # Panics
    /// When it can't be loaded.
    #[track_caller]
    pub fn open(&mut self, url: &str) -> Page<'_> {
        let target = self.tools.call(
            None,
            "Target.createTarget",
            &json!({ "url": "about:blank" }),
        );
        let attached = self.tools.call(
            None,
            "Target.attachToTarget",
            &json!({ "targetId": target["targetId"], "flatten": true }),
        );
        let session = attached["sessionId"]
            .as_str()
            .expect("a session")
            .to_owned();
        // Before the address is opened, so that no early error is missed.
        for domain in ["Runtime.enable", "Log.enable", "Page.enable"] {
            self.tools.call(Some(&session), domain, &json!({}));
        }
        let mut page = Page {
            browser: self,
            session,
        };
        page.go(url);
        page
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            self.tools.call(None, "Browser.close", &json!({}));
            // One that doesn't obey is killed with `running`.
            process::wait(self.running.child(), Duration::from_secs(30));
        }
    }
}

impl Page<'_> {
    fn call(&mut self, method: &str, params: &Value) -> Value {
        self.browser.tools.call(Some(&self.session), method, params)
    }

    /// Goes to another address and waits until it has loaded.
    ///
    /// # Panics
    /// When it can't be loaded.
    #[track_caller]
    pub fn go(&mut self, url: &str) {
        let gone = self.call("Page.navigate", &json!({ "url": url }));
        assert!(
            gone["errorText"].is_null(),
            "{url} doesn't open: {}",
            gone["errorText"]
        );
        self.wait_for(
            "location.href !== 'about:blank' && document.readyState === 'complete'",
            Duration::from_secs(30),
        );
    }

    /// Evaluates a JavaScript expression (a promise is awaited) and returns its value.
    ///
    /// # Panics
    /// When it throws.
    #[track_caller]
    pub fn eval(&mut self, expression: &str) -> Value {
        let mut answer = self.call(
            "Runtime.evaluate",
            &json!({ "expression": expression, "returnByValue": true, "awaitPromise": true }),
        );
        let thrown = &answer["exceptionDetails"];
        assert!(thrown.is_null(), "`{expression}` throws: {thrown}");
        answer["result"]["value"].take()
    }

    /// Waits until an expression is true; returns how long that took.
    ///
    /// # Panics
    /// When it isn't within `limit`, with the page's text.
    #[track_caller]
    pub fn wait_for(&mut self, expression: &str, limit: Duration) -> Duration {
        let started = Instant::now();
        loop {
            if self.eval(&format!("Boolean({expression})")) == Value::Bool(true) {
                return started.elapsed();
            }
            if started.elapsed() >= limit {
                let text = self.text();
                panic!("not true within {limit:?}: {expression}\nthe page shows:\n{text}");
            }
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Returns the text that the page shows.
    #[track_caller]
    pub fn text(&mut self) -> String {
        let text = self.eval("document.body ? document.body.innerText : ''");
        text.as_str().unwrap_or_default().to_owned()
    }

    /// Returns console errors, uncaught exceptions and failed loads since the last call.
    pub fn problems(&mut self) -> Vec<String> {
        self.browser.tools.take_problems()
    }

    /// Returns what the page shows as a PNG.
    pub fn screenshot(&mut self) -> Vec<u8> {
        let shot = self.call("Page.captureScreenshot", &json!({ "format": "png" }));
        let text = shot["data"].as_str().expect("image data");
        data_encoding::BASE64
            .decode(text.as_bytes())
            .expect("base64")
    }
}

fn find() -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let dirs: Vec<PathBuf> = std::env::split_paths(&path).collect();
    NAMES
        .iter()
        .flat_map(|name| dirs.iter().map(move |dir| dir.join(name)))
        .map(|file| file.with_extension(std::env::consts::EXE_EXTENSION))
        .find(|file| file.is_file())
}

/// The browser writes its port and its endpoint's path there once it listens.
fn wait_for_port(file: &Path) -> (u16, String) {
    let end = Instant::now() + Duration::from_secs(30);
    while Instant::now() < end {
        let text = std::fs::read_to_string(file).unwrap_or_default();
        if let Some((port, path)) = text.trim_end().split_once('\n') {
            return (port.parse().expect("a port"), path.to_owned());
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    panic!("the browser didn't start within 30 seconds")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_read_and_its_errors_are_heard() {
        let scratch = Scratch::new();
        let mut browser = Browser::start(&scratch);
        let mut page = browser.open(
            "data:text/html,<p id=p>one</p><script>setTimeout(()=>{p.textContent='two'},50)</script>",
        );
        page.wait_for("p.textContent === 'two'", Duration::from_secs(30));
        assert_eq!(page.text(), "two");
        assert_eq!(page.problems(), Vec::<String>::new());
        assert!(page.screenshot().starts_with(b"\x89PNG"));
        page.eval("console.error('bad', 7); setTimeout(() => { throw new Error('worse') }, 0); 1");
        let heard = std::iter::repeat_with(|| page.problems())
            .take(50)
            .flatten()
            .take(2)
            .collect::<Vec<_>>();
        assert_eq!(heard[0], "console: bad 7");
        assert!(heard[1].contains("worse"), "{heard:?}");
    }
}
