//! Where pages are shown: WebKitGTK's own browser, and a server that gives it the files of `ui/` and the shell's answers.

use std::{fs, path::Path, process::Command, sync::Arc, time::Duration};

use axum::{
    Router,
    extract::{Path as UrlPath, State as Shared},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use doorward_tests::{eventually, free_port, programs, programs::Process};
use doorward_words::Language;
use fantoccini::{Client, ClientBuilder, wd::Capabilities};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::{net::TcpStream, sync::Mutex};

use crate::states::State;

/// The browser that comes with WebKitGTK.
const BROWSERS: [&str; 2] =
    ["/usr/lib/x86_64-linux-gnu/webkit2gtk-4.1/MiniBrowser", "/usr/lib/aarch64-linux-gnu/webkit2gtk-4.1/MiniBrowser"];
/// When it is in every picture: 21 November 2026, 14:10.
const NOW: i64 = 1_795_270_200;

/// How a picture is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Look {
    pub dark: bool,
    /// Whether the desktop is set to high contrast.
    pub contrast: bool,
    /// Dots for each pixel of the page.
    pub scale: u32,
}

impl Look {
    pub const LIGHT: Self = Self { dark: false, contrast: false, scale: 1 };
    pub const DARK: Self = Self { dark: true, ..Self::LIGHT };

    /// The same on a fine screen.
    pub const fn fine(self) -> Self {
        Self { scale: 2, ..self }
    }

    /// The same in high contrast.
    pub const fn in_contrast(self) -> Self {
        Self { contrast: true, ..self }
    }

    /// The toolkit's theme, which the engine asks.
    const fn theme(self) -> &'static str {
        match (self.contrast, self.dark) {
            (false, false) => "Adwaita",
            (false, true) => "Adwaita:dark",
            (true, false) => "HighContrast",
            (true, true) => "HighContrast:dark",
        }
    }
}

/// What the page is about to show.
#[derive(Default)]
struct Stand {
    script: String,
}

/// A browser with one window.
pub struct Stage {
    session: Client,
    stand: Arc<Mutex<Stand>>,
    port: u16,
    _home: TempDir,
    _driver: Process,
}

impl Stage {
    /// Opens one.
    pub async fn open(look: Look) -> Self {
        assert!(std::env::var_os("DISPLAY").is_some(), "there is no screen: run this through scripts/headless.sh");
        let stand = Arc::<Mutex<Stand>>::default();
        let port = serve(stand.clone()).await;
        let home = TempDir::new().expect("a folder");
        let driver_port = free_port();
        let mut driver = programs::isolated(Path::new("WebKitWebDriver"), home.path());
        driver.arg(format!("--port={driver_port}")).env("GDK_SCALE", look.scale.to_string()).env("TZ", "UTC");
        driver.env("GTK_THEME", look.theme());
        let driver = Process::start(&mut driver);
        eventually("WebKitWebDriver listens", async || TcpStream::connect(("127.0.0.1", driver_port)).await.ok()).await;
        let browser = BROWSERS.into_iter().find(|path| Path::new(path).exists()).expect("MiniBrowser (libwebkit2gtk-4.1-0) is there");
        let options = json!({ "binary": browser, "args": ["--automation"] });
        let capabilities: Capabilities = [("webkitgtk:browserOptions".to_owned(), options)].into_iter().collect();
        let mut builder = ClientBuilder::new(HttpConnector::new());
        builder.capabilities(capabilities);
        let session = builder.connect(&format!("http://127.0.0.1:{driver_port}")).await.expect("a browser");
        Self { session, stand, port, _home: home, _driver: driver }
    }

    /// Shows a state in a language, in a window whose page is so large.
    pub async fn show(&self, state: &State, language: Language, size: (u32, u32)) {
        self.fit(size).await;
        let words = json!({
            "language": language.tag(),
            "locale": if language == Language::German { "de-DE" } else { "en-GB" },
            "direction": language.direction().as_str(),
            "messages": language.messages(),
        });
        self.stand.lock().await.script = script(&state.answers, &words);
        self.session.goto(&format!("http://127.0.0.1:{}/{}", self.port, state.page)).await.expect("shown");
        eventually(&format!("{} is drawn", state.name), async || {
            self.script("return window.drawn === true").await.as_bool().filter(|it| *it)
        })
        .await;
        self.act(state.act).await;
        // Fonts, and what follows the first drawing. A page that stands still is given no frames.
        self.settled().await;
    }

    /// Does what a state's script says, and waits for its end.
    async fn act(&self, script: &str) {
        let whole = format!(
            "const done = arguments[arguments.length - 1];
             const at = (css) => new Promise((found, failed) => {{
               const look = (tries) => {{
                 const element = document.querySelector(css);
                 if (element?.getClientRects().length > 0) found(element);
                 else if (tries === 0) failed(`${{css}} is not shown`);
                 else setTimeout(look, 10, tries - 1);
               }};
               look(1000);
             }});
             (async () => {{ {script} }})().then(() => done(null), (error) => done(String(error)));"
        );
        let error = self.script_until_done(&whole, vec![]).await;
        assert!(error.is_null(), "{script}: {error}");
    }

    /// Makes the page so large, and its text so many percent of what it usually is.
    pub async fn resize(&self, size: (u32, u32), text: u32) {
        self.fit(size).await;
        self.script(&format!("document.documentElement.style.fontSize = '{text}%'")).await;
    }

    /// From now on the shell answers something else to a command, and says that something changed.
    pub async fn changes(&self, command: &str, answer: &Value) {
        self.script(&format!("window.answered[{command:?}] = {answer}; window.news({{}})")).await;
        self.settled().await;
    }

