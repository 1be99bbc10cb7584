//! Answering the command line. Who may answer a question is decided here and nowhere else.

use std::{collections::BTreeMap, path::Path, sync::Arc, time::Duration};

use doorward_oauth::{
    consent::{After, ConsentDecision, Denial},
    program::{Program, Sighting},
    tool::{Mode, Subject},
};
use doorward_words::Said;
use secrecy::SecretString;
use tokio_util::sync::CancellationToken;

use super::{
    Choice, Command, Failure, Front, PolicyView, Reply, Status, ToldOnce,
    transport::{self, Listener},
};
use crate::{
    broker::{AppView, Broker, CommandShown, MakeRuleError, NewRule, NoSuch, SetRuleError, Showing, TypedCommand},
    config_file::SettingError,
    consent::{PromptId, Prompter, Question, view::QuestionView},
    peers::would_answer_itself,
    store::StoreError,
};

/// How long a client may take to send its command.
const PATIENCE: Duration = Duration::from_secs(5);

/// What the control socket needs to know.
#[derive(Clone)]
pub struct Control {
    /// The broker.
    pub broker: Broker,
    /// The front end, to bring it to the front.
    pub prompter: Arc<dyn Prompter>,
    /// How a person is asked.
    pub front: Front,
    /// Which profile this is.
    pub profile: String,
}

/// Who sent a command.
struct Caller {
    program: Sighting,
    at_a_terminal: bool,
}

impl Control {
    /// Listens on `socket` until `stop`.
    ///
    /// # Errors
    /// When the socket cannot be made.
    pub fn listen(self, socket: &Path, stop: CancellationToken) -> std::io::Result<()> {
        let mut listener = Listener::bind(socket)?;
        tokio::spawn(async move {
            loop {
                let accepted = tokio::select! {
                    accepted = listener.accept() => accepted,
                    () = stop.cancelled() => return,
                };
                let Ok((mut stream, pid)) = accepted else {
                    tokio::time::sleep(Duration::from_millis(100)).await;
                    continue;
                };
                let this = self.clone();
                tokio::spawn(async move {
                    let Ok(Ok(line)) = tokio::time::timeout(PATIENCE, transport::read_line(&mut stream)).await else { return };
                    let reply = match serde_json::from_str(&line) {
                        Ok(command) => this.run(command, pid).await,
                        Err(error) => failed(Failure::Failed, format!("This Doorward does not know that command ({error}).")),
                    };
                    if let Ok(line) = serde_json::to_string(&reply) {
                        let _ = transport::write_line(&mut stream, &line).await;
                    }
                });
            }
        });
        Ok(())
    }

