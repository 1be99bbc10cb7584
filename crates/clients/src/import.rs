//! Taking servers over as a person does it, at a terminal or in a window: looking, choosing, seeing what would change, adding each
//! server, and then writing what leads to those that were added. How a person is asked and a server is added is the caller's.

use std::{collections::BTreeMap, path::Path};

use doorward_oauth::id::ServerName;
use doorward_words::{Said, Says};
use secrecy::{ExposeSecret, SecretString};

use crate::{
    client::Client,
    credential,
    door::Door,
    file::ReadError,
    places::Home,
    plan::{NewServer, Plan, Taken, plan},
    read::{Config, Found, survey},
    server::{Kind, Why},
    template::{Part, Secret, Template},
};

/// What was in the files of the clients when they were looked at. What is planned with it is written only while they still are so.
#[derive(Debug)]
pub struct Findings {
    home: Home,
    door: Door,
    configs: Vec<Config>,
    /// Files that cannot be read, which are left alone.
    pub unreadable: Vec<(Client, ReadError)>,
}

/// A server with its secrets and variables filled in, as it is put behind Doorward.
#[derive(Debug)]
pub enum Addition {
    /// One at an address.
    Address {
        /// Where it is.
        url: String,
        /// Headers that let Doorward in there.
        headers: BTreeMap<String, SecretString>,
    },
    /// One that Doorward starts.
    Command {
        /// The program.
        program: String,
        /// Its arguments.
        arguments: Vec<String>,
        /// The folder it runs in.
        folder: String,
        /// Variables that it gets besides, which are no secret.
        environment: BTreeMap<String, String>,
        /// Variables whose values go into the keyring.
        secrets: BTreeMap<String, SecretString>,
    },
}

/// Why a server cannot be filled in.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.said())]
pub enum NotFilled {
    /// A secret of this name is not there.
    Secret(String),
    /// A variable is not set.
    Variable(String),
    /// What is filled in is a secret, where it would be shown.
    Shown(Why),
    /// The path of the home folder, where it would run, is no text.
    Home,
}

impl Says for NotFilled {
    fn said(&self) -> Said {
        match self {
            Self::Secret(name) => Said::plain("import-no-secret").with("name", name.clone()),
            Self::Variable(name) => Said::plain("import-no-variable").with("name", name.clone()),
            Self::Shown(why) => why.said(),
            Self::Home => Said::plain("import-no-home"),
        }
    }
}

impl Findings {
    /// Looks into the files of the clients that are `asked`; see [`survey`].
    pub fn look(home: Home, project: Option<&Path>, door: Door, asked: impl Fn(Client) -> bool) -> Self {
        let (mut configs, mut unreadable) = (Vec::new(), Vec::new());
        for sighting in survey(&home, project, &door).into_iter().filter(|sighting| asked(sighting.file.client)) {
            match sighting.config {
                Ok(config) => configs.push(config),
                Err(error) => unreadable.push((sighting.file.client, error)),
            }
        }
        Self { home, door, configs, unreadable }
    }

    /// The files that could be read.
    pub fn configs(&self) -> &[Config] {
        &self.configs
    }

    /// The servers in them.
    pub fn servers(&self) -> impl Iterator<Item = &Found> {
        self.configs.iter().flat_map(Config::servers)
    }

    /// What would change for the `chosen` servers, as far as Doorward can start or reach them.
    pub fn plan(&self, taken: &[Taken], chosen: impl Fn(&Found) -> bool) -> Plan {
        let within = |found: &Found| found.server.as_ref().is_some_and(|server| server.beyond_doorward().is_none());
        plan(&self.configs, &self.door, taken, |found| within(found) && chosen(found))
    }

    /// What is left of a plan once its servers were added: only what is behind Doorward leads there.
    pub fn plan_of_added(&self, planned: &Plan, failed: &[ServerName], taken: &[Taken], chosen: impl Fn(&Found) -> bool) -> Plan {
        let (failed, added): (Vec<&NewServer>, Vec<&NewServer>) = planned.servers.iter().partition(|new| failed.contains(&new.name));
        let added = added.into_iter().map(|new| Taken { name: new.name.clone(), server: Some(new.server.clone()) });
        let taken: Vec<Taken> = taken.iter().cloned().chain(added).collect();
        let stays = |found: &Found| failed.iter().any(|new| new.from.contains(&found.origin()));
        self.plan(&taken, |found| chosen(found) && !stays(found))
    }

