//! `doorward policy show`

use doorward_broker::control::{Command, Reply};
use doorward_oauth::preset::{Policy, Preset};
use serde_json::{Map, Value, json};

use crate::{
    call::Doorward,
    exit::{Failure, Outcome},
    print,
};

pub(crate) async fn show(doorward: &Doorward, json: bool) -> Outcome {
    let Reply::Policy(view) = doorward.call(Command::Policy).await.or_else(|failure| doorward.configured_policy().map_err(|_| failure))?
    else {
        return Err(Failure::failed("Doorward did not say what its policy is."));
    };
    if json {
        let presets: Map<String, Value> = Preset::ALL.iter().map(|preset| (preset.as_str().to_owned(), value(&preset.policy()))).collect();
        return print::json(&json!({ "preset": view.preset, "in_force": value(&view.rules), "presets": presets }));
    }
    let in_force = format!("IN FORCE ({})", view.preset.as_str());
    let columns: Vec<(&str, Policy)> = std::iter::once((in_force.as_str(), view.rules.clone()))
        .chain(Preset::ALL.map(|preset| (preset.as_str(), preset.policy())))
        .collect();
    let headings: Vec<&str> = std::iter::once("VALUE").chain(columns.iter().map(|(heading, _)| *heading)).collect();
    let columns: Vec<Vec<(String, String)>> = columns.iter().map(|(_, policy)| rows(policy)).collect();
    let table: Vec<Vec<String>> = columns[0]
        .iter()
        .enumerate()
        .map(|(row, (name, _))| {
            std::iter::once(name.clone())
                .chain(columns.iter().map(|column| column.get(row).map_or_else(String::new, |(_, text)| text.clone())))
                .collect()
        })
        .collect();
    print::table(&headings, &table)
}

fn value(policy: &Policy) -> Value {
    serde_json::to_value(policy).unwrap_or_default()
}

/// Each value of a policy with its name in `config.toml`, in one order for all.
fn rows(policy: &Policy) -> Vec<(String, String)> {
    let sections = value(policy);
    let sections = sections.as_object().into_iter().flatten();
    sections
        .flat_map(|(section, values)| {
            let values = values.as_object().into_iter().flatten();
            values.map(move |(name, value)| (format!("{section}.{name}"), words(value)))
        })
        .collect()
}

fn words(value: &Value) -> String {
    match value {
        Value::String(text) if text.is_empty() => "-".to_owned(),
        Value::String(text) => text.clone(),
        Value::Array(items) if items.is_empty() => "-".to_owned(),
        Value::Array(items) => items.iter().map(words).collect::<Vec<_>>().join(" "),
        Value::Bool(true) => "yes".to_owned(),
        Value::Bool(false) => "no".to_owned(),
        other => other.to_string(),
    }
}
