//! `doorward requests`, `doorward approve`, `doorward deny`, `doorward more-time`

use doorward_broker::{
    consent::view::QuestionView,
    control::{Choice, Command, Front, Reply},
};

use doorward_oauth::consent::After;

use crate::{
    args::Approve,
    call::{Doorward, unexpected},
    exit::{Code, Failure, Outcome},
    print, terminal,
};

async fn requests(doorward: &Doorward) -> Result<Vec<QuestionView>, Failure> {
    match doorward.call(Command::Requests).await? {
        Reply::Requests(requests) => Ok(requests),
        other => Err(unexpected(&other)),
    }
}

pub(crate) async fn list(doorward: &Doorward, json: bool) -> Outcome {
    let requests = requests(doorward).await?;
    if json {
        return print::json(&requests);
    }
    if requests.is_empty() {
        return print::lines(&["Nothing is waiting.".to_owned()]);
    }
    print::lines(&[requests.iter().map(QuestionView::text).collect::<Vec<_>>().join("\n\n")])
}

/// Where a person answers: in the window, here, or not at all because scripts do.
pub(crate) async fn front(doorward: &Doorward) -> Result<Front, Failure> {
    match doorward.call(Command::Status).await? {
        Reply::Status(status) => Ok(status.front),
        other => Err(unexpected(&other)),
    }
}

pub(crate) async fn approve(doorward: &Doorward, approve: Approve, json: bool) -> Outcome {
    let Approve { id, all, allow, ask, hide, until } = approve;
    let choice = Choice { all, allow, ask, hide, until: until.map(Into::into) };
    let request = requests(doorward).await?.into_iter().find(|request| request.id == id);
    let request = request.ok_or_else(|| Failure::new(Code::NotFound, format!("No request {id} is waiting.")))?;
    let typed = match front(doorward).await? {
        Front::Terminal => {
            eprintln!("{}", request.text());
            let prompt = format!("To allow it, type {}:", request.typed());
            Some(terminal::ask(&prompt, "Answering needs a person at a terminal.")?)
        }
        Front::Desktop | Front::Scripted => None,
    };
    answered(doorward.call(Command::Approve { id, typed, choice }).await?, "Allowed.", json)
}

/// `deny` is a [`Command::Deny`].
pub(crate) async fn deny(doorward: &Doorward, deny: Command, json: bool) -> Outcome {
    let never = matches!(deny, Command::Deny { after: After::Never, .. });
    let done = if never {
        "Denied. Nothing was given, and you are not asked about this app again. What it was allowed before stays: see doorward apps"
    } else {
        "Denied. Nothing was given."
    };
    answered(doorward.call(deny).await?, done, json)
}

pub(crate) async fn more_time(doorward: &Doorward, id: u64, json: bool) -> Outcome {
    match doorward.call(Command::MoreTime { id }).await? {
        Reply::Waits(request) if json => print::json(&request),
        Reply::Waits(request) => print::lines(&[format!("Request {id} now waits until {}.", request.refused_at())]),
        other => Err(unexpected(&other)),
    }
}

fn answered(reply: Reply, done: &str, json: bool) -> Outcome {
    match reply {
        Reply::Done => print::done(json, done.to_owned()),
        Reply::Raised if json => print::json(&serde_json::json!({ "done": false, "raised": true })),
        Reply::Raised => print::lines(&["The desktop app is running: answer in its window, which is in front now.".to_owned()]),
        other => Err(unexpected(&other)),
    }
}
