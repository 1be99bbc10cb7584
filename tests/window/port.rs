//! The port is taken when the desktop app starts: it says by whom, and a person chooses. Nothing moves by itself.

use std::{fs, net::TcpListener};

use doorward_tests::{
    assistive::{press, read},
    desk::Desk,
    eventually,
    programs::Process,
};

const TITLE: &str = "Doorward cannot start";

/// The desktop app in front of a port that this test holds.
struct Taken {
    desk: Desk,
    holder: TcpListener,
}

impl Taken {
    /// With the port in `config.toml`.
    async fn configured(prepare: impl FnOnce(&Desk)) -> Self {
        let desk = Desk::new();
        let file = config(&desk);
        fs::create_dir_all(file.parent().expect("a folder")).expect("made");
        fs::write(file, format!("# mine\nport = {} # since May\nsound = false\n", desk.port)).expect("written");
        prepare(&desk);
        Self::started("127.0.0.1", desk, &[]).await
    }

    async fn started(held: &str, mut desk: Desk, arguments: &[&str]) -> Self {
        let holder = TcpListener::bind((held, desk.port)).expect("free");
        let mut command = desk.graphical(desk.program("doorward-desktop"));
        let app = Process::start(command.args(["--profile", &desk.profile, "--hidden"]).args(arguments));
        desk.pid = app.0.id();
        desk.app = Some(app);
        desk.on_screen(TITLE).await;
        Self { desk, holder }
    }

    /// All that the dialog says.
    async fn says(&self) -> String {
        eventually("the dialog is read", async || read(self.desk.pid).await).await.join("\n")
    }

    async fn until_it_says(&self, text: &str) -> String {
        eventually(&format!("the dialog says {text:?}"), async || Some(self.says().await).filter(|said| said.contains(text))).await
    }
}

/// The port in "Use port 8766 instead of 8765?".
fn proposed(said: &str) -> u16 {
    said.split("Use port ").nth(1).and_then(|rest| rest.split(' ').next()).and_then(|text| text.parse().ok()).expect("a port")
}

fn config(desk: &Desk) -> std::path::PathBuf {
    desk.home().join(".config/doorward").join(format!("profile-{}", desk.profile)).join("config.toml")
}

