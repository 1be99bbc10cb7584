//! Pages of a client's maker.

use std::{fs, os::unix::fs::PermissionsExt};

use doorward_tests::{caller::Caller, desk::Desk, eventually};
use serde_json::json;

use crate::driven::Driven;

/// SEC-U1: a page is opened that the question names, with the program that opens web pages, and only over https.
#[tokio::test(flavor = "multi_thread")]
async fn sec_u1_only_https_pages_of_the_registration_are_opened_and_their_host_is_shown() {
    let mut desk = Desk::new();
    let (folder, opened) = (desk.home().join("bin"), desk.home().join("opened"));
    fs::create_dir_all(&folder).expect("a folder");
    let browser = folder.join("xdg-open");
    fs::write(&browser, format!("#!/bin/sh\nprintf '%s\\n' \"$@\" >>'{}'\n", opened.display())).expect("written");
    fs::set_permissions(&browser, fs::Permissions::from_mode(0o755)).expect("executable");
    desk.with_variable("PATH", &format!("{}:{}", folder.display(), std::env::var("PATH").expect("a path")));
    let desktop = Driven::in_use(desk).await;

    let pages = json!({
        "client_uri": "https://example.com/about?a=1&b=2",
        "policy_uri": "http://example.com/privacy",
        "tos_uri": "https://ex\u{430}mple.com/terms",
        "logo_uri": "https://example.com/logo.png",
    });
    let caller = Caller::register_with(desktop.desk.port, "Journey", pages).await;
    let _asked = caller.ask().await;
    desktop.look_at_consent().await;
    desktop.press("#details summary").await;
    let shown = desktop.text("#detail-list").await.expect("details");
    assert!(shown.contains("Open its home page at example.com"), "{shown}");
    assert!(shown.contains("Open its terms at xn--exmple-4nf.com"), "a letter that looks like another one: {shown}");
    assert!(!shown.contains("privacy policy"), "it is not https: {shown}");
    desktop.press("#detail-list .link").await;
    eventually("the page is opened", async || fs::read_to_string(&opened).ok()).await;
    assert_eq!(fs::read_to_string(&opened).expect("opened"), "https://example.com/about?a=1&b=2\n");

    let id = desktop.desk.requests()[0].id;
    let refused = desktop.invoke("consent_open", json!({ "id": id, "to": "policy" })).await;
    assert!(refused.is_err(), "a page can be opened only if the question names it");
    assert!(desktop.invoke("consent_open", json!({ "id": id, "to": "https://example.org/" })).await.is_err());
    assert_eq!(fs::read_to_string(&opened).expect("opened").lines().count(), 1);
}