    async fn run(&self, command: Command, pid: Option<u32>) -> Reply {
        let broker = &self.broker;
        match command {
            Command::Status => self.status().await,
            Command::Servers => broker.servers().await.map_or_else(|e| failed(Failure::Failed, e), Reply::Servers),
            Command::Apps => self.apps().await.map_or_else(|e| failed(Failure::Failed, e), Reply::Apps),
            Command::Requests => Reply::Requests(self.requests()),
            Command::AddServer { name, url, validates, headers } => {
                if let Err(refused) = self.by_a_person("Adding a server", pid).await {
                    return refused;
                }
                let added = match validates {
                    true => broker.add_resource_server(&name, &url).await,
                    false => broker.add_server_with(&name, &url, secrets_of(headers)).await,
                };
                added.map_or_else(|e| failed(Failure::Failed, e), Reply::Added)
            }
            Command::Resolve { command } => match broker.resolve(command).await {
                Ok(command) => Reply::Resolved(CommandShown::from(&command)),
                Err(error) => failed(Failure::NotFound, error),
            },
            Command::AddCommand { name, command, secrets, typed } => self.add_command(&name, command, secrets, typed, pid).await,
            Command::Credential { name } => {
                if let Err(refused) = self.by_a_person("Making a credential", pid).await {
                    return refused;
                }
                match broker.new_credential(&name).await {
                    // REVEAL: the person who asked for it gets it once, over a socket that only this user reads.
                    Ok(secret) => Reply::Credential { name, secret: ToldOnce(secret.reveal().to_owned()) },
                    Err(error) => done(Err(error)),
                }
            }
            Command::Tools { name } => match broker.tools(&name).await {
                Ok(tools) => Reply::Tools(tools),
                Err(error) => done(Err(error)),
            },
            Command::Policy => Reply::Policy(Box::new(PolicyView { preset: broker.config().policy, rules: broker.policy().clone() })),
            Command::Settings => broker.settings().await.map_or_else(|e| failed(Failure::Failed, e), Reply::Settings),
            Command::SetSetting { key, value } => match self.by_a_person("Changing a setting", pid).await {
                Ok(()) => self.set_setting(&key, value).await,
                Err(refused) => refused,
            },
            Command::RemoveServer { name } => done(broker.remove_server(&name).await),
            Command::Revoke { app, server } => told(broker.disconnect(&app, server.as_deref()).await, Reply::Disconnected),
            Command::Rules { app, server } => {
                broker.rules(app.as_deref(), server.as_deref()).await.map_or_else(|e| failed(Failure::Failed, e), Reply::Rules)
            }
            Command::MakeRule { rule, typed } => self.make_rule(rule, typed.as_deref(), pid).await,
            Command::AllRules(which) => broker.all_rules(which).await.map_or_else(|e| failed(Failure::Failed, e), Reply::AllRules),
            Command::AskForEverything { app } => told(broker.ask_for_everything(&app).await, Reply::AskedForAll),
            Command::SetRule { app, server, tool, mode } => self.set_rule(&app, &server, tool, mode).await,
            Command::BackupKey => match broker.backup_key().await {
                Ok(key) => Reply::BackupKey(ToldOnce(key.iter().map(|byte| format!("{byte:02x}")).collect())),
                Err(error) => failed(Failure::Failed, error),
            },
            Command::Calls(which) => broker.calls(which).await.map_or_else(|e| failed(Failure::Failed, e), Reply::Calls),
            Command::History(which) => broker.history(which).await.map_or_else(|e| failed(Failure::Failed, e), Reply::History),
            Command::KeepArguments { server, keep } => {
                if keep && let Err(refused) = self.by_a_person("Writing the values of calls down", pid).await {
                    return refused;
                }
                done(broker.keep_arguments(&server, keep).await)
            }
            Command::Approve { id, typed, choice } => self.approve(id, typed.as_deref(), &choice, pid).await,
            Command::Deny { id, reason, after, all } => self.deny(id, Denial { reason, after }, all, pid).await,
            Command::MoreTime { id } => match self.by_a_person("Taking more time", pid).await {
                Ok(()) => self.more_time(id),
                Err(refused) => refused,
            },
            Command::Health => Reply::Health(broker.health().await),
            Command::Pause { seconds: Some(seconds) } => stored(broker.pause_for(Duration::from_secs(seconds)).await),
            Command::Pause { seconds: None } => stored(broker.set_paused(true).await),
            Command::Resume => match self.by_a_person("Resuming", pid).await {
                Ok(()) => stored(broker.set_paused(false).await),
                Err(refused) => refused,
            },
            Command::PauseApp { app, paused } => match self.may_pause(paused, pid).await {
                Ok(()) => done(broker.set_app_paused(&app, paused).await),
                Err(refused) => refused,
            },
            Command::PauseServer { server, paused } => match self.may_pause(paused, pid).await {
                Ok(()) => done(broker.set_server_paused(&server, paused).await),
                Err(refused) => refused,
            },
            Command::Unmute { program } => match self.by_a_person("Hearing a program again", pid).await {
                Ok(()) if broker.queue().unmute(&program) => Reply::Done,
                Ok(()) => failed(Failure::NotFound, "That program is not muted."),
                Err(refused) => refused,
            },
            Command::Unblock { app } => match self.by_a_person("Letting an app ask again", pid).await {
                Ok(()) => done(broker.unblock(&app).await),
                Err(refused) => refused,
            },
            Command::Raise => {
                if self.prompter.raise() {
                    Reply::Raised
                } else {
                    failed(Failure::Failed, "There is no window to show: Doorward runs on a terminal.")
                }
            }
        }
    }

