//! What the menu shows.

use doorward_broker::broker::{AppView, Broker, EventSubject, HistoryView, ServerView};
use doorward_words::{Language, Says, Value, spoken};

use crate::{app::Desktop, autostart, packaged};

/// How many things that happened are in the menu.
const RECENT: u32 = 5;
/// How many letters of a tool's name are.
const LONGEST: usize = 64;

/// What the menu shows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Shown {
    pub(super) language: Language,
    pub(super) waiting: usize,
    pub(super) paused: bool,
    /// Whether Doorward itself, its data or its keyring did not work when it was looked at last.
    pub(super) ill: bool,
    pub(super) apps: Vec<App>,
    pub(super) servers: Vec<Server>,
    /// How many servers Doorward has started.
    pub(super) running: usize,
    /// Each muted program, as it is unmuted, with a line about it.
    pub(super) muted: Vec<(String, String)>,
    pub(super) recent: Vec<String>,
    /// Whether Doorward starts at login; `None` when the system does not say.
    pub(super) starts_at_login: Option<bool>,
    /// What updates Doorward, where a package brought it.
    pub(super) updated_by: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct App {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) paused: bool,
    /// One for each server that it may use.
    pub(super) lines: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Server {
    pub(super) name: String,
    pub(super) state: String,
    pub(super) paused: bool,
    pub(super) failed: bool,
    /// Whether Doorward starts it.
    pub(super) started_here: bool,
}

impl Shown {
    /// Reads it. What cannot be read is left out: the rest of the menu is needed all the more.
    pub(crate) async fn now(desktop: &Desktop) -> Self {
        let broker: &Broker = &desktop.broker;
        let waiting = *broker.queue().waiting().borrow();
        let servers = broker.servers().await.unwrap_or_default();
        let muted = broker.queue().muted().into_iter().map(|muted| {
            let line = spoken().say("tray-muted", &[("name", muted.name.into()), ("time", time(muted.until).into())]);
            (muted.program, line)
        });
        Self {
            language: spoken().language(),
            waiting,
            paused: broker.is_paused(),
            ill: broker.is_ill(),
            apps: broker.apps().await.unwrap_or_default().into_iter().map(App::from).collect(),
            running: servers.iter().filter(|server| server.condition.as_ref().is_some_and(|it| it.state.runs())).count(),
            servers: servers.into_iter().map(Server::from).collect(),
            muted: muted.collect(),
            recent: broker.history(RECENT).await.unwrap_or_default().into_iter().map(happened).collect(),
            starts_at_login: autostart::is_on(&desktop.profile),
            updated_by: packaged::updated_by(),
        }
    }

    /// How many requests wait.
    #[cfg(target_os = "linux")]
    pub(crate) const fn waiting(&self) -> usize {
        self.waiting
    }

    /// Whether something needs looking after.
    pub(super) fn faulty(&self) -> bool {
        self.ill || self.servers.iter().any(|server| server.failed && !server.paused)
    }
}

impl From<AppView> for App {
    fn from(app: AppView) -> Self {
        let line = |grant: &doorward_broker::broker::GrantView| {
            let values = [("n", Value::from(grant.tools)), ("server", grant.server.clone().into())];
            match grant.last_used_at {
                None => spoken().say("tray-tools", &values),
                Some(at) => {
                    let [n, server] = values;
                    spoken().say("tray-tools-used", &[n, server, ("time", time(at).into())])
                }
            }
        };
        Self { lines: app.grants.iter().map(line).collect(), name: isolated(&name_of(app.name)), id: app.id, paused: app.paused }
    }
}

impl From<ServerView> for Server {
    fn from(server: ServerView) -> Self {
        let state = server.condition.as_ref().map_or(server.url, |condition| spoken().tell(&condition.state.said()));
        Self {
            state: if server.paused { spoken().say("tray-paused", &[]) } else { state },
            failed: server.condition.as_ref().is_some_and(|condition| condition.state.failed()),
            started_here: server.condition.is_some(),
            name: server.name,
            paused: server.paused,
        }
    }
}

fn name_of(name: Option<String>) -> String {
    name.unwrap_or_else(|| spoken().say("named", &[("named", "no".into())]))
}

/// Set off from the text around it, whichever direction it is written in.
fn isolated(text: &str) -> String {
    format!("\u{2068}{text}\u{2069}")
}

fn happened(event: HistoryView) -> String {
    let outcome = match event.outcome.as_str() {
        "allowed" if event.detail.id() == "event-allowed-once" => "outcome-allowed-once",
        "allowed" => "outcome-allowed",
        "denied" => "outcome-denied",
        "lapsed" => "outcome-lapsed",
        "withdrawn" => "outcome-withdrawn",
        "superseded" => "outcome-superseded",
        "disconnected" => "outcome-disconnected",
        _ => "outcome-refused",
    };
    let who = match event.subject {
        EventSubject::App => name_of(event.client_name),
        EventSubject::Server => spoken().say("changed-header", &[]),
    };
    let tool = event.detail.text("tool").map(|tool| tool.chars().take(LONGEST).collect::<String>());
    let mut values = vec![
        ("time", time(event.at).into()),
        ("name", who.into()),
        ("server", event.server.into()),
        ("outcome", spoken().say(outcome, &[]).into()),
    ];
    let Some(tool) = tool else { return spoken().say("tray-happened", &values) };
    values.push(("tool", tool.into()));
    spoken().say("tray-called", &values)
}

/// A time of today, otherwise with the day.
fn time(seconds: i64) -> String {
    let Ok(moment) = jiff::Timestamp::from_second(seconds) else { return String::new() };
    let (moment, now) = (moment.to_zoned(jiff::tz::TimeZone::system()), jiff::Zoned::now());
    let time = moment.strftime("%H:%M").to_string();
    if moment.date() == now.date() {
        return time;
    }
    let day = [("day", moment.day().to_string().into()), ("month", i64::from(moment.month()).into())];
    let mut day = spoken().say("day-of-month", &day);
    if moment.year() != now.year() {
        day = spoken().say("day-of-year", &[("day", day.into()), ("year", moment.year().to_string().into())]);
    }
    spoken().say("day-at", &[("day", day.into()), ("time", time.into())])
}
