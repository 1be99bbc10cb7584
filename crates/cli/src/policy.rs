//! `doorward policy show`

use doorward_broker::control::{Command, Reply};
use doorward_oauth::preset::{Policy, Preset, elsewhere};
use serde_json::{Map, Value, json};

use crate::{
    call::Doorward,
    exit::{Failure, Outcome},
    print,
};

/// Where lines are broken.
const WIDTH: usize = 96;

/// Every value with its section and what it means, in the order they are shown in.
const VALUES: [(&str, &str, &str); 19] = [
    ("registration", "max_redirect_uris", "How many redirect URIs one client may register."),
    ("registration", "loopback_hosts", "The names of this computer that a redirect may have."),
    ("registration", "private_schemes", "Private-use schemes that a redirect may have."),
    ("registration", "name_required", "Whether a client must say its name."),
    ("registration", "auth_methods", "How clients may authenticate; one that asks for something else gets the default."),
    ("registration", "default_auth_method", "How a client authenticates that does not say."),
    ("registration", "secret_seconds", "For how many seconds a client secret is good; 0: for ever."),
    ("registration", "grant_types", "What clients may exchange for tokens; anything else is left out."),
    ("registration", "default_grant_types", "What a client may exchange that does not say."),
    ("registration", "forced_scope", "The one scope everybody gets, whatever was asked for; empty: no such rule."),
    ("registration", "default_scope", "The scope of a client that names none; \"mcp\": that of the server asked for."),
    ("registration", "more_scopes", "Scopes besides the servers' own; they are names and open nothing."),
    ("registration", "answer_members", "The members of the answer to a registration; empty: all there are."),
    ("registration", "needs_server", "Whether programs can register only while a server is guarded."),
    ("registration", "more_paths", "More addresses of the registration endpoint."),
    ("registration", "daily_per_program", "Registrations a day of one program; 0: no bound."),
    ("registration", "daily", "Registrations a day in all; 0: no bound."),
    ("authorization", "redirect_uri_required", "Whether redirect_uri must be sent even where only one is registered."),
    ("authorization", "state_required", "Whether state must be sent."),
];

/// Prints the policy in force as a `config.toml` would say it, and what the other presets say, where that differs.
pub(crate) async fn show(doorward: &Doorward, json: bool) -> Outcome {
    let Reply::Policy(view) = doorward.call(Command::Policy).await.or_else(|failure| doorward.configured_policy().map_err(|_| failure))?
    else {
        return Err(Failure::failed("Doorward did not say what its policy is."));
    };
    if json {
        let presets: Map<String, Value> = Preset::ALL.iter().map(|preset| (preset.as_str().to_owned(), value(&preset.policy()))).collect();
        return print::json(&json!({ "preset": view.preset, "in_force": value(&view.rules), "presets": presets }));
    }
    print::lines(&page(view.preset, &view.rules))
}

/// The page, which is itself a valid `config.toml`.
fn page(preset: Preset, in_force: &Policy) -> Vec<String> {
    let others: Vec<&str> = Preset::ALL.iter().filter(|other| **other != preset).map(|other| other.as_str()).collect();
    let mut lines = vec![
        "# The policy in force: what programs may register and ask for. Any of these lines can be changed".to_owned(),
        "# in config.toml. Under a value stands what the other policies have in its place.".to_owned(),
        format!("policy = \"{}\"   # or: {}", preset.as_str(), others.join(", ")),
    ];
    let mut last_section = "";
    for (section, name, meaning) in VALUES {
        if section != last_section {
            lines.extend([String::new(), format!("[{section}]")]);
            last_section = section;
        }
        let path = format!("{section}.{name}");
        let here = in_force.value(&path);
        lines.extend([String::new(), format!("# {meaning}")]);
        lines.extend(written(&format!("{name} = "), &here));
        for (there, by) in elsewhere(&path, &here) {
            lines.extend(written(&format!("#   {}: ", by.join(", ")), &there));
        }
    }
    lines
}

/// A value after `lead`, over as many lines as it needs, the further ones indented.
fn written(lead: &str, value: &Value) -> Vec<String> {
    // Texts, numbers, and lists of them look the same in JSON and in TOML.
    let words: Vec<String> = match value {
        Value::Array(items) if !items.is_empty() => {
            let last = items.len() - 1;
            let bracketed =
                |(n, item): (usize, &Value)| format!("{}{item}{}", if n == 0 { "[" } else { "" }, if n == last { "]" } else { "," });
            items.iter().enumerate().map(bracketed).collect()
        }
        other => vec![other.to_string()],
    };
    let indent = if lead.starts_with('#') { "#       " } else { "    " };
    let mut lines = vec![lead.trim_end().to_owned()];
    for word in words {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= WIDTH => {
                line.push(' ');
                line.push_str(&word);
            }
            _ => lines.push(format!("{indent}{word}")),
        }
    }
    lines
}

fn value(policy: &Policy) -> Value {
    serde_json::to_value(policy).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_value_is_left_out() {
        let policy = value(&Policy::default());
        let sections = policy.as_object().expect("sections").iter();
        let mut there: Vec<(&str, &str)> = sections
            .flat_map(|(section, values)| values.as_object().expect("values").keys().map(|name| (section.as_str(), name.as_str())))
            .collect();
        let mut shown: Vec<(&str, &str)> = VALUES.iter().map(|(section, name, _)| (*section, *name)).collect();
        there.sort_unstable();
        shown.sort_unstable();
        assert_eq!(there, shown);
    }

    #[test]
    fn the_page_fits_a_terminal_and_tells_what_differs() {
        for preset in Preset::ALL {
            let page = page(preset, &preset.policy());
            assert!(page.iter().all(|line| line.chars().count() <= 100), "{page:#?}");
        }
        let page = page(Preset::Finradar, &Preset::Finradar.policy()).join("\n");
        for told in [
            "policy = \"finradar\"",
            "max_redirect_uris = 5\n#   doorward, provider, storyden, bifrost: 10\n",
            "\nneeds_server = false\n#   bifrost: true\n",
        ] {
            assert!(page.contains(told), "{told}: {page}");
        }
    }
}
