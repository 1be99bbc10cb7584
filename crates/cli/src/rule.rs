//! `doorward rule add`

use doorward_broker::{
    broker::NewRule,
    control::{Command, Front, Reply},
};

use crate::{
    args::AddRule,
    call::{Doorward, unexpected},
    exit::{Failure, Outcome},
    print, requests, terminal,
};

/// Shows what is given, asks the person at the terminal, and prints the token and nothing else.
pub(crate) async fn add(doorward: &Doorward, rule: AddRule, json: bool) -> Outcome {
    let AddRule { app, server, tool: tools, long, print_token: _ } = rule;
    let rule = NewRule { app, server, tools, seconds: long.as_secs() };
    let typed = match requests::front(doorward).await? {
        Front::Terminal => {
            for line in shown(doorward, &rule).await? {
                eprintln!("{line}");
            }
            let prompt = "To allow it, type its name as shown:";
            Some(terminal::ask(prompt, "Making a rule needs a person at a terminal.")?)
        }
        Front::Desktop | Front::Scripted => None,
    };
    match doorward.call(Command::MakeRule { rule, typed }).await? {
        Reply::MadeRule { app, token, ends_at, address } if json => {
            print::json(&serde_json::json!({ "app": app, "token": token.0, "ends_at": ends_at, "address": address }))
        }
        Reply::MadeRule { token, ends_at, address, .. } => {
            eprintln!("It opens {address} until {}, and is shown this once:", print::moment(ends_at));
            print::lines(&[token.0])
        }
        other => Err(unexpected(&other)),
    }
}

/// What would be given, with what the server says of each tool.
async fn shown(doorward: &Doorward, rule: &NewRule) -> Result<Vec<String>, Failure> {
    let known = match doorward.call(Command::Tools { name: rule.server.clone() }).await? {
        Reply::Tools(listed) => listed.tools,
        other => return Err(unexpected(&other)),
    };
    let minutes = rule.seconds.div_ceil(60);
    let mut lines = vec![format!(
        "\u{201c}{}\u{201d} may run these tools of {} for {minutes} minute(s), without a question:",
        print::tame(&rule.app),
        rule.server
    )];
    for name in &rule.tools {
        let says = known.iter().find(|tool| tool.name == *name).and_then(|tool| tool.description.as_deref()).unwrap_or_default();
        lines.push(format!("  {}  {}", print::tame(name), print::tame(says)));
    }
    lines.push("Whoever has the token can use it, until then or until: doorward revoke".to_owned());
    Ok(lines)
}
