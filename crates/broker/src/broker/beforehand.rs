//! `rule add`: a person gives access before anybody asks, for a program that runs where nobody can be asked. It gets one token,
//! for these tools, until then, and nothing else: no refresh token, no questions.

use std::time::Duration;

use doorward_oauth::{
    arguments::visible_line,
    client::{AuthMethod, Client},
    grant::{AppKey, Grant},
    id::{AppId, ClientId, GrantId, ServerName},
    name::DisplayName,
    program::Sighting,
    redirect::RedirectSet,
    scope::Scopes,
    time::UnixTime,
    token::{Access, Token},
    tool::{Ends, Looked, Mode, Rule, Subject},
};
use doorward_words::Said;
use serde::{Deserialize, Serialize};

use super::{Broker, NoSuch};
use crate::store::{StoreError, apps, clients, clients::Digests, events, events::Event, grants, rules, tokens, tools};

/// The longest that such access can be given for.
const LONGEST: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// What a person gives beforehand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewRule {
    /// The name of the App that is made for it.
    pub app: String,
    /// The server.
    pub server: String,
    /// These tools of it, each of which may simply be called.
    pub tools: Vec<String>,
    /// For so many seconds.
    pub seconds: u64,
}

/// What was given.
#[derive(Debug)]
pub struct MadeRule {
    /// The id of the App that was made for it.
    pub app: AppId,
    /// What opens the server, told this once.
    pub token: Token<Access>,
    /// When it ends.
    pub ends_at: UnixTime,
}

/// Why nothing was given.
#[derive(Debug, Clone, thiserror::Error)]
pub enum MakeRuleError {
    /// There is no such server.
    #[error(transparent)]
    NoSuch(#[from] NoSuch),
    /// The server lists no such tool.
    #[error("The server has no tool called {0}.")]
    NoTool(String),
    /// The tool is not what somebody looked at.
    #[error("The server changed what it says about {0} since somebody looked. It is paused until then.")]
    Changed(String),
    /// It makes no sense.
    #[error("{0}")]
    Bad(&'static str),
}

impl From<StoreError> for MakeRuleError {
    fn from(error: StoreError) -> Self {
        Self::NoSuch(error.into())
    }
}

impl Broker {
    /// Makes an App of its own that may call these tools of a server until then, and nothing else. A person said so: whoever calls this
    /// has made sure of it. A tool that nobody looked at is looked at with it.
    ///
    /// # Errors
    /// [`MakeRuleError`]; nothing was given then.
    pub async fn make_rule(&self, new: NewRule) -> Result<MadeRule, MakeRuleError> {
        let NewRule { app: name, server, tools: wanted, seconds } = new;
        let name = DisplayName::tame(&name).ok_or(MakeRuleError::Bad("The app needs a name."))?;
        let no_server = || NoSuch::Server(server.clone());
        let server = ServerName::parse(&server).ok().and_then(|name| self.server_now(&name)).ok_or_else(no_server)?;
        if server.validates {
            return Err(MakeRuleError::Bad("This server validates its tokens itself, and there are no tools of it to choose."));
        }
        if wanted.is_empty() {
            return Err(MakeRuleError::Bad("Name at least one tool."));
        }
        let long = Duration::from_secs(seconds);
        if long.is_zero() || long > LONGEST {
            return Err(MakeRuleError::Bad("Access can be given so for 7 days at the most."));
        }
        let now = self.now();
        let ends_at = now.plus(long);
        let client = Client {
            id: ClientId::new(self.milliseconds(), self.draw()),
            issued_at: now,
            name: Some(name),
            redirect_uris: RedirectSet::default(),
            grant_types: Vec::new(),
            auth_method: AuthMethod::None,
            scope: Scopes::default(),
            software_id: None,
            about: Vec::new(),
        };
        let (key, app) = (AppKey::of_rule(&client.id), apps::App { made_by_rule: true, ..self.app_of(&client, None) });
        let grant = Grant {
            id: GrantId::new(self.milliseconds(), self.draw()),
            app: app.id.clone(),
            client: client.id.clone(),
            server: server.name.clone(),
            scopes: Scopes::of_server(&server.name, &self.policy().registration),
            created_at: now,
            last_used_at: None,
            ends_at,
        };
        let token: Token<Access> = Token::from_random(self.draw());
        let (digest, made) = (token.digest(), app.id.clone());
        let tools = wanted.iter().map(|tool| visible_line(tool));
        let detail = Said::plain("event-rule").listing("tools", tools).with_said("long", how_long(long));
        let make = move |tx: &rusqlite::Transaction<'_>| {
            let known = tools::all(tx, &grant.server)?;
            let mut chosen = Vec::new();
            for name in wanted {
                match known.iter().find(|tool| tool.name == name) {
                    None => return Ok(Err(MakeRuleError::NoTool(name))),
                    Some(tool) if tool.looked == Looked::Changed => return Ok(Err(MakeRuleError::Changed(name))),
                    Some(tool) => chosen.push(tool),
                }
            }
            apps::add(tx, &app, &key)?;
            clients::add(tx, &client, &app.id, &Sighting::cannot_tell(Said::plain("why-rule")), &Digests::default())?;
            grants::add(tx, &grant, None)?;
            grants::fix_end(tx, &grant.id)?;
            tokens::add_access(tx, &digest, &grant.id, ends_at, None)?;
            let rule = Rule { mode: Mode::Allow, ends: Ends::At { at: ends_at }, after: Mode::Hide };
            for tool in chosen {
                rules::set(tx, &app.id, &grant.server, &Subject::Tool(tool.name.clone()), rule, now)?;
                tools::look(tx, &grant.server, &tool.name, tool.pin)?;
            }
            let event = Event { client_name: app.name, ..Event::new(now, "allowed", grant.server, detail) };
            events::add(tx, &event).map(Ok)
        };
        self.inner.store.run(make).await??;
        self.inner.permits.forget();
        tracing::info!(app = %made, server = %server.name, "a person gave access by a rule");
        self.changed();
        Ok(MadeRule { app: made, token, ends_at })
    }
}

fn how_long(long: Duration) -> Said {
    match long.as_secs() {
        seconds if seconds % 3_600 == 0 => Said::plain("hours").counting("n", seconds / 3_600),
        seconds if seconds % 60 == 0 => Said::plain("minutes").counting("n", seconds / 60),
        seconds => Said::plain("seconds").counting("n", seconds),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_long_is_told_in_the_largest_unit_that_fits() {
        for (seconds, told) in [(3_600, "1 hour"), (7_200, "2 hours"), (60, "1 minute"), (5_400, "90 minutes"), (61, "61 seconds")] {
            assert_eq!(how_long(Duration::from_secs(seconds)).to_string(), told);
        }
    }
}
