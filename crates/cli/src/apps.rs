//! `doorward apps`, `doorward revoke`, `doorward unblock`

use doorward_broker::{
    broker::{AppView, Disconnected},
    control::{Command, Reply},
};
use doorward_oauth::consent::UNNAMED;
use doorward_words::Says as _;

use crate::{
    call::{Doorward, unexpected},
    exit::{Code, Failure, Outcome},
    print,
};

async fn apps(doorward: &Doorward) -> Result<Vec<AppView>, Failure> {
    match doorward.call(Command::Apps).await? {
        Reply::Apps(apps) => Ok(apps),
        other => Err(unexpected(&other)),
    }
}

pub(crate) async fn list(doorward: &Doorward, json: bool) -> Outcome {
    let apps = apps(doorward).await?;
    if json {
        return print::json(&apps);
    }
    let rows: Vec<Vec<String>> = apps
        .iter()
        .flat_map(|app| {
            app.grants.iter().map(|grant| {
                let used = grant.last_used_at.map_or_else(|| "never".to_owned(), print::moment);
                let paused = match (app.paused, app.made_by_rule) {
                    (true, _) => " (paused)",
                    (false, true) => " (by rule)",
                    (false, false) => "",
                };
                vec![format!("{}{paused}", name(app)), grant.server.clone(), print::moment(grant.allowed_at), used, app.id.clone()]
            })
        })
        .collect();
    if rows.is_empty() {
        print::lines(&["No app may use anything.".to_owned()])?;
    } else {
        print::table(&["APP", "SERVER", "ALLOWED", "LAST USED", "ID"], &rows)?;
    }
    let blocked: Vec<Vec<String>> =
        apps.iter().filter_map(|app| Some(vec![name(app).to_owned(), print::moment(app.blocked_at?), app.id.clone()])).collect();
    if blocked.is_empty() {
        return Ok(());
    }
    print::lines(&[String::new(), "You are never asked about these. To change that: doorward unblock APP".to_owned()])?;
    print::table(&["APP", "SINCE", "ID"], &blocked)
}

pub(crate) async fn unblock(doorward: &Doorward, which: &str, json: bool) -> Outcome {
    let blocked = apps(doorward).await?.into_iter().filter(|app| app.blocked_at.is_some());
    let app = meant(blocked, which, "is one that you are never asked about")?;
    match doorward.call(Command::Unblock { app: app.id.clone() }).await? {
        Reply::Done => print::done(json, format!("{} may ask again", name(&app))),
        other => Err(unexpected(&other)),
    }
}

pub(crate) async fn revoke(doorward: &Doorward, which: &str, server: Option<String>, json: bool) -> Outcome {
    let app = named(doorward, which).await?;
    match doorward.call(Command::Revoke { app: app.id.clone(), server }).await? {
        Reply::Disconnected(ended) => {
            let sentence = format!("{} is disconnected: its next call is refused.{}", name(&app), ended.said());
            if json {
                let Disconnected { grants, calls_ended, streams_closed } = ended;
                return print::json(&serde_json::json!({
                    "done": true, "message": sentence, "grants": grants, "calls_ended": calls_ended, "streams_closed": streams_closed,
                }));
            }
            print::lines(&[sentence])
        }
        other => Err(unexpected(&other)),
    }
}

/// The App with access that a person means, by its name or its id.
pub(crate) async fn named(doorward: &Doorward, which: &str) -> Result<AppView, Failure> {
    let with_access = apps(doorward).await?.into_iter().filter(|app| !app.grants.is_empty());
    meant(with_access, which, "may use anything")
}

/// The one of these that a person means; `what` says what all of them are.
fn meant(among: impl Iterator<Item = AppView>, which: &str, what: &str) -> Result<AppView, Failure> {
    let mut meant = among.filter(|app| app.id == which || name(app) == which);
    match (meant.next(), meant.next()) {
        (Some(app), None) => Ok(app),
        (None, _) => Err(Failure::new(Code::NotFound, format!("No app \u{201c}{which}\u{201d} {what}. See: doorward apps"))),
        (Some(_), Some(_)) => {
            Err(Failure::failed(format!("Several apps are called \u{201c}{which}\u{201d}; give the id that doorward apps shows.")))
        }
    }
}

pub(crate) fn name(app: &AppView) -> &str {
    app.name.as_deref().unwrap_or(UNNAMED)
}