    /// What the page asked the shell for with this command, in order: what it gave with it.
    pub async fn asked(&self, command: &str) -> Vec<Value> {
        let asked = self.script(&format!("return window.asked.filter(([name]) => name === {command:?}).map(([, given]) => given)")).await;
        asked.as_array().expect("a list").clone()
    }

    /// Runs a script in the page and gives its value.
    pub async fn script(&self, text: &str) -> Value {
        self.session.execute(text, vec![]).await.expect("runs")
    }

    /// Waits for what a script hands to its last argument.
    pub async fn script_until_done(&self, text: &str, arguments: Vec<Value>) -> Value {
        self.session.execute_async(text, arguments).await.expect("runs")
    }

    /// A picture of the page, as PNG. The engine takes it when it draws, and a page that stands still it does not draw.
    pub async fn picture(&self) -> Vec<u8> {
        self.script(
            "const dot = document.createElement('i');
             Object.assign(dot.style, { position: 'fixed', bottom: '0', left: '0', width: '1px', height: '1px', background: 'currentcolor' });
             document.body.append(dot);
             dot.animate([{ opacity: 0 }, { opacity: 0.004 }], { duration: 200, iterations: Infinity });",
        )
        .await;
        self.session.screenshot().await.expect("a picture")
    }

    async fn settled(&self) {
        let done = "const [done] = arguments, wait = () => window.drawn ? done() : setTimeout(wait, 20);
             document.fonts.ready.then(() => setTimeout(wait, 100));";
        self.session.execute_async(done, vec![]).await.expect("runs");
    }

    /// The window gets larger than its page by what the browser puts around it.
    async fn fit(&self, (width, height): (u32, u32)) {
        for _ in 0..4 {
            let inner = self.script("return [innerWidth, innerHeight]").await;
            let is = |at: usize| u32::try_from(inner[at].as_u64().expect("a number")).expect("fits");
            if (is(0), is(1)) == (width, height) {
                return;
            }
            let (outer_width, outer_height) = self.session.get_window_size().await.expect("a size");
            let wanted = |outer: u64, inner: u32, wanted: u32| u32::try_from(outer).expect("fits").saturating_sub(inner) + wanted;
            let (new_width, new_height) = (wanted(outer_width, is(0), width), wanted(outer_height, is(1), height));
            self.session.set_window_size(new_width, new_height).await.expect("sized");
            tokio::time::sleep(Duration::from_millis(150)).await;
        }
    }

    /// Ends the browser.
    pub async fn close(self) {
        let _ = self.session.close().await;
    }
}

/// What stands in for the shell. The clock stands still.
fn script(answers: &Value, words: &Value) -> String {
    format!(
        "window.DOORWARD_WORDS = {words};
        const answers = {answers}, RealDate = Date, now = {NOW} * 1000;
        window.answered = answers;
        window.asked = [];
        // Nothing was asked for a while, so what was answered is in the page.
        let quiet;
        const realTimeout = window.setTimeout;
        window.Date = class extends RealDate {{
          constructor(...given) {{ super(...(given.length === 0 ? [now] : given)); }}
          static now() {{ return now; }}
        }};
        window.__TAURI__ = {{
          core: {{
            invoke: async (command, given) => {{
              window.asked.push([command, given]);
              if (!(command in answers)) return null;
              window.drawn = false;
              clearTimeout(quiet);
              quiet = realTimeout(() => {{ window.drawn = true; }}, 40);
              return structuredClone(answers[command]);
            }},
          }},
          event: {{ listen: async (_, heard) => {{ window.news = heard; return () => undefined; }} }},
        }};
        document.hasFocus = () => true;
        // The pause before Allow works is not waited for.
        window.setTimeout = (action, after, ...given) => realTimeout(action, after === 700 ? 0 : after, ...given);"
    )
}

async fn serve(stand: Arc<Mutex<Stand>>) -> u16 {
    let app = Router::new().route("/stand.js", get(stand_script)).route("/axe.js", get(axe)).route("/{*path}", get(file)).with_state(stand);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("bound").port();
    tokio::spawn(async move { axum::serve(listener, app).await });
    port
}

async fn stand_script(Shared(stand): Shared<Arc<Mutex<Stand>>>) -> Response {
    ([(header::CONTENT_TYPE, "text/javascript")], stand.lock().await.script.clone()).into_response()
}

/// The rules that [`crate::access`] looks with.
async fn axe() -> Response {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("clients/node_modules/axe-core/axe.min.js");
    let found = fs::read_to_string(path).map(|text| ([(header::CONTENT_TYPE, "text/javascript")], text));
    found.map_err(|_| StatusCode::NOT_FOUND).into_response()
}

/// The files as they are shipped, with the same policy; a page first meets what stands in for the shell.
async fn file(UrlPath(path): UrlPath<String>) -> Response {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let Ok(mut text) = fs::read_to_string(root.join("ui").join(&path)) else { return StatusCode::NOT_FOUND.into_response() };
    let kind = match path.rsplit('.').next() {
        Some("html") => "text/html; charset=utf-8",
        Some("css") => "text/css",
        _ => "text/javascript",
    };
    let config: Value = serde_json::from_slice(&fs::read(root.join("tauri.conf.json")).expect("readable")).expect("JSON");
    let policy = config["app"]["security"]["csp"].as_str().expect("a policy").to_owned();
    text = text.replacen("<script type=\"module\"", "<script src=\"/stand.js\"></script><script type=\"module\"", 1);
    ([(header::CONTENT_TYPE, kind.to_owned()), (header::CONTENT_SECURITY_POLICY, policy)], text).into_response()
}

/// Fails when a program is missing on this computer.
pub fn needs(program: &str) {
    assert!(Command::new(program).arg("-version").output().is_ok(), "{program} is missing: scripts/setup.sh test");
}
