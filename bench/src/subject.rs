//! Doorward itself, as `doorward serve --no-gui` runs it, but for two things: the keyring is in memory, and the person
//! says yes at once.

use std::{
    net::{SocketAddr, TcpListener},
    path::Path,
    sync::{Arc, OnceLock},
};

use anyhow::Result;
use doorward_broker::{
    config::{Places, Profile},
    consent::{ConsentQueue, PromptId, Prompter, Question},
    control::Front,
    instance::{Options, Outside, Running},
    secrets::{Backend, MemoryKeyring, SecretStore},
};
use doorward_oauth::consent::ConsentDecision;

/// More than any measurement reaches: what is measured is the work, not the refusal to do it.
const CONFIG: &str = "\
[limits]
questions = 1000
questions_per_program = 1000
registrations = 1000000000
registrations_per_program = 1000000000
unapproved_clients = 1000
";

/// A person who says yes to everything before the question was painted.
#[derive(Default)]
struct SaysYes {
    queue: OnceLock<ConsentQueue>,
}

impl Prompter for SaysYes {
    fn show(&self, question: &Question) {
        if let Some(queue) = self.queue.get() {
            // A client that hung up meanwhile needs no answer.
            let _ = queue.answer(question.id, ConsentDecision::as_shown());
        }
    }

    fn withdraw(&self, _: PromptId) {}
}

/// Starts Doorward on the data in `folder`, guarding `upstream` under two names: a token of the one opens nothing at the
/// other. `unlimited`: with limits that no measurement reaches.
pub(crate) async fn start(folder: &Path, upstream: &str, unlimited: bool) -> Result<(Running, SocketAddr)> {
    let places = Places::below(folder);
    std::fs::create_dir_all(&places.config)?;
    if unlimited {
        std::fs::write(places.config.join("config.toml"), CONFIG)?;
    }
    let keyring = MemoryKeyring::default();
    // The same key at each start, as a keyring would have it.
    keyring.put("verifier-key", &[7; 32])?;
    let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
    let options = Options { profile: Profile::default(), port: Some(address.port()), front: Front::Terminal, keyring: Backend::System };
    let person = Arc::new(SaysYes::default());
    let outside = Outside::with(Arc::new(keyring));
    let running = Running::start_with(options, places, outside, person.clone()).await?;
    let _ = person.queue.set(running.broker.queue().clone());
    for name in ["echo", "other"] {
        if running.broker.known_server(name).is_err() {
            running.broker.add_server(name, upstream).await?;
        }
    }
    Ok((running, address))
}
