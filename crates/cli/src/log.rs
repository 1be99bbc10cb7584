//! `doorward log`

use doorward_broker::{
    broker::{CallView, WhichCalls},
    control::{Command, Reply},
};
use doorward_oauth::consent::UNNAMED;

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
    let app = match &log.app {
        Some(which) => Some(apps::named(doorward, which).await?.id),
        None => None,
    };
    let which = WhichCalls { app, server: log.server, ..WhichCalls::default() };
    if log.export {
        let lines: Result<Vec<String>, _> = all(doorward, which).await?.iter().rev().map(serde_json::to_string).collect();
        return print::lines(&lines.map_err(Failure::failed)?);
    }
    let calls = calls(doorward, WhichCalls { most: log.most, ..which }).await?;
    if json {
        return print::json(&calls);
    }
    if calls.is_empty() {
        return print::lines(&["No app has called anything.".to_owned()]);
    }
    let rows: Vec<Vec<String>> = calls.iter().rev().map(row).collect();
    print::table(&["WHEN", "APP", "SERVER", "CALL", "PASSED", "WHY", "ENDED", "MS", "BYTES", "WITH"], &rows)
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
        let page = WhichCalls { before: all.last().map(|call| call.number), most: PAGE, ..which.clone() };
        let page = calls(doorward, page).await?;
        if page.is_empty() {
            return Ok(all);
        }
        all.extend(page);
    }
}

fn row(call: &CallView) -> Vec<String> {
    vec![
        print::moment(call.at),
        print::tame(call.app_name.as_deref().unwrap_or(UNNAMED)),
        call.server.clone(),
        print::tame(call.name.as_deref().unwrap_or(&call.method)),
        if call.passed { "yes" } else { "no" }.to_owned(),
        call.why.clone(),
        call.ended.clone(),
        call.milliseconds.to_string(),
        call.received.to_string(),
        print::tame(&call.shape),
    ]
}
