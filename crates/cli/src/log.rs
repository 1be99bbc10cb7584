//! `doorward log`

use doorward_broker::{
    broker::{CallView, EventSubject, HistoryView, WhichCalls, WhichEvents},
    control::{Command, Reply},
};
use doorward_oauth::consent::UNNAMED;
use serde::Serialize;

use crate::{
    apps,
    args::Log,
    call::{Doorward, unexpected},
    exit::{Failure, Outcome},
    print,
};

/// How many calls are fetched at once.
const PAGE: u32 = 1_000;

pub(crate) async fn log(doorward: &Doorward, log: Log, json: bool) -> Outcome {
    if log.requests {
        let which = WhichEvents { text: log.search, before: log.before, most: log.most };
        return requests(doorward, which, log.export, json).await;
    }
    let app = match &log.app {
        Some(which) => Some(apps::named(doorward, which).await?.id),
        None => None,
    };
    let which = WhichCalls { app, server: log.server, text: log.search, before: log.before, ..WhichCalls::default() };
    if log.export {
        return export(&all(doorward, which).await?);
    }
    let calls = calls(doorward, WhichCalls { most: log.most, ..which }).await?;
    if json {
        return print::json(&calls);
    }
    if calls.is_empty() {
        return print::lines(&["No app has called anything.".to_owned()]);
    }
    let rows: Vec<Vec<String>> = calls.iter().rev().map(row).collect();
    print::table(&["NO", "WHEN", "APP", "SERVER", "CALL", "PASSED", "WHY", "ENDED", "MS", "BYTES", "WITH"], &rows)
}

/// One JSON object on each line, the oldest first.
fn export<T: Serialize>(newest_first: &[T]) -> Outcome {
    let lines: Result<Vec<String>, _> = newest_first.iter().rev().map(serde_json::to_string).collect();
    print::lines(&lines.map_err(Failure::failed)?)
}

/// How requests ended.
async fn requests(doorward: &Doorward, which: WhichEvents, export_all: bool, json: bool) -> Outcome {
    if export_all {
        let mut all: Vec<HistoryView> = Vec::new();
        loop {
            let before = all.last().map(|event| event.number).or(which.before);
            let page = events(doorward, WhichEvents { before, most: PAGE, ..which.clone() }).await?;
            if page.is_empty() {
                return export(&all);
            }
            all.extend(page);
        }
    }
    let events = events(doorward, which).await?;
    if json {
        return print::json(&events);
    }
    if events.is_empty() {
        return print::lines(&["No such request.".to_owned()]);
    }
    let row = |event: &HistoryView| {
        let name = match event.subject {
            EventSubject::App => print::tame(event.client_name.as_deref().unwrap_or(UNNAMED)),
            EventSubject::Server => "(the server)".to_owned(),
        };
        vec![
            event.number.to_string(),
            print::moment(event.at),
            name,
            event.server.clone(),
            event.outcome.clone(),
            print::tame(&event.detail.to_string()),
        ]
    };
    print::table(&["NO", "WHEN", "APP", "SERVER", "ENDED", "WHAT HAPPENED"], &events.iter().rev().map(row).collect::<Vec<_>>())
}

async fn events(doorward: &Doorward, which: WhichEvents) -> Result<Vec<HistoryView>, Failure> {
    match doorward.call(Command::History(which)).await? {
        Reply::History(events) => Ok(events),
        other => Err(unexpected(&other)),
    }
}

async fn calls(doorward: &Doorward, which: WhichCalls) -> Result<Vec<CallView>, Failure> {
    match doorward.call(Command::Calls(which)).await? {
        Reply::Calls(calls) => Ok(calls),
        other => Err(unexpected(&other)),
    }
}

/// All there are, the newest first.
async fn all(doorward: &Doorward, which: WhichCalls) -> Result<Vec<CallView>, Failure> {
    let mut all: Vec<CallView> = Vec::new();
    loop {
        let page = WhichCalls { before: all.last().map(|call| call.number).or(which.before), most: PAGE, ..which.clone() };
        let page = calls(doorward, page).await?;
        if page.is_empty() {
            return Ok(all);
        }
        all.extend(page);
    }
}

fn row(call: &CallView) -> Vec<String> {
    vec![
        call.number.to_string(),
        print::moment(call.at),
        print::tame(call.app_name.as_deref().unwrap_or(UNNAMED)),
        call.server.clone(),
        print::tame(call.name.as_deref().unwrap_or(&call.method)),
        if call.passed { "yes" } else { "no" }.to_owned(),
        call.why.to_string(),
        call.ended.to_string(),
        call.milliseconds.to_string(),
        call.received.to_string(),
        print::tame(&call.shape),
    ]
}