    async fn status(&self) -> Reply {
        let servers = match self.broker.servers().await {
            Ok(servers) => servers.len(),
            Err(error) => return failed(Failure::Failed, error),
        };
        Reply::Status(Status {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            pid: std::process::id(),
            address: self.broker.issuer().as_str().to_owned(),
            front: self.front,
            profile: self.profile.clone(),
            paused: self.broker.is_paused(),
            paused_until: self.broker.paused_until().map(|until| until.as_secs()),
            muted: self.broker.queue().muted(),
            waiting: self.broker.queue().open().len(),
            servers,
        })
    }

    /// The Apps that may use something, and those that are never asked about.
    async fn apps(&self) -> Result<Vec<AppView>, StoreError> {
        let mut apps = self.broker.apps().await?;
        let more = self.broker.blocked().await?.into_iter().filter(|blocked| blocked.grants.is_empty());
        apps.extend(more);
        Ok(apps)
    }

    /// The number ties a terminal to a browser tab, and the code to a program: whoever lists the requests must not learn them.
    fn requests(&self) -> Vec<QuestionView> {
        let requests = self.broker.requests();
        match self.front {
            Front::Scripted => requests,
            Front::Desktop | Front::Terminal => requests.into_iter().map(QuestionView::without_what_is_compared).collect(),
        }
    }

    /// A command is confirmed in the window. Where there is none, by a person at a terminal who has seen it and types its name.
    async fn add_command(
        &self,
        name: &str,
        command: TypedCommand,
        secrets: BTreeMap<String, ToldOnce>,
        typed: Option<String>,
        pid: Option<u32>,
    ) -> Reply {
        let caller = self.caller(pid).await;
        let showing = match self.front {
            Front::Desktop => Showing::Asked,
            Front::Terminal if !caller.at_a_terminal => return needs_person("Adding a server needs a person at a terminal."),
            Front::Terminal if typed.as_deref().map(str::trim) != Some(name) => {
                return failed(Failure::WrongPhrase, "That is not its name. Nothing was added.");
            }
            Front::Terminal => Showing::Seen,
            Front::Scripted => {
                tracing::warn!(name, "SCRIPTED APPROVAL: a script added a command, no person was asked");
                Showing::Seen
            }
        };
        let command = match self.broker.resolve(command).await {
            Ok(command) => command,
            Err(error) => return failed(Failure::NotFound, error),
        };
        match self.broker.add_command(name, command, secrets_of(secrets), caller.program, showing).await {
            Ok(added) => Reply::Added(added),
            Err(error) => failed(Failure::Failed, error),
        }
    }

    /// Access before anybody asks is a person's to give, who has seen at a terminal what it is and types its name. The window cannot
    /// ask for it.
    async fn make_rule(&self, rule: NewRule, typed: Option<&str>, pid: Option<u32>) -> Reply {
        match self.front {
            Front::Desktop => {
                return needs_person(
                    "The desktop app is running, and its window cannot ask for this yet. Quit it, and do this while doorward serve --no-gui runs.",
                );
            }
            Front::Terminal if !self.caller(pid).await.at_a_terminal => return needs_person("Making a rule needs a person at a terminal."),
            Front::Terminal if typed.map(str::trim) != Some(rule.app.trim()) => {
                return failed(Failure::WrongPhrase, "That is not its name. Nothing was given.");
            }
            Front::Terminal => {}
            Front::Scripted => {
                tracing::warn!(app = rule.app, server = rule.server, "SCRIPTED APPROVAL: a script made a rule, no person was asked")
            }
        }
        let address = self.broker.issuer().at(&format!("/mcp/{}", rule.server));
        match self.broker.make_rule(rule).await {
            // REVEAL: the person who asked for it gets it once, over a socket that only this user reads.
            Ok(made) => Reply::MadeRule {
                app: made.app.to_string(),
                token: ToldOnce(made.token.reveal().to_owned()),
                ends_at: made.ends_at.as_secs(),
                address,
            },
            Err(MakeRuleError::NoSuch(error)) => done(Err(error)),
            Err(error @ MakeRuleError::NoTool(_)) => failed(Failure::NotFound, error),
            Err(error @ (MakeRuleError::Changed(_) | MakeRuleError::Bad(_))) => failed(Failure::Failed, error),
        }
    }