    /// A server of a plan as it is to be added. `variable` knows the environment, which the client would have looked into: what comes
    /// from there goes into the keyring unless it is plainly no secret.
    ///
    /// # Errors
    /// [`NotFilled`].
    pub fn addition(&self, new: &NewServer, variable: impl Fn(&str) -> Option<String>) -> Result<Addition, NotFilled> {
        let values = Values { secrets: &new.server.secrets, variable: &variable };
        match &new.server.kind {
            Kind::Http { url, headers } => {
                let headers = headers.iter().map(|(name, value)| Ok((name.clone(), values.filled(value)?))).collect::<Result<_, _>>()?;
                Ok(Addition::Address { url: values.shown(url, Why::SecretInAddress)?, headers })
            }
            Kind::Stdio { command, args, env, folder } => {
                let (mut environment, mut secrets) = (BTreeMap::new(), BTreeMap::new());
                for (name, value) in env {
                    let text = values.filled(value)?;
                    if is_plain(name, value, &text) {
                        // REVEAL: it is no secret.
                        environment.insert(name.clone(), text.expose_secret().to_owned());
                    } else {
                        secrets.insert(name.clone(), text);
                    }
                }
                let shown = |template| values.shown(template, Why::SecretInCommand);
                let folder = match folder {
                    Some(folder) => shown(folder)?,
                    None => self.home.folder().to_str().ok_or(NotFilled::Home)?.to_owned(),
                };
                let arguments = args.iter().map(shown).collect::<Result<Vec<_>, _>>()?;
                if has_secret_option(args, &arguments) {
                    return Err(NotFilled::Shown(Why::SecretInCommand));
                }
                Ok(Addition::Command { program: shown(command)?, arguments, folder, environment, secrets })
            }
        }
    }
}

impl Found {
    /// Why it stays as it is; `None` when Doorward can take it over.
    pub fn stays(&self) -> Option<Why> {
        self.why_not.clone().or_else(|| self.server.as_ref()?.beyond_doorward())
    }
}

/// What stands for the references in the texts of a server.
struct Values<'a, V> {
    secrets: &'a [Secret],
    variable: &'a V,
}

impl<V: Fn(&str) -> Option<String>> Values<'_, V> {
    /// What the client would have put in the place of a variable.
    fn value(&self, name: &str, otherwise: Option<&String>) -> Result<String, NotFilled> {
        (self.variable)(name).or_else(|| otherwise.cloned()).ok_or_else(|| NotFilled::Variable(name.to_owned()))
    }

    /// A text with its secrets, and with the variables that the client would have filled in.
    fn filled(&self, template: &Template) -> Result<SecretString, NotFilled> {
        let part = |part: &Part| match part {
            Part::Text(text) => Ok(text.clone()),
            // REVEAL: on its way into the keyring.
            Part::Secret(name) => self
                .secrets
                .iter()
                .find(|secret| secret.name() == name)
                .map(|secret| secret.reveal().to_owned())
                .ok_or_else(|| NotFilled::Secret(name.clone())),
            Part::Variable { name, otherwise } => self.value(name, otherwise.as_ref()),
        };
        template.parts().iter().map(part).collect::<Result<String, _>>().map(SecretString::from)
    }

    /// A text that is shown to people and kept in the clear: no secret may be in it, nor come into it with a variable.
    fn shown(&self, template: &Template, why: Why) -> Result<String, NotFilled> {
        for part in template.parts() {
            let secret = match part {
                Part::Text(_) => false,
                Part::Secret(_) => true,
                Part::Variable { name, otherwise } => !credential::find(Some(name), &self.value(name, otherwise.as_ref())?).is_empty(),
            };
            if secret {
                return Err(NotFilled::Shown(why));
            }
        }
        let text = self.filled(template)?;
        // REVEAL: looking whether a secret is in it. What has no variable was looked at when it was read.
        let text = text.expose_secret();
        let secret = template.has_variable() && !credential::find(None, text).is_empty();
        if secret { Err(NotFilled::Shown(why)) } else { Ok(text.to_owned()) }
    }
}

/// Whether a value of the environment may be kept in the clear.
fn is_plain(name: &str, template: &Template, text: &SecretString) -> bool {
    let names = std::iter::once(name).chain(template.variables());
    // REVEAL: looking whether it is a secret.
    !template.has_secret() && (!template.has_variable() || credential::is_plainly_none(names, text.expose_secret()))
}

/// Whether an argument, or the option before it, came from a variable, and the two together are a secret.
fn has_secret_option(templates: &[Template], arguments: &[String]) -> bool {
    let pairs = templates.windows(2).zip(arguments.windows(2));
    pairs.filter(|(templates, _)| templates.iter().any(Template::has_variable)).any(|(_, pair)| {
        let option = credential::option_of(Some(&pair[0]), &pair[1]);
        option.is_some() && !credential::find(option, &pair[1]).is_empty()
    })
}

