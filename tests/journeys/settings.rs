//! What a person set, shown and changed: in `config.toml`, which stays theirs.

use doorward_broker::{
    broker::{Preferences, SettingView},
    config::Language,
    config_file::SettingError,
};
use doorward_tests::{
    doorward::{Doorward, GENEROUS},
    person::Habit,
    session::{Keyring, Session},
};
use serde_json::{Value, json};

async fn setting(doorward: &Doorward, key: &str) -> SettingView {
    let settings = doorward.broker.settings().await.expect("reads");
    settings.into_iter().find(|setting| setting.key == key).expect("there")
}

#[tokio::test]
async fn what_people_prefer_holds_at_once_and_what_lets_others_in_after_a_restart() {
    let doorward = Doorward::with(Habit::Allows, &format!("# mine\nallow_containers = false # no\n{GENEROUS}")).await;
    let mut changes = doorward.broker.changes();
    changes.borrow_and_update();
    assert_eq!(doorward.broker.preferences(), Preferences { sound: false, notifications: true, language: Language::System });
    let sound = doorward.broker.set_setting("sound", json!(true)).await.expect("set");
    assert!(sound.value == json!(true) && sound.in_force == Some(json!(true)) && sound.at_once && !sound.after_restart, "{sound:?}");
    doorward.broker.set_setting("language", json!("de")).await.expect("set");
    assert_eq!(doorward.broker.preferences(), Preferences { sound: true, notifications: true, language: Language::De });
    assert!(changes.has_changed().expect("open"), "windows are told");
    let containers = doorward.broker.set_setting("allow_containers", json!(true)).await.expect("set");
    assert!(containers.in_force == Some(json!(false)) && containers.after_restart && !containers.at_once, "{containers:?}");
    assert!(!doorward.broker.config().allow_containers);
    let origins = doorward.broker.set_setting("allowed_origins", json!(["http://localhost:6274"])).await.expect("set");
    assert!(origins.after_restart && origins.default == json!([]), "{origins:?}");
    let file = doorward.places().config.join("config.toml");
    let text = std::fs::read_to_string(&file).expect("reads");
    assert!(text.starts_with("# mine\nallow_containers = true # no\n") && text.contains(GENEROUS), "{text}");
    let refused = doorward.broker.set_setting("port", json!("http")).await;
    assert!(matches!(refused, Err(SettingError::Bad(_))), "{refused:?}");
    assert!(matches!(doorward.broker.set_setting("prot", json!(1)).await, Err(SettingError::Unknown(_))));
    assert_eq!(std::fs::read_to_string(&file).expect("reads"), text);
    let (folder, keyring, port) = doorward.stop().await;
    let doorward = Doorward::open(folder, keyring, port, Habit::Allows).await.expect("starts with it");
    assert!(doorward.broker.config().allow_containers && doorward.broker.preferences().sound);
    let containers = setting(&doorward, "allow_containers").await;
    assert!(containers.in_force == Some(json!(true)) && !containers.after_restart, "{containers:?}");
    assert_eq!(setting(&doorward, "port").await.in_force, Some(json!(port)));
}

#[test]
fn the_command_shows_and_changes_settings_whether_doorward_runs_or_not() {
    let session = Session::with(Keyring::Unlocked);
    let file = session.home().join(".config/doorward/config.toml");
    let json_of = |arguments: &[&str]| -> Value { serde_json::from_slice(&session.doorward(arguments).stdout).expect("JSON") };
    let of =
        |key: &str| json_of(&["settings", "--json"]).as_array().expect("a list").iter().find(|it| it["key"] == key).cloned().expect(key);
    assert_eq!((&of("notifications")["value"], &of("notifications")["in_force"]), (&json!(true), &Value::Null));
    assert_eq!(of("language")["choices"], json!(["system", "en", "de"]));
    assert!(!file.exists(), "looking makes nothing");
    assert!(session.doorward(&["settings", "set", "port", "9123"]).status.success(), "also where it cannot start");
    assert_eq!(std::fs::read_to_string(&file).expect("reads"), "port = 9123\n");
    let port = doorward_tests::free_port();
    let _broker = crate::cli::serve(&session, port);
    let shown = String::from_utf8(session.doorward(&["settings"]).stdout).expect("text");
    assert!(shown.contains("after a restart; now") && shown.contains("allowed_origins"), "{shown}");
    assert_eq!(session.doorward(&["settings", "set", "sound", "on"]).status.code(), Some(4), "no terminal");
    let at_a_terminal = |arguments: &[&str]| crate::cli::at_a_terminal(&session, arguments, "");
    assert!(at_a_terminal(&["settings", "set", "sound", "on"]).contains("sound is true"));
    assert!(at_a_terminal(&["settings", "set", "allowed_origins", "http://localhost:6274"]).contains("after a restart of Doorward"));
    assert!(at_a_terminal(&["settings", "set", "language", "fr"]).contains("language is one of these: system, en, de."));
    assert_eq!(of("sound")["in_force"], json!(true));
    assert_eq!(of("allowed_origins")["in_force"], json!([]));
    let text = std::fs::read_to_string(&file).expect("reads");
    assert_eq!(text, "port = 9123\nsound = true\nallowed_origins = [\"http://localhost:6274\"]\n");
}