    async fn set_setting(&self, key: &str, value: serde_json::Value) -> Reply {
        match self.broker.set_setting(key, value).await {
            Ok(view) => Reply::Setting(Box::new(view)),
            Err(error @ SettingError::Unknown(_)) => failed(Failure::NotFound, error),
            Err(error @ (SettingError::Bad(_) | SettingError::Config(_))) => failed(Failure::Failed, error),
        }
    }

    /// Any program of this user may take away; more is allowed by nobody but a person who sees what.
    async fn set_rule(&self, app: &str, server: &str, tool: String, mode: Mode) -> Reply {
        let subject = match tool.as_str() {
            "prompts" => Subject::Prompts,
            "resources" => Subject::Resources,
            _ => Subject::Tool(tool),
        };
        match self.broker.set_rule(app, server, subject, mode, self.front == Front::Scripted).await {
            Ok(()) => Reply::Done,
            Err(error @ SetRuleError::Wider) => needs_person(&error.to_string()),
            Err(error @ SetRuleError::NoTool(_)) => failed(Failure::NotFound, error),
            Err(SetRuleError::NoSuch(error)) => done(Err(error)),
        }
    }

    async fn approve(&self, id: u64, typed: Option<&str>, choice: &Choice, pid: Option<u32>) -> Reply {
        let Some(question) = self.broker.queue().find(PromptId::from_number(id)) else { return not_waiting(id) };
        match choice.of(&question.request.kind) {
            Ok(permission) => self.answer(id, ConsentDecision::Allow(permission), typed, pid).await,
            Err(wrong) => failed(Failure::NotFound, wrong),
        }
    }

    /// Any program of this user may stop things; letting them go on is a person's.
    async fn by_a_person(&self, what: &str, pid: Option<u32>) -> Result<(), Reply> {
        if self.front == Front::Scripted || self.caller(pid).await.at_a_terminal {
            return Ok(());
        }
        Err(needs_person(&format!("{what} needs a person at a terminal.")))
    }

    async fn may_pause(&self, paused: bool, pid: Option<u32>) -> Result<(), Reply> {
        if paused { Ok(()) } else { self.by_a_person("Resuming", pid).await }
    }

    async fn deny(&self, id: u64, denial: Denial, all: bool, pid: Option<u32>) -> Reply {
        let decision = ConsentDecision::Deny(denial.clone());
        if let Err(reply) = self.may(id, &decision, None, pid).await {
            return reply;
        }
        let (queue, id) = (self.broker.queue(), PromptId::from_number(id));
        let of_an_app = queue.find(id).is_none_or(|question| question.request.kind.asker().is_some());
        if denial.after == After::Never && !of_an_app {
            return failed(Failure::Failed, "No app asks this, so there is none that could be kept from asking.");
        }
        let denied = if all { queue.deny_all(id, &denial) > 0 } else { queue.answer(id, decision).is_ok() };
        if denied { Reply::Done } else { not_waiting(id.number()) }
    }

    fn more_time(&self, id: u64) -> Reply {
        let (queue, prompt) = (self.broker.queue(), PromptId::from_number(id));
        let is_longer = queue.extend(prompt);
        let Some(question) = queue.find(prompt) else { return not_waiting(id) };
        if !is_longer {
            return failed(Failure::Failed, format!("Request {id} cannot wait longer."));
        }
        self.broker.changed();
        Reply::Waits(Box::new(QuestionView::from(&question).without_what_is_compared()))
    }

