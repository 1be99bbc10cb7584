//! The register and authorize endpoints of four documented services, each reproduced by the policy of its name: the request
//! that is documented there, and the answer.

use std::collections::BTreeSet;

use doorward_tests::{
    doorward::{Doorward, GENEROUS},
    http::Answer,
    person::Habit,
};
use serde_json::Value;

mod bifrost;
mod finradar;
mod provider;
mod storyden;

const YES: Habit = Habit::Allows;

/// A Doorward under this policy that guards one server, with a person who says yes.
async fn under(policy: &str) -> Doorward {
    let doorward = unguarded(policy).await;
    doorward.broker.add_server("everything", "http://127.0.0.1:1/mcp").await.expect("added");
    doorward
}

/// The same without a server.
async fn unguarded(policy: &str) -> Doorward {
    Doorward::with(YES, &format!("policy = \"{policy}\"\n{GENEROUS}")).await
}

async fn register(doorward: &Doorward, body: &Value) -> Answer {
    doorward.post_json("/oauth/register", &body.to_string()).await
}

/// Registers, and gives the answer.
async fn registered(doorward: &Doorward, body: &Value) -> Value {
    let answer = register(doorward, body).await;
    assert_eq!(answer.status, 201, "{body}: {answer:?}");
    assert_eq!(answer.header("content-type"), Some("application/json"));
    answer.json()
}

/// Registers what cannot be registered, and gives the status and the error.
async fn refused(doorward: &Doorward, body: &Value) -> (u16, String) {
    let answer = register(doorward, body).await;
    assert_eq!(members(&answer.json()), names(&["error", "error_description"]), "{body}");
    (answer.status, answer.error())
}

/// The names of the members of an answer.
fn members(answer: &Value) -> BTreeSet<String> {
    answer.as_object().expect("an object").keys().cloned().collect()
}

fn names(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

/// What Doorward's own policy adds for whoever manages a registration (RFC 7592 §3).
const MANAGEMENT: [&str; 2] = ["registration_access_token", "registration_client_uri"];

async fn advertised(doorward: &Doorward) -> Value {
    doorward.get("/.well-known/oauth-authorization-server").await.json()
}
