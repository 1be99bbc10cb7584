//! Every window in every state.

use serde_json::{Value, json};

use crate::{answers, questions};

/// One of them.
#[derive(Clone)]
pub struct State {
    /// The name of its picture.
    pub name: &'static str,
    pub page: &'static str,
    /// What the shell answers to each command.
    pub answers: Value,
    /// What is done before the picture is taken: a script, in which `await at("selector")` gives an element once it is shown.
    pub act: &'static str,
    /// How large the page is.
    pub size: (u32, u32),
    /// How small its window can be made.
    pub least: (u32, u32),
}

fn consent(name: &'static str, answers: Value) -> State {
    State { name, page: "consent.html", answers, act: "", size: (480, 600), least: (380, 420) }
}

fn main(name: &'static str, answers: Value) -> State {
    State { name, page: "main.html", answers, act: "", size: (860, 600), least: (560, 400) }
}

/// Those that are looked at: all, or those whose name begins with `DOORWARD_STATES`.
pub fn chosen() -> Vec<State> {
    let wanted = std::env::var("DOORWARD_STATES").unwrap_or_default();
    all().into_iter().filter(|state| state.name.starts_with(&wanted)).collect()
}

/// In the order in which a reader would want them.
pub fn all() -> Vec<State> {
    use questions::asked;
    vec![
        consent("consent", asked(questions::connect())),
        State {
            act: "document.querySelectorAll('.unfold')[1].click(); document.getElementById('group-change').click();
                  document.getElementById('content').scrollTop = 170;",
            ..consent("consent-tools", asked(questions::connect()))
        },
        State {
            act: "document.getElementById('details').open = true; document.getElementById('content').scrollTop = 600;",
            ..consent("consent-details", asked(questions::linked()))
        },
        State {
            act: "document.getElementById('deny-more').disabled = false; document.getElementById('deny-more').click();",
            ..consent("consent-deny", questions::asked_among(questions::connect(), 2, 12, 4))
        },
        State { size: (480, 420), ..consent("consent-again", asked(questions::again())) },
        consent("consent-more", asked(questions::more())),
        consent("consent-other-program", asked(questions::other_program())),
        consent("consent-same-name", asked(questions::same_name())),
        consent("consent-look-alike", asked(questions::look_alike())),
        consent("consent-nobody", asked(questions::nobody())),
        consent("consent-cannot-tell", asked(questions::cannot_tell())),
        consent("consent-leaves", asked(questions::leaves())),
        consent("consent-scheme", with_handler(asked(questions::scheme()))),
        consent("consent-device", asked(questions::device())),
        consent("consent-nameless", asked(questions::nameless())),
        consent("consent-long", asked(questions::long())),
        consent("consent-call", asked(questions::call())),
        consent("consent-call-runs", asked(questions::call_that_runs())),
        consent("consent-call-links", asked(questions::call_with_links())),
        consent("consent-changed", asked(questions::changed())),
        consent("consent-new-server", asked(questions::new_server())),
        consent("consent-empty", json!({ "consent_state": { "question": null, "position": 0, "total": 0, "alike": 0 } })),
        State { size: (860, 1180), ..main("main-requests", answers::requests()) },
        main("main-requests-empty", answers::empty("requests")),
        State { size: (860, 1000), ..main("main-requests-long", answers::long("requests")) },
        main("main-paused", answers::paused()),
        main("main-apps", answers::page("apps")),
        State {
            act: "document.querySelector('#app-list [data-key^=\"tools\"]').click(); document.querySelector('.parts summary').click();",
            size: (860, 900),
            ..main("main-apps-tools", answers::page("apps"))
        },
        State {
            act: "document.querySelector('#app-list [data-key^=\"app \"]').click();",
            ..main("main-disconnect", answers::page("apps"))
        },
        main("main-apps-empty", answers::not_connected()),
        State { size: (860, 1000), ..main("main-apps-long", answers::long("apps")) },
        State { size: (860, 1180), ..main("main-servers", answers::page("servers")) },
        State {
            act: "document.querySelector('[data-key=\"matrix files\"]').click();",
            size: (860, 1380),
            ..main("main-servers-tools", answers::page("servers"))
        },
        State {
            act: "document.getElementById('go-add').click(); document.getElementById('add-kind-address').click();
                  for (const [id, text] of [['add-name', 'files'], ['add-url', 'http://127.0.0.1:3001/mcp']]) {
                    document.getElementById(id).value = text;
                  }
                  document.getElementById('add-submit').click();",
            ..main("main-server-added", answers::page("servers"))
        },
        State { size: (860, 1000), ..main("main-servers-long", answers::long("servers")) },
        main("main-welcome", answers::empty("servers")),
        State {
            act: "document.getElementById('welcome-add').click();
                  for (const [id, text] of [['add-name', 'files'], ['add-line', 'npx -y @modelcontextprotocol/server-filesystem ~/work']]) {
                    document.getElementById(id).value = text;
                  }
                  document.getElementById('add-variable').click(); document.getElementById('add-variable').click();
                  document.querySelector('.terminal').open = true; document.querySelector('main').scrollTop = 9000;",
            size: (860, 1000),
            ..main("main-add-command", answers::empty("servers"))
        },
        State { size: (860, 900), ..main("main-import", answers::page("import")) },
        main("main-import-empty", answers::nothing_to_import()),
        main("main-import-under-way", answers::import_under_way()),
        State {
            act: "document.getElementById('import-show').click();",
            size: (860, 900),
            ..main("main-import-changes", answers::page("import"))
        },
        State {
            act: "(await at('#import-show')).click(); (await at('#import-do')).click();",
            size: (860, 900),
            ..main("main-import-done", answers::page("import"))
        },
        State {
            act: "document.getElementById('go-import').click();
                  (await at('[data-key=\"undo zed\"]')).click();
                  (await at('#confirm-yes')).click();
                  await at('#undo-list .error');
                  document.querySelector('main').scrollTop = 900;",
            ..main("main-import-undo", answers::importing())
        },
        main("main-rules", answers::page("rules")),
        main("main-rules-empty", answers::empty("rules")),
        main("main-activity", answers::page("activity")),
        main("main-activity-empty", answers::empty("activity")),
        State { size: (860, 1100), ..main("main-settings", answers::page("settings")) },
        State {
            act: "const fold = await at('#policy-fold'); fold.open = true; await at('#policy-list > *'); fold.scrollIntoView();",
            size: (860, 1000),
            ..main("main-settings-policy", answers::page("settings"))
        },
        main("main-health", answers::page("health")),
        main("main-health-faults", answers::faults()),
    ]
}

/// The desktop knows a program for the links.
fn with_handler(mut answers: Value) -> Value {
    answers["consent_handler"] = json!(["Cursor", "/usr/share/cursor/cursor"]);
    answers
}
