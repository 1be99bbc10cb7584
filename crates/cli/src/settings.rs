//! `doorward settings`, `doorward settings set`

use doorward_broker::{
    broker::SettingView,
    config_file::{Setting, SettingError},
    control::{Command, Reply},
};
use serde_json::Value;

use crate::{
    call::{Doorward, unexpected},
    exit::{Code, Failure, Outcome},
    print,
};

/// Lists the settings: those of a running Doorward, or what the file says.
pub(crate) async fn list(doorward: &Doorward, json: bool) -> Outcome {
    let settings = match doorward.call(Command::Settings).await {
        Ok(Reply::Settings(settings)) => settings,
        Ok(other) => return Err(unexpected(&other)),
        Err(failure) if failure.is(Code::NotRunning) => {
            let file = doorward.places().config_file().read().map_err(Failure::failed)?;
            Setting::all().map(|setting| SettingView::of(setting, &file, None)).collect()
        }
        Err(failure) => return Err(failure),
    };
    if json {
        return print::json(&settings);
    }
    let row = |setting: &SettingView| {
        let note = if setting.after_restart {
            format!("after a restart; now {}", shown(setting.in_force.as_ref().unwrap_or(&Value::Null)))
        } else if setting.value == setting.default {
            "default".to_owned()
        } else {
            String::new()
        };
        vec![setting.key.clone(), shown(&setting.value), note]
    };
    print::table(&["SETTING", "VALUE", "NOTE"], &settings.iter().map(row).collect::<Vec<_>>())
}

/// Changes one setting, and shows it.
pub(crate) async fn set(doorward: &Doorward, key: String, value: String, json: bool) -> Outcome {
    let setting = change(doorward, &key, Value::String(value)).await?;
    if json {
        return print::json(&setting);
    }
    let when = if setting.after_restart { ", after a restart of Doorward" } else { "" };
    print::lines(&[format!("{} is {}{when}", setting.key, shown(&setting.value))])
}

/// Changes one setting. Where Doorward does not run, only the file changes.
pub(crate) async fn change(doorward: &Doorward, key: &str, value: Value) -> Result<SettingView, Failure> {
    match doorward.call(Command::SetSetting { key: key.to_owned(), value: value.clone() }).await {
        Ok(Reply::Setting(setting)) => Ok(*setting),
        Ok(other) => Err(unexpected(&other)),
        Err(failure) if failure.is(Code::NotRunning) => {
            let setting = Setting::named(key).map_err(refused)?;
            let file = doorward.places().config_file().set(setting, &value).map_err(refused)?;
            Ok(SettingView::of(setting, &file, None))
        }
        Err(failure) => Err(failure),
    }
}

fn refused(error: SettingError) -> Failure {
    match error {
        SettingError::Unknown(_) => Failure::new(Code::NotFound, error),
        SettingError::Bad(_) | SettingError::Config(_) => Failure::failed(error),
    }
}

/// A value as it is typed.
fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) if items.is_empty() => "(none)".to_owned(),
        Value::Array(items) => items.iter().map(shown).collect::<Vec<_>>().join(","),
        other => other.to_string(),
    }
}