#[cfg(test)]
mod tests {
    use std::{fs, path::Path};

    use super::*;
    use crate::places::System;

    const CURSOR: &str = r#"{"mcpServers": {
        "a": {"command": "x", "args": ["${userHome}/y"], "env": {"API_KEY": "hunter2", "MODE": "${env:MODE}"}},
        "b": {"url": "https://b.example/mcp", "headers": {"Authorization": "Bearer hunter3"}},
        "c": {"command": "x", "args": ["--token", "hunter4"]}
    }}"#;

    fn findings(root: &Path) -> Findings {
        fs::create_dir_all(root.join(".cursor")).expect("makes");
        fs::write(root.join(".cursor/mcp.json"), CURSOR).expect("writes");
        fs::create_dir_all(root.join(".codex")).expect("makes");
        fs::write(root.join(".codex/config.toml"), "[").expect("writes");
        Findings::look(Home::new(System::Linux, root), None, Door::at(8765), |_| true)
    }

    #[test]
    fn a_server_is_filled_in_and_its_secrets_do_not_print() {
        let root = tempfile::tempdir().expect("a folder");
        let findings = findings(root.path());
        let plan = findings.plan(&[], |_| true);
        let names: Vec<&str> = plan.servers.iter().map(|new| new.name.as_str()).collect();
        assert_eq!(names, ["a", "b"], "a secret in a command line would be shown");
        let command = findings.addition(&plan.servers[0], |name| (name == "MODE").then(|| "quick".to_owned())).expect("filled");
        assert!(!format!("{command:?}").contains("hunter2"));
        let Addition::Command { program, arguments, folder, environment, secrets } = command else { panic!("a command") };
        assert_eq!((program.as_str(), folder.as_str()), ("x", root.path().to_str().expect("text")));
        assert_eq!(arguments, [format!("{folder}/y")]);
        assert_eq!(environment.get("MODE").map(String::as_str), Some("quick"));
        // REVEAL: a test looks at it.
        assert_eq!(secrets.get("API_KEY").map(|value| value.expose_secret()), Some("hunter2"));
        let missing = findings.addition(&plan.servers[0], |_| None).expect_err("MODE is not set");
        assert_eq!(missing.to_string(), "It takes MODE from the environment, where it is not set.");
        let Ok(Addition::Address { url, headers }) = findings.addition(&plan.servers[1], |_| None) else { panic!("an address") };
        assert_eq!(url, "https://b.example/mcp");
        // REVEAL: a test looks at it.
        assert_eq!(headers.get("authorization").map(|value| value.expose_secret()), Some("Bearer hunter3"));
    }

    #[test]
    fn only_what_was_added_leads_to_doorward() {
        let root = tempfile::tempdir().expect("a folder");
        let findings = findings(root.path());
        assert_eq!(findings.unreadable.iter().map(|(client, _)| *client).collect::<Vec<_>>(), [Client::Codex]);
        let stays: Vec<&str> = findings.servers().filter(|found| found.stays().is_some()).map(|found| found.name.as_str()).collect();
        assert_eq!(stays, ["c"]);
        let planned = findings.plan(&[], |_| true);
        let done = findings.plan_of_added(&planned, &[planned.servers[0].name.clone()], &[], |_| true);
        let changed: Vec<&str> = done.files.iter().flat_map(|file| &file.entries).map(|entry| entry.name.as_str()).collect();
        assert_eq!(changed, ["b"]);
        assert!(done.servers.is_empty(), "it is behind Doorward already");
    }

    #[test]
    fn a_plan_is_another_one_when_anything_changed_since() {
        let root = tempfile::tempdir().expect("a folder");
        let before = findings(root.path());
        let mark = before.plan(&[], |_| true).mark();
        assert_eq!(findings(root.path()).plan(&[], |_| true).mark(), mark);
        let taken = Taken { name: ServerName::parse("a").expect("a name"), server: None };
        assert_ne!(before.plan(&[taken], |_| true).mark(), mark, "it gets another name");
        assert_ne!(before.plan(&[], |found| found.name == "a").mark(), mark);
        fs::write(root.path().join(".cursor/mcp.json"), CURSOR.replace("hunter2", "hunter9")).expect("writes");
        let after = Findings::look(Home::new(System::Linux, root.path()), None, Door::at(8765), |_| true);
        assert_ne!(after.plan(&[], |_| true).mark(), mark);
    }
}
