//! The desktop app under WebDriver: a person's eyes and hands in its windows.

use std::time::Duration;

use doorward_tests::{
    desk::Desk,
    eventually,
    screen::{CONSENT, MAIN, OnScreen},
    webdriver::Driver,
    without_isolation,
};
use fantoccini::{Client, Locator, elements::Element};
use serde_json::{Value, json};

/// The desktop app, started by WebKitWebDriver.
pub struct Driven {
    pub desk: Desk,
    session: Client,
    _driver: Driver,
}

/// How the consent window was at one moment.
#[derive(Debug)]
pub struct Moment {
    /// In milliseconds.
    pub at: f64,
    pub sentence: String,
    pub enabled: bool,
    pub focused: bool,
}

impl Driven {
    /// Started for the first time, so that its main window is open.
    pub async fn first_start() -> Self {
        Self::first_start_at(Desk::new()).await
    }

    /// The same at a desk that was made ready for it.
    pub async fn first_start_at(mut desk: Desk) -> Self {
        let driver = Driver::start(&desk).await;
        let begun = tokio::time::timeout(Duration::from_secs(30), driver.session(&desk)).await.expect("a window, which a session needs");
        let session = begun.expect("a session");
        desk.serving().await;
        desk.on_screen(MAIN).await;
        Self { desk, session, _driver: driver }
    }

    /// In use: it guards a server, and its main window was closed.
    pub async fn start() -> Self {
        Self::in_use(Desk::new()).await
    }

    /// The same at a desk that was made ready for it.
    pub async fn in_use(desk: Desk) -> Self {
        let this = Self::first_start_at(desk).await;
        this.desk.guard("everything", "http://127.0.0.1:9/mcp");
        this.desk.on_screen(MAIN).await.close();
        this.desk.off_screen(MAIN).await;
        this
    }

    /// Looks at the main window.
    pub async fn look_at_main(&self) -> OnScreen {
        self.look_at("main.html").await;
        self.desk.on_screen(MAIN).await
    }

    /// Looks at the consent window, once it shows a question.
    pub async fn look_at_consent(&self) -> OnScreen {
        self.look_at("consent.html").await;
        eventually("the consent window shows a question", async || self.text("#sentence").await.filter(|text| !text.is_empty())).await;
        self.desk.on_screen(CONSENT).await
    }

    /// Looks at the window with this page.
    pub async fn look_at(&self, page: &str) {
        eventually(&format!("a window with {page}"), async || {
            for window in self.session.windows().await.ok()? {
                let looks = self.session.switch_to_window(window).await.is_ok();
                if looks && self.session.current_url().await.is_ok_and(|url| url.path().ends_with(page)) {
                    return Some(());
                }
            }
            None
        })
        .await;
    }

    /// An element of the page.
    pub async fn element(&self, css: &str) -> Option<Element> {
        self.session.find(Locator::Css(css)).await.ok()
    }

    /// What an element shows; nothing when it is hidden.
    pub async fn text(&self, css: &str) -> Option<String> {
        self.element(css).await?.text().await.ok().map(|text| without_isolation(&text))
    }

    /// Waits until an element shows this text.
    pub async fn until_text(&self, css: &str, text: &str) {
        eventually(&format!("{css} shows {text:?}"), async || (self.text(css).await? == text).then_some(())).await;
    }

    /// Whether a button can be seen and pressed.
    pub async fn is_enabled(&self, css: &str) -> bool {
        match self.element(css).await {
            Some(element) => element.is_displayed().await.unwrap_or(false) && element.is_enabled().await.unwrap_or(false),
            None => false,
        }
    }

    /// The middle of an element, as the mouse finds it in its window.
    pub async fn place_of(&self, css: &str) -> (i64, i64) {
        let middle = self
            .script(&format!(
                "const box = document.querySelector('{css}').getBoundingClientRect();
                return [box.left + box.width / 2, box.top + box.height / 2].map(Math.round);"
            ))
            .await;
        (middle[0].as_i64().expect("a number"), middle[1].as_i64().expect("a number"))
    }

