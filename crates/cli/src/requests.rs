//! `doorward requests`, `doorward approve`, `doorward deny`

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
    let texts: Vec<String> =
        requests.iter().map(|request| format!("{}\n  Refused at      {}", request.text(), print::moment(request.expires_at))).collect();
    print::lines(&[texts.join("\n\n")])
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
            let what = match (&request.call, request.has_page, &request.client_name) {
                (Some(_), ..) => "the name of the tool",
                (None, true, _) => "the number that the browser tab shows",
                (None, false, Some(_)) => "its name as shown",
                (None, false, None) if request.kind == "changed" => "the name of the server",
                (None, false, None) => "where the answer goes, as shown",
            };
            let prompt = format!("To allow it, type {what}:");
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

fn answered(reply: Reply, done: &str, json: bool) -> Outcome {
    match reply {
        Reply::Done => print::done(json, done.to_owned()),
        Reply::Raised if json => print::json(&serde_json::json!({ "done": false, "raised": true })),
        Reply::Raised => print::lines(&["The desktop app is running: answer in its window, which is in front now.".to_owned()]),
        other => Err(unexpected(&other)),
    }
}
