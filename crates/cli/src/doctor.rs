//! `doorward doctor`

use std::sync::Arc;

use doorward_broker::{
    config::Profile,
    control::{Command, Reply},
    health::{self, Condition, Finding},
    secrets::{Backend, OsKeyring},
};
use doorward_oauth::arguments::visible_line;
use doorward_words::Said;

use crate::{
    call::{Doorward, unexpected},
    exit::{Code, Failure, Outcome},
    print,
};

/// Asks a running Doorward how it is, or looks for what would keep it from starting.
pub(crate) async fn doctor(doorward: &Doorward, profile: &Profile, json: bool) -> Outcome {
    let findings = match doorward.call(Command::Health).await {
        Ok(Reply::Health(findings)) => findings,
        Ok(other) => return Err(unexpected(&other)),
        Err(failure) if failure.is(Code::NotRunning) => {
            let keyring = Arc::new(OsKeyring::new(profile.keyring_service(), Backend::System));
            let mut findings = health::at_rest(doorward.places(), keyring).await;
            findings.insert(0, Finding::note("about-service", &Said::verbatim(failure.to_string())));
            findings
        }
        Err(failure) => return Err(failure),
    };
    let faults = findings.iter().filter(|finding| finding.state == Condition::Fault).count();
    if json {
        print::json(&findings)?;
    } else {
        let width = findings.iter().map(|finding| finding.about.to_string().chars().count()).max().unwrap_or(0);
        print::lines(&findings.iter().map(|finding| line(finding, width)).collect::<Vec<_>>())?;
    }
    match faults {
        0 => Ok(()),
        1 => Err(Failure::failed("One thing does not work.")),
        faults => Err(Failure::failed(format!("{faults} things do not work."))),
    }
}

/// Told apart by a word, not by colour.
fn line(Finding { about, state, says }: &Finding, width: usize) -> String {
    let word = match state {
        Condition::Good => "ok   ",
        Condition::Note => "note ",
        Condition::Fault => "FAULT",
    };
    // What a server said is in some of it.
    format!("{word}  {:width$}  {}", about.to_string(), visible_line(&says.to_string()))
}