    async fn answer(&self, id: u64, decision: ConsentDecision, typed: Option<&str>, pid: Option<u32>) -> Reply {
        if let Err(reply) = self.may(id, &decision, typed, pid).await {
            return reply;
        }
        match self.broker.queue().answer(PromptId::from_number(id), decision) {
            Ok(()) => Reply::Done,
            Err(gone) => failed(Failure::NotFound, gone),
        }
    }

    /// Whether the caller may answer a question so; otherwise what to reply.
    async fn may(&self, id: u64, decision: &ConsentDecision, typed: Option<&str>, pid: Option<u32>) -> Result<(), Reply> {
        let id = PromptId::from_number(id);
        let Some(question) = self.broker.queue().find(id) else { return Err(not_waiting(id.number())) };
        match self.front {
            Front::Desktop => {
                self.broker.queue().bring_back(id);
                let raised = self.prompter.raise();
                Err(if raised { Reply::Raised } else { needs_person("The desktop app is running: answer in its window.") })
            }
            Front::Terminal => self.may_answer(&question, decision.is_yes(), typed, pid).await,
            Front::Scripted => {
                tracing::warn!(%id, ?decision, server = %question.request.server, "SCRIPTED APPROVAL: a script answered, no person was asked");
                Ok(())
            }
        }
    }

    /// A person at a terminal who types what is shown, and never the program that asks.
    async fn may_answer(&self, question: &Question, is_yes: bool, typed: Option<&str>, pid: Option<u32>) -> Result<(), Reply> {
        let caller = self.caller(pid).await;
        if !caller.at_a_terminal {
            return Err(needs_person("Answering needs a person at a terminal."));
        }
        let asking = question.request.parties();
        if is_yes && asking.into_iter().any(|asking| would_answer_itself(&caller.program, asking)) {
            let name = caller.program.program().map(|program: &Program| program.name.clone()).unwrap_or_default();
            tracing::warn!(id = %question.id, program = name, "a program tried to answer its own request");
            return Err(failed(Failure::SelfApproval, "A program cannot answer its own request. Answer from another terminal."));
        }
        let typed_right = || typed.is_some_and(|typed| QuestionView::from(question).is_allowed_by(typed));
        if is_yes && !typed_right() {
            return Err(failed(Failure::WrongPhrase, "That is not what is shown. Nothing was given; the request still waits."));
        }
        Ok(())
    }

    async fn caller(&self, pid: Option<u32>) -> Caller {
        let Some(pid) = pid else {
            return Caller { program: Sighting::cannot_tell(Said::plain("why-caller-hidden")), at_a_terminal: false };
        };
        let peers = self.broker.peers().clone();
        let at_a_terminal = tokio::task::spawn_blocking(move || peers.has_terminal(pid)).await.unwrap_or(false);
        Caller { program: self.broker.process(pid).await, at_a_terminal }
    }
}

fn secrets_of(told: BTreeMap<String, ToldOnce>) -> BTreeMap<String, SecretString> {
    told.into_iter().map(|(name, ToldOnce(value))| (name, value.into())).collect()
}

fn failed(code: Failure, message: impl ToString) -> Reply {
    Reply::Failed { code, message: message.to_string() }
}

fn not_waiting(id: u64) -> Reply {
    failed(Failure::NotFound, format!("No request {id} is waiting."))
}

fn needs_person(message: &str) -> Reply {
    failed(Failure::NeedsPerson, message)
}

fn stored(outcome: Result<(), StoreError>) -> Reply {
    outcome.map_or_else(|error| failed(Failure::Failed, error), |()| Reply::Done)
}

fn done(outcome: Result<(), NoSuch>) -> Reply {
    told(outcome, |()| Reply::Done)
}

fn told<T>(outcome: Result<T, NoSuch>, reply: impl FnOnce(T) -> Reply) -> Reply {
    match outcome {
        Ok(outcome) => reply(outcome),
        Err(error @ (NoSuch::App(_) | NoSuch::Server(_) | NoSuch::Blocked(_))) => failed(Failure::NotFound, error),
        Err(error @ NoSuch::Store(_)) => failed(Failure::Failed, error),
    }
}