#[tokio::test(flavor = "multi_thread")]
async fn moment_12_who_holds_the_port_is_said_and_trying_again_starts_it_when_it_is_free() {
    let mut taken = Taken::configured(|_| {}).await;
    let port = taken.desk.port;
    let said = taken.says().await;
    assert!(said.contains(&format!("Port {port} is held by")) && said.contains(&format!("pid {}", std::process::id())), "{said}");
    assert!(said.contains("does not move to another one by itself"), "{said}");
    press(taken.desk.pid, "Try again").await;
    taken.until_it_says("is held by").await;
    assert!(taken.desk.status().is_none(), "it is still taken");

    drop(taken.holder);
    press(taken.desk.pid, "Try again").await;
    taken.desk.serving().await;
    let status = taken.desk.status().expect("runs");
    assert!(status.address.ends_with(&format!(":{port}")), "{status:?}");
    taken.desk.off_screen(TITLE).await;
    let text = fs::read_to_string(config(&taken.desk)).expect("reads");
    assert_eq!(text, format!("# mine\nport = {port} # since May\nsound = false\n"));
    assert_eq!(taken.desk.complaints().lines().filter(|line| !line.contains("is held by")).collect::<Vec<_>>(), Vec::<&str>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn moment_12_another_port_is_used_when_a_person_says_so_and_the_programs_files_follow() {
    let cursor = |port: u16| {
        format!(
            "{{\n  // mine\n  \"mcpServers\": {{\n    \"files\": {{ \"url\": \"http://localhost:{port}/mcp/files\" }}, // by hand\n    \"other\": {{ \"command\": \"npx\" }},\n  }}\n}}\n"
        )
    };
    let codex = |port: u16| format!("# mine\n[mcp_servers.files]\nurl = 'http://127.0.0.1:{port}/mcp/files'   # there\n");
    let mut taken = Taken::configured(|desk| {
        for (path, text) in
            [(".cursor/mcp.json", cursor(desk.port)), (".codex/config.toml", codex(desk.port)), (".gemini/settings.json", "{}".to_owned())]
        {
            let file = desk.home().join(path);
            fs::create_dir_all(file.parent().expect("a folder")).expect("made");
            fs::write(file, text).expect("written");
        }
    })
    .await;
    let (pid, port) = (taken.desk.pid, taken.desk.port);
    let file = |path: &str| fs::read_to_string(taken.desk.home().join(path)).expect("reads");

    press(pid, "Use another port…").await;
    let said = taken.until_it_says("These 2 files of your programs").await;
    assert!(said.contains("Cursor: files in") && said.contains(".cursor/mcp.json"), "{said}");
    assert!(said.contains("Codex: files in") && !said.contains("Gemini"), "{said}");
    press(pid, "Cancel").await;
    taken.until_it_says("is held by").await;
    assert_eq!((file(".cursor/mcp.json"), file(".codex/config.toml")), (cursor(port), codex(port)), "nothing was changed");

    press(pid, "Use another port…").await;
    let said = taken.until_it_says("instead of").await;
    let new = proposed(&said);
    assert!(new > port, "{said}");
    press(pid, &format!("Use port {new}")).await;
    taken.desk.serving().await;
    let status = taken.desk.status().expect("runs");
    assert!(status.address.ends_with(&format!(":{new}")), "{status:?}");
    let file = |path: &str| fs::read_to_string(taken.desk.home().join(path)).expect("reads");
    assert_eq!(fs::read_to_string(config(&taken.desk)).expect("reads"), format!("# mine\nport = {new} # since May\nsound = false\n"));
    assert_eq!((file(".cursor/mcp.json"), file(".codex/config.toml")), (cursor(new), codex(new)));
    assert_eq!(file(".gemini/settings.json"), "{}");
    drop(taken.holder);
}

#[tokio::test(flavor = "multi_thread")]
async fn moment_12_a_port_that_is_taken_while_the_dialog_is_open_changes_nothing() {
    let cursor = |port: u16| format!("{{ \"mcpServers\": {{ \"files\": {{ \"url\": \"http://127.0.0.1:{port}/mcp/files\" }} }} }}\n");
    let taken = Taken::configured(|desk| {
        fs::create_dir_all(desk.home().join(".cursor")).expect("made");
        fs::write(desk.home().join(".cursor/mcp.json"), cursor(desk.port)).expect("written");
    })
    .await;
    let (pid, port) = (taken.desk.pid, taken.desk.port);
    let before = fs::read_to_string(config(&taken.desk)).expect("reads");
    press(pid, "Use another port…").await;
    let said = taken.until_it_says("instead of").await;
    let new = proposed(&said);
    let _quicker = TcpListener::bind(("::1", new)).expect("free");
    press(pid, &format!("Use port {new}")).await;
    let said = taken.until_it_says("The port was not changed").await;
    assert!(said.contains(&format!("Port {new} is held by")), "{said}");
    press(pid, "Close").await;
    taken.until_it_says(&format!("Port {port} is held by")).await;
    assert_eq!(fs::read_to_string(taken.desk.home().join(".cursor/mcp.json")).expect("reads"), cursor(port));
    assert_eq!(fs::read_to_string(config(&taken.desk)).expect("reads"), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_port_that_was_given_at_the_start_is_not_changed_and_quitting_quits() {
    let desk = Desk::new();
    let port = desk.port.to_string();
    let mut taken = Taken::started("::1", desk, &["--port", &port]).await;
    let said = taken.says().await;
    assert!(said.contains(&format!("Doorward was started with --port {port}")) && !said.contains("Use another port"), "{said}");
    press(taken.desk.pid, "Quit").await;
    assert_eq!(taken.desk.ended().await.code(), Some(1));
    assert!(!config(&taken.desk).exists(), "nothing was written");
}
