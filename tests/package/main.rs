//! The Debian package as a person gets it, unpacked into an empty folder: it starts, asks, is answered through the
//! accessibility interface, and cannot be driven by another program.

use std::{
    fs,
    path::PathBuf,
    process::Command,
    time::{Duration, Instant},
};

use doorward_tests::{
    assistive::Person,
    caller::Caller,
    desk::Desk,
    eventually,
    flow::param,
    screen::{CONSENT, MAIN, OnScreen},
    webdriver::Driver,
};
use tempfile::TempDir;

/// The package's files.
struct Unpacked(TempDir);

impl Unpacked {
    fn new() -> Self {
        let packages =
            std::env::var_os("DOORWARD_PACKAGE_DIR").map(PathBuf::from).expect("DOORWARD_PACKAGE_DIR says where the packages are");
        let entries = fs::read_dir(&packages).unwrap_or_else(|error| panic!("{}: {error}: run make package", packages.display()));
        let debs: Vec<PathBuf> =
            entries.map(|entry| entry.expect("an entry").path()).filter(|path| path.extension().is_some_and(|e| e == "deb")).collect();
        let [deb] = &debs[..] else { panic!("one .deb is expected in {}: {debs:?}", packages.display()) };
        let root = TempDir::new().expect("a folder");
        let extracted = Command::new("dpkg-deb").arg("--extract").arg(deb).arg(root.path()).status().expect("dpkg-deb");
        assert!(extracted.success());
        Self(root)
    }

    fn path(&self, inside: &str) -> PathBuf {
        self.0.path().join(inside)
    }

    fn desk(&self) -> Desk {
        Desk::with_programs_in(Some(self.path("usr/bin")))
    }
}

#[test]
fn it_holds_both_programs_and_what_belongs_to_them() {
    let package = Unpacked::new();
    for program in ["doorward", "doorward-desktop"] {
        let version = Command::new(package.path("usr/bin").join(program)).arg("--version").output().expect("runs");
        assert_eq!(String::from_utf8_lossy(&version.stdout).trim(), format!("{program} {}", env!("CARGO_PKG_VERSION")));
        assert!(package.path(&format!("usr/share/man/man1/{program}.1.gz")).exists());
    }
    for file in ["copyright", "changelog.gz", "THIRD-PARTY.md.gz"] {
        assert!(package.path("usr/share/doc/doorward").join(file).exists(), "{file}");
    }
    let entry = fs::read_to_string(package.path("usr/share/applications/Doorward.desktop")).expect("an entry in the menu");
    assert!(entry.lines().any(|line| line == "Exec=doorward-desktop"), "{entry}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_allows_through_the_accessibility_interface() {
    let package = Unpacked::new();
    let mut desk = package.desk();
    desk.start_hidden().await;
    desk.guard("everything", "http://127.0.0.1:9/mcp");
    let caller = Caller::register(desk.port, "Journey").await;
    let asked = caller.ask().await;
    let window = desk.on_screen(CONSENT).await;

    let mut person = Person::who_wants_to_allow(desk.pid);
    person.sees_it_disabled().await;
    assert!(asked.waits());
    let focused = Instant::now();
    window.focus();
    person.presses().await;
    assert!(focused.elapsed() >= Duration::from_millis(690), "it waits a moment with the focus");

    let code = param(&asked.sent_to().await, "code").expect("a code");
    caller.redeem(&code).await;
    desk.off_screen(CONSENT).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_other_program_can_drive_its_windows() {
    let package = Unpacked::new();
    let mut desk = package.desk();
    let driver = Driver::start(&desk).await;
    let mut session = Box::pin(driver.session(&desk));
    let window = async {
        let pid = eventually("it serves", async || desk.status()).await.pid;
        eventually("its window", async || OnScreen::find(pid, MAIN)).await
    };
    // A session begins with the first window. Here is one, and no session.
    tokio::select! {
        _ = window => {}
        begun = &mut session => panic!("it was {}", if begun.is_ok() { "driven" } else { "not started by the driver" }),
    }
    let begun = tokio::time::timeout(Duration::from_secs(3), session).await;
    assert!(!matches!(begun, Ok(Ok(_))), "it was driven");
    desk.serving().await;
}