    /// Waits until a button can be pressed.
    pub async fn until_enabled(&self, css: &str) {
        eventually(&format!("{css} can be pressed"), async || self.is_enabled(css).await.then_some(())).await;
    }

    /// Presses a button once it can be pressed. The window may be gone before WebDriver has finished: that is what the
    /// button is for.
    pub async fn press(&self, css: &str) {
        self.until_enabled(css).await;
        // WebDriver does not scroll what scrolls within the page.
        self.script(&format!("document.querySelector({css:?})?.scrollIntoView({{ block: 'nearest' }})")).await;
        match self.element(css).await.expect("there").click().await {
            Err(error) if !error.is_no_such_window() => panic!("{css}: {error}"),
            _ => {}
        }
    }

    /// Types into a field of the page.
    pub async fn fill(&self, css: &str, text: &str) {
        self.element(css).await.expect("there").send_keys(text).await.expect("typed");
    }

    /// Empties a field.
    pub async fn clear(&self, css: &str) {
        self.element(css).await.expect("there").clear().await.expect("emptied");
    }

    /// What stands in a field.
    pub async fn value(&self, css: &str) -> String {
        self.element(css).await.expect("there").prop("value").await.expect("read").unwrap_or_default()
    }

    /// What stands in a field, if it is there.
    pub async fn value_of(&self, css: &str) -> Option<String> {
        self.element(css).await?.prop("value").await.ok().flatten()
    }

    /// Notes in the page what changes about Allow, from now on: WebDriver is too slow to see it.
    pub async fn watch_allow(&self) {
        self.script(
            "window.moments = [];
            const note = () => moments.push({
                at: performance.now(),
                sentence: document.getElementById('sentence').textContent,
                enabled: !document.getElementById('allow').disabled,
                focused: document.hasFocus(),
            });
            new MutationObserver(note).observe(document, { subtree: true, childList: true, attributes: true });
            addEventListener('focus', note);
            addEventListener('blur', note);",
        )
        .await;
    }

    /// What was noted.
    pub async fn moments_of_allow(&self) -> Vec<Moment> {
        let noted = self.script("return window.moments").await;
        let moment = |noted: &Value| {
            Some(Moment {
                at: noted["at"].as_f64()?,
                sentence: without_isolation(noted["sentence"].as_str()?),
                enabled: noted["enabled"].as_bool()?,
                focused: noted["focused"].as_bool()?,
            })
        };
        noted.as_array().expect("watched").iter().map(|noted| moment(noted).expect("complete")).collect()
    }

    /// Runs a script in the page and gives its value.
    pub async fn script(&self, text: &str) -> Value {
        self.session.execute(text, vec![]).await.expect("runs")
    }

    /// Fetches an address from the page: its status, or why not.
    pub async fn fetch(&self, url: &str) -> Result<Value, String> {
        self.promised("fetch(input).then((answer) => answer.status)", json!(url)).await
    }

    /// Calls a command of the shell from the page: what it gives, or why it was refused.
    pub async fn invoke(&self, command: &str, arguments: Value) -> Result<Value, String> {
        self.promised("window.__TAURI__.core.invoke(input.command, input.arguments)", json!({ "command": command, "arguments": arguments }))
            .await
    }

    /// Waits for what an expression promises about `input`.
    async fn promised(&self, expression: &str, input: Value) -> Result<Value, String> {
        let script = format!(
            "const [input, done] = arguments;
            ({expression}).then((ok) => done({{ ok }}), (error) => done({{ error: String(error) }}));"
        );
        let outcome = self.session.execute_async(&script, vec![input]).await.expect("runs");
        match outcome.get("error") {
            Some(error) => Err(error.as_str().expect("text").to_owned()),
            None => Ok(outcome["ok"].clone()),
        }
    }
}
